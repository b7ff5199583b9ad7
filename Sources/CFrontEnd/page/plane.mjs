// One plane on a canvas: pixels, outlines, crosshair, and what pointers and keys do to them.
import { element } from './dom.mjs';
import { apply, inverse, voxelSizes } from './grid.mjs';
import { millimetres } from './numbers.mjs';
import { layout, outlines, paintAnatomy, paintMap, pixelOf, voxelOf } from './slices.mjs';

const letters = [['L', 'R'], ['P', 'A'], ['I', 'S']];

export class PlaneView {
  /** `layerOf()`: the map that it shows; a small one has no keys of its own. */
  constructor(model, plane, layerOf, { isSmall = false } = {}) {
    Object.assign(this, { model, plane, layerOf, isSmall });
    this.canvas = element('canvas', { tabindex: isSmall ? '-1' : '0', role: 'application', class: 'plane', dataset: { plane: plane.name } });
    this.under = document.createElement('canvas');
    this.over = document.createElement('canvas');
    if (!isSmall) this.listenToPointers();
    else this.canvas.addEventListener('pointerdown', (event) => this.point(event));
    new ResizeObserver(() => this.draw()).observe(this.canvas);
  }

  get lay() { return layout(this.plane, this.model.grid, this.model.orientation, this.model.state.isRadiological); }

  /** The part of the plane that is shown, in pixels: [x, y, width, height] at zoom 1 the head. */
  window(lay) {
    const { box, state } = this.model;
    const corners = [0, 1].map((end) => pixelOf(lay, [0, 1, 2].map((axis) => box[axis][end])));
    const [x0, x1] = [corners[0][0], corners[1][0]].sort((a, b) => a - b);
    const [y0, y1] = [corners[0][1], corners[1][1]].sort((a, b) => a - b);
    const [width, height] = [x1 - x0 + 1, y1 - y0 + 1];
    if (state.zoom <= 1 || !state.centre) return [x0, y0, width, height];
    const [w, h] = [width / state.zoom, height / state.zoom];
    const [cx, cy] = pixelOf(lay, state.centre);
    const fit = (centre, size, from, extent) => Math.min(from + extent - size, Math.max(from, centre + 0.5 - size / 2));
    return [fit(cx, w, x0, width), fit(cy, h, y0, height), w, h];
  }

  /** Pixels of the screen for a pixel of the plane, and where the plane's first one is. */
  frame(lay) {
    const [x, y, w, h] = this.window(lay);
    const sizes = voxelSizes(this.model.grid.affine);
    const [a, b] = [sizes[lay.right], sizes[lay.up]];
    const scale = Math.min(this.canvas.width / (w * a), this.canvas.height / (h * b));
    const [sx, sy] = [scale * a, scale * b];
    return { sx, sy, left: (this.canvas.width - w * sx) / 2 - x * sx, top: (this.canvas.height - h * sy) / 2 - y * sy };
  }

  /** Draws everything. */
  draw() {
    const { canvas, model } = this;
    const ratio = Math.min(3, window.devicePixelRatio || 1);
    const [width, height] = [Math.round(canvas.clientWidth * ratio), Math.round(canvas.clientHeight * ratio)];
    const layer = this.layerOf();
    if (width === 0 || height === 0 || !layer) return;
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const lay = this.lay;
    const depth = model.gridVoxel[lay.across];
    const context = canvas.getContext('2d');
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = '#000';
    context.fillRect(0, 0, width, height);
    const frame = this.frame(lay);
    this.blit(context, this.under, lay, frame, true, (rgba) => {
      if (model.anatomy) paintAnatomy(rgba, lay, depth, model.grid, model.anatomy, model.data.window);
    });
    this.blit(context, this.over, lay, frame, layer.method.record.measure !== 'regional', (rgba) => {
      paintMap(rgba, lay, depth, model.grid, layer.volume, model.shading(layer), model.kept(layer));
    });
    this.lines(context, lay, depth, frame, ratio);
    this.marks(context, lay, frame, ratio);
    this.describe(lay);
  }

  blit(context, buffer, lay, frame, isSmooth, paint) {
    if (buffer.width !== lay.width || buffer.height !== lay.height) Object.assign(buffer, { width: lay.width, height: lay.height });
    const inner = buffer.getContext('2d');
    const image = inner.createImageData(lay.width, lay.height);
    paint(image.data);
    inner.putImageData(image, 0, 0);
    context.imageSmoothingEnabled = isSmooth;
    context.imageSmoothingQuality = 'high';
    context.drawImage(buffer, frame.left, frame.top, lay.width * frame.sx, lay.height * frame.sy);
  }

  /** Outlines of all regions, and of the selected one. */
  lines(context, lay, depth, frame, ratio) {
    const { model } = this;
    if (!model.labels) return;
    const stroke = (edges, width, style) => {
      context.beginPath();
      for (const [x0, y0, x1, y1] of edges) {
        context.moveTo(frame.left + x0 * frame.sx, frame.top + y0 * frame.sy);
        context.lineTo(frame.left + x1 * frame.sx, frame.top + y1 * frame.sy);
      }
      context.lineWidth = width * ratio;
      context.strokeStyle = style;
      context.stroke();
    };
    if (model.state.hasContours) stroke(outlines(lay, depth, model.grid, model.labels), 0.6, 'rgba(255, 255, 255, 0.45)');
    const selected = model.state.region ? model.numberOf(model.state.region) : 0;
    if (selected > 0) {
      const edges = outlines(lay, depth, model.grid, model.labels, selected);
      stroke(edges, 3.2, 'rgba(0, 0, 0, 0.65)');
      stroke(edges, 1.6, '#7ef0c1');
    }
  }

  /** The crosshair and the letters of the sides. */
  marks(context, lay, frame, ratio) {
    const { canvas, model, plane } = this;
    const [px, py] = pixelOf(lay, model.gridVoxel);
    const [x, y] = [frame.left + (px + 0.5) * frame.sx, frame.top + (py + 0.5) * frame.sy];
    const gap = 7 * ratio;
    context.beginPath();
    for (const [x0, y0, x1, y1] of [[0, y, x - gap, y], [x + gap, y, canvas.width, y], [x, 0, x, y - gap], [x, y + gap, x, canvas.height]]) {
      context.moveTo(x0, y0);
      context.lineTo(x1, y1);
    }
    context.lineWidth = ratio;
    context.strokeStyle = 'rgba(126, 240, 193, 0.75)';
    context.stroke();
    this.spheres(context, lay, frame, ratio);
    const size = (this.isSmall ? 10 : 13) * ratio;
    context.font = `600 ${size}px system-ui, sans-serif`;
    context.fillStyle = '#fff';
    context.shadowColor = '#000';
    context.shadowBlur = 3 * ratio;
    const [low, high] = letters[plane.right];
    const [first, last] = model.state.isRadiological ? [high, low] : [low, high];
    context.textBaseline = 'middle';
    context.textAlign = 'left';
    context.fillText(first, 6 * ratio, canvas.height / 2);
    context.textAlign = 'right';
    context.fillText(last, canvas.width - 6 * ratio, canvas.height / 2);
    context.textAlign = 'center';
    context.textBaseline = 'top';
    context.fillText(letters[plane.up][1], canvas.width / 2, 6 * ratio);
    context.shadowBlur = 0;
  }

  /** Where balls of `model.spheres` ({ mm, radius }) cut the plane. */
  spheres(context, lay, frame, ratio) {
    const { model } = this;
    const sizes = voxelSizes(model.grid.affine);
    for (const { mm, radius } of model.spheres) {
      const centre = apply(inverse(model.grid.affine), mm);
      const off = (centre[lay.across] - model.gridVoxel[lay.across]) * sizes[lay.across];
      if (Math.abs(off) >= radius) continue;
      const cut = Math.sqrt(radius * radius - off * off);
      const [px, py] = pixelOf(lay, centre);
      context.beginPath();
      context.ellipse(frame.left + (px + 0.5) * frame.sx, frame.top + (py + 0.5) * frame.sy, (cut / sizes[lay.right]) * frame.sx, (cut / sizes[lay.up]) * frame.sy, 0, 0, 2 * Math.PI);
      context.lineWidth = 1.5 * ratio;
      context.strokeStyle = '#ffd166';
      context.stroke();
    }
  }

  describe(lay) {
    const { model, plane } = this;
    const axis = 'xyz'[plane.across];
    const slice = model.state.voxel[lay.across];
    const place = millimetres(model.mm[plane.across]);
    this.canvas.setAttribute('aria-label',
      `${plane.name} plane, ${axis} ${place} mm, slice ${slice}. ${this.isSmall ? '' : 'Arrow keys and Page Up or Down move the crosshair.'}`);
  }

  // Pointers and keys.

  /** The voxel of the page's grid under a place of the screen. */
  voxelAt(clientX, clientY) {
    const lay = this.lay;
    const box = this.canvas.getBoundingClientRect();
    const ratio = this.canvas.width / box.width;
    const frame = this.frame(lay);
    const column = Math.floor(((clientX - box.left) * ratio - frame.left) / frame.sx);
    const row = Math.floor(((clientY - box.top) * ratio - frame.top) / frame.sy);
    const inside = (value, extent) => Math.min(extent - 1, Math.max(0, value));
    return voxelOf(lay, inside(column, lay.width), inside(row, lay.height), this.model.gridVoxel[lay.across]);
  }

  point(event) {
    const { model } = this;
    const voxel = model.scanVoxel(this.voxelAt(event.clientX, event.clientY));
    // Across the plane the crosshair stays where it is.
    const across = this.lay.across;
    voxel[across] = model.state.voxel[across];
    model.goToVoxel(voxel);
  }

  listenToPointers() {
    const { canvas, model } = this;
    const fingers = new Map();
    let spread = 0;
    const distance = () => {
      const [a, b] = [...fingers.values()];
      return Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
    };
    canvas.addEventListener('pointerdown', (event) => {
      canvas.setPointerCapture(event.pointerId);
      fingers.set(event.pointerId, event);
      if (fingers.size === 2) spread = distance() / model.state.zoom;
      else this.point(event);
    });
    canvas.addEventListener('pointermove', (event) => {
      if (!fingers.has(event.pointerId)) return;
      fingers.set(event.pointerId, event);
      if (fingers.size === 2) this.zoom(distance() / spread / model.state.zoom);
      else this.point(event);
    });
    for (const end of ['pointerup', 'pointercancel']) canvas.addEventListener(end, (event) => fingers.delete(event.pointerId));
    canvas.addEventListener('wheel', (event) => {
      event.preventDefault();
      if (event.ctrlKey) this.zoom(Math.exp(-event.deltaY / 200));
      else if (event.deltaY !== 0) model.move(this.plane.across, event.deltaY < 0 ? 1 : -1);
    }, { passive: false });
    canvas.addEventListener('dblclick', () => model.set({ zoom: 1, centre: null }));
  }

  zoom(factor) {
    const zoom = Math.min(8, Math.max(1, this.model.state.zoom * factor));
    this.model.set({ zoom, centre: zoom > 1 ? this.model.gridVoxel : null });
  }

  /** Does what a key says, if it is one of ours: moves the crosshair by one voxel to the side, up or down of the plane, or across it; zooms. */
  key(name) {
    const { model, plane } = this;
    const right = model.state.isRadiological ? -1 : 1;
    const moves = {
      ArrowRight: [plane.right, right], ArrowLeft: [plane.right, -right], ArrowUp: [plane.up, 1], ArrowDown: [plane.up, -1],
      PageUp: [plane.across, 1], PageDown: [plane.across, -1],
    };
    if (name === '+' || name === '=') this.zoom(1.25);
    else if (name === '-') this.zoom(0.8);
    else if (name === '0') model.set({ zoom: 1, centre: null });
    else if (!moves[name]) return false;
    if (!moves[name]) return true;
    model.move(...moves[name]);
    return true;
  }
}
