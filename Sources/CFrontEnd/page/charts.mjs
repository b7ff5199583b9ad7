// Curves beside the planes and the histogram, on canvases in the page's own colours.
import { element } from './dom.mjs';
import { short } from './numbers.mjs';
import { histogram } from './slices.mjs';

/** A style variable of the page. */
export function ink(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** A canvas fitted to its place; null where it is not shown. */
export function fitted(canvas) {
  const ratio = Math.min(3, window.devicePixelRatio || 1);
  const [width, height] = [Math.round(canvas.clientWidth * ratio), Math.round(canvas.clientHeight * ratio)];
  if (width === 0 || height === 0) return null;
  Object.assign(canvas, { width, height });
  return { context: canvas.getContext('2d'), width, height, ratio };
}

/** Relevance slice by slice across a plane: a click goes there. */
export class SliceCurve {
  constructor(model, plane) {
    Object.assign(this, { model, plane });
    this.canvas = element('canvas', { class: 'curve', role: 'img' });
    const go = (event) => {
      const box = this.canvas.getBoundingClientRect();
      const part = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
      const { axes, signs } = model.orientation;
      const axis = axes[plane.across];
      const [low, high] = model.box[axis];
      const grid = [...model.gridVoxel];
      grid[axis] = Math.round(signs[plane.across] > 0 ? low + part * (high - low) : high - part * (high - low));
      const voxel = [...model.state.voxel];
      voxel[axis] = model.scanVoxel(grid)[axis];
      model.goToVoxel(voxel);
    };
    this.canvas.addEventListener('pointerdown', (event) => {
      this.canvas.setPointerCapture(event.pointerId);
      go(event);
    });
    this.canvas.addEventListener('pointermove', (event) => event.buttons && go(event));
    new ResizeObserver(() => this.draw()).observe(this.canvas);
  }

  draw() {
    const { model, plane } = this;
    const layer = model.current;
    const fit = layer && fitted(this.canvas);
    if (!fit) return;
    const { context, width, height, ratio } = fit;
    const { above, below } = layer.sums[plane.across];
    const axis = model.orientation.axes[plane.across];
    const [low, high] = model.box[axis];
    const along = model.orientation.signs[plane.across] > 0;
    const atGrid = (grid) => {
      const part = (grid - low) / Math.max(1, high - low);
      return (along ? part : 1 - part) * width;
    };
    const x = (slice) => atGrid(layer.gridPlace(plane.across, slice));
    const [top, bottom] = [Math.max(...above, 1e-300), Math.min(...below, 0)];
    const pad = 2 * ratio;
    const y = (value) => pad + ((top - value) / (top - bottom)) * (height - 2 * pad);
    const area = (values, colour) => {
      context.beginPath();
      context.moveTo(x(0), y(0));
      values.forEach((value, slice) => context.lineTo(x(slice), y(value)));
      context.lineTo(x(values.length - 1), y(0));
      context.fillStyle = colour;
      context.fill();
    };
    area(above, ink('--for'));
    if (bottom < 0) area(below, ink('--against'));
    context.fillStyle = ink('--line');
    context.fillRect(0, y(0), width, ratio);
    const here = atGrid(model.gridVoxel[axis]);
    context.fillStyle = ink('--accent');
    context.fillRect(here - ratio, 0, 2 * ratio, height);
    this.canvas.setAttribute('aria-label',
      `Relevance in each ${plane.name} slice: at most ${short(top)}${bottom < 0 ? `, at least ${short(bottom)}` : ''}`);
  }
}

/** How many voxels have which relevance, on a scale of powers of ten. */
export class Histogram {
  constructor(model) {
    this.model = model;
    this.canvas = element('canvas', { class: 'histogram', role: 'img' });
    new ResizeObserver(() => this.draw()).observe(this.canvas);
  }

  draw() {
    const { model } = this;
    const layer = model.current;
    const fit = layer && fitted(this.canvas);
    if (!fit) return;
    const { context, width, height, ratio } = fit;
    const { low, high } = model.limits(layer.method);
    const limit = Math.max(high, -low);
    const from = low < 0 ? -limit : 0;
    const bins = 81;
    if (layer.histogramKey !== limit) {
      layer.histogramKey = limit;
      layer.counts = histogram(layer.volume, limit, 2 * bins);
    }
    const counts = low < 0 ? layer.counts : layer.counts.slice(bins);
    const most = Math.log10(Math.max(...counts) + 1) || 1;
    const foot = 15 * ratio;
    const x = (value) => ((value - from) / (limit - from)) * width;
    const threshold = model.threshold(layer.method);
    counts.forEach((count, bin) => {
      const value = from + ((bin + 0.5) / counts.length) * (limit - from);
      const size = (Math.log10(count + 1) / most) * (height - foot - 2 * ratio);
      context.fillStyle = Math.abs(value) < threshold ? ink('--line') : value > 0 ? ink('--for') : ink('--against');
      context.fillRect((bin / counts.length) * width, height - foot - size, width / counts.length - 0.5 * ratio, size);
    });
    context.fillStyle = ink('--ink-soft');
    context.font = `${11 * ratio}px system-ui, sans-serif`;
    context.textBaseline = 'bottom';
    for (const [value, align] of [[from, 'left'], [low < 0 ? 0 : limit / 2, 'center'], [limit, 'right']]) {
      context.textAlign = align;
      context.fillText(short(value, 2), x(value), height);
    }
    this.canvas.setAttribute('aria-label', `Histogram of relevance from ${short(from)} to ${short(limit)}, voxels that are 0 left out`);
  }
}

/** The colour bar with the ends of the scale. */
export class ColourBar {
  constructor(model) {
    this.model = model;
    this.canvas = element('canvas', { class: 'bar', role: 'img' });
    new ResizeObserver(() => this.draw()).observe(this.canvas);
  }

  draw() {
    const { model } = this;
    const layer = model.current;
    const fit = layer && fitted(this.canvas);
    if (!fit) return;
    const { context, width, height, ratio } = fit;
    const { low, high } = model.limits(layer.method);
    const table = model.data.colours[model.coloursOf(layer.method)].table;
    const body = height - 16 * ratio;
    for (let x = 0; x < width; x++) {
      const place = low < 0 && high > 0 ? x / width : low < 0 ? 1 - x / width : x / width;
      const colour = Math.min(255, Math.floor(place * 256));
      context.fillStyle = `#${table.substr(6 * colour, 6)}`;
      context.fillRect(x, 0, 1, body);
    }
    context.fillStyle = ink('--ink-soft');
    context.font = `${11 * ratio}px system-ui, sans-serif`;
    context.textBaseline = 'bottom';
    const middle = low < 0 && high > 0 ? 0 : (low + high) / 2;
    for (const [value, align, at] of [[low, 'left', 0], [middle, 'center', width / 2], [high, 'right', width]]) {
      context.textAlign = align;
      context.fillText(short(value, 2), at, height);
    }
    this.canvas.setAttribute('aria-label', `Colours from ${short(low)} to ${short(high)}`);
  }
}
