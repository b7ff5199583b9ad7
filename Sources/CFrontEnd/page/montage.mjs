// The selected map on many slices at once, drawn from the page's own volumes.
import { element, fill } from './dom.mjs';
import { apply, voxelSizes } from './grid.mjs';
import { millimetres } from './numbers.mjs';
import { layout, paintAnatomy, paintMap, pixelOf, planes } from './slices.mjs';

/** Slices of a plane, evenly over where the map's slices hold a hundredth of the strongest one's relevance or more. */
export function slicesOf(model, layer, plane, count) {
  const axis = model.orientation.axes[plane.across];
  const { above, below } = layer.sums[plane.across];
  const size = Array.from(above, (value, place) => value - below[place]);
  const most = Math.max(...size);
  const [low, high] = model.box[axis];
  const ends = [size.findIndex((value) => value > 0.01 * most), size.length - 1 - [...size].reverse().findIndex((value) => value > 0.01 * most)]
    .map((slice) => Math.round(layer.gridPlace(plane.across, slice))).sort((a, b) => a - b);
  const [first, last] = most > 0 ? [Math.max(low, ends[0]), Math.min(high, ends[1])] : [low, high];
  if (last <= first) return [first];
  return Array.from({ length: count }, (_, place) => Math.round(first + ((place + 0.5) / count) * (last - first)));
}

/** One slice as a picture of the page. */
export function drawSlice(model, layer, plane, depth, width) {
  const lay = layout(plane, model.grid, model.orientation, model.state.isRadiological);
  const sizes = voxelSizes(model.grid.affine);
  const corners = [0, 1].map((end) => pixelOf(lay, [0, 1, 2].map((axis) => model.box[axis][end])));
  const [x0, x1] = [corners[0][0], corners[1][0]].sort((a, b) => a - b);
  const [y0, y1] = [corners[0][1], corners[1][1]].sort((a, b) => a - b);
  const [w, h] = [x1 - x0 + 1, y1 - y0 + 1];
  const scale = width / (w * sizes[lay.right]);
  const canvas = element('canvas', { width, height: Math.round(h * sizes[lay.up] * scale) });
  const context = canvas.getContext('2d');
  context.fillRect(0, 0, canvas.width, canvas.height);
  const paint = (body) => {
    const buffer = element('canvas', { width: lay.width, height: lay.height });
    const inner = buffer.getContext('2d');
    const image = inner.createImageData(lay.width, lay.height);
    body(image.data);
    inner.putImageData(image, 0, 0);
    context.drawImage(buffer, x0, y0, w, h, 0, 0, canvas.width, canvas.height);
  };
  if (model.anatomy) paint((rgba) => paintAnatomy(rgba, lay, depth, model.grid, model.anatomy, model.data.window));
  paint((rgba) => paintMap(rgba, lay, depth, model.grid, layer.volume, model.shading(layer), model.kept(layer)));
  return canvas;
}

export class Montage {
  constructor(model) {
    this.model = model;
    this.box = element('div', { class: 'montage' });
    // Drawn when it comes into sight, or goes to a printer.
    this.isDue = false;
    this.watch = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && this.drawIfDue(), { rootMargin: '300px' });
    this.watch.observe(this.box);
  }

  request() {
    this.isDue = true;
    const { top, bottom } = this.box.getBoundingClientRect();
    if (bottom > -300 && top < window.innerHeight + 300) {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.drawIfDue(), 150);
    }
  }

  drawIfDue() {
    if (!this.isDue) return;
    this.isDue = false;
    const { model } = this;
    const layer = model.current;
    fill(this.box, planes.map((plane) => {
      const axis = model.orientation.axes[plane.across];
      return element('div', { class: 'strip' }, slicesOf(model, layer, plane, 7).map((depth) => {
        const grid = [...model.gridVoxel];
        grid[axis] = depth;
        const place = `${'xyz'[plane.across]} ${millimetres(Math.round(apply(model.grid.affine, grid)[plane.across]))}`;
        const go = () => {
          const voxel = [...model.state.voxel];
          voxel[axis] = model.scanVoxel(grid)[axis];
          model.goToVoxel(voxel);
        };
        return element('button', { type: 'button', class: 'slice', onclick: go, 'aria-label': `${plane.name} slice at ${place} mm` },
          drawSlice(model, layer, plane, depth, 260), element('span', {}, place));
      }));
    }));
  }
}
