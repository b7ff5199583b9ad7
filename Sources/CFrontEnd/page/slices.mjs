// What a plane shows: pixels, curves and outlines, computed from volumes; nothing here knows of the screen.
import { compose } from './grid.mjs';

/** The planes: the world's axis across each, and those to the right and up. */
export const planes = [
  { name: 'axial', across: 2, right: 0, up: 1 },
  { name: 'coronal', across: 1, right: 0, up: 2 },
  { name: 'sagittal', across: 0, right: 1, up: 2 },
];

/**
 * How a plane's pixels lie on the page's grid: a pixel is a voxel; rows run downwards.
 * Of the axis to the right, `isMirrored` turns the direction (radiological).
 */
export function layout(plane, grid, orientation, isMirrored) {
  const [right, up, across] = [plane.right, plane.up, plane.across].map((world) => orientation.axes[world]);
  const flipRight = orientation.signs[plane.right] < 0 !== isMirrored;
  const flipUp = orientation.signs[plane.up] > 0; // Rows run downwards.
  return { width: grid.shape[right], height: grid.shape[up], right, up, across, flipRight, flipUp };
}

/** The voxel of a pixel (column, row) at a depth. */
export function voxelOf(lay, column, row, depth) {
  const voxel = [0, 0, 0];
  voxel[lay.right] = lay.flipRight ? lay.width - 1 - column : column;
  voxel[lay.up] = lay.flipUp ? lay.height - 1 - row : row;
  voxel[lay.across] = depth;
  return voxel;
}

/** The pixel (column, row) of a voxel; parts of pixels are kept. */
export function pixelOf(lay, voxel) {
  const [r, u] = [voxel[lay.right], voxel[lay.up]];
  return [lay.flipRight ? lay.width - 1 - r : r, lay.flipUp ? lay.height - 1 - u : u];
}

/** Calls `body(pixel, place)` for each pixel, with the nearest voxel's place in a volume, −1 outside of it. */
export function sample(lay, depth, grid, volume, body) {
  const way = compose(volume.toVoxel, grid.affine);
  const start = voxelOf(lay, 0, 0, depth);
  const [ni, nj, nk] = volume.shape;
  const stepR = lay.flipRight ? -1 : 1;
  const stepU = lay.flipUp ? -1 : 1;
  const at = (row) => way[4 * row] * start[0] + way[4 * row + 1] * start[1] + way[4 * row + 2] * start[2] + way[4 * row + 3];
  const [x0, y0, z0] = [at(0), at(1), at(2)];
  const [xr, yr, zr] = [0, 1, 2].map((row) => stepR * way[4 * row + lay.right]);
  const [xu, yu, zu] = [0, 1, 2].map((row) => stepU * way[4 * row + lay.up]);
  let pixel = 0;
  for (let row = 0; row < lay.height; row++) {
    for (let column = 0; column < lay.width; column++, pixel++) {
      const i = Math.round(x0 + xu * row + xr * column);
      const j = Math.round(y0 + yu * row + yr * column);
      const k = Math.round(z0 + zu * row + zr * column);
      const isInside = i >= 0 && j >= 0 && k >= 0 && i < ni && j < nj && k < nk;
      body(pixel, isInside ? i + ni * (j + nj * k) : -1);
    }
  }
}

/** Paints the anatomy in greys. */
export function paintAnatomy(rgba, lay, depth, grid, volume, [low, high]) {
  const scale = high > low ? 255 / (high - low) : 0;
  const { numbers, step, offset } = volume;
  sample(lay, depth, grid, volume, (pixel, place) => {
    const value = place < 0 ? low : offset + step * numbers[place];
    const grey = scale > 0 ? (value - low) * scale : place < 0 ? 0 : 128;
    const at = 4 * pixel;
    rgba[at] = grey;
    rgba[at + 1] = grey;
    rgba[at + 2] = grey;
    rgba[at + 3] = 255;
  });
}

/** Paints a map; `kept`: where it is not null, only its voxels show. */
export function paintMap(rgba, lay, depth, grid, volume, shading, kept) {
  const { numbers } = volume;
  const { most, rgba: table } = shading;
  sample(lay, depth, grid, volume, (pixel, place) => {
    const at = 4 * pixel;
    if (place < 0 || (kept && !kept[place])) {
      rgba[at + 3] = 0;
      return;
    }
    const from = 4 * (Math.min(most, Math.max(-most, numbers[place])) + most);
    rgba[at] = table[from];
    rgba[at + 1] = table[from + 1];
    rgba[at + 2] = table[from + 2];
    rgba[at + 3] = table[from + 3];
  });
}

/** The edges between pixels of different labels, as [x0, y0, x1, y1] in pixels; `only`: the outline of one label. */
export function outlines(lay, depth, grid, volume, only = null) {
  const labels = new Int32Array(lay.width * lay.height);
  sample(lay, depth, grid, volume, (pixel, place) => {
    const label = place < 0 ? 0 : volume.numbers[place];
    labels[pixel] = only === null || label === only ? label : 0;
  });
  const edges = [];
  for (let row = 0; row < lay.height; row++) {
    for (let column = 0; column < lay.width; column++) {
      const pixel = row * lay.width + column;
      const right = column + 1 < lay.width ? labels[pixel + 1] : 0;
      const below = row + 1 < lay.height ? labels[pixel + lay.width] : 0;
      if (labels[pixel] !== right) edges.push([column + 1, row, column + 1, row + 1]);
      if (labels[pixel] !== below) edges.push([column, row + 1, column + 1, row + 1]);
    }
  }
  return edges;
}

/** Σ of what is above and below 0, slice by slice along one axis of the map's own grid, in values. */
export function sums(volume, axis) {
  const [ni, nj, nk] = volume.shape;
  const above = new Float64Array(volume.shape[axis]);
  const below = new Float64Array(volume.shape[axis]);
  let place = 0;
  for (let k = 0; k < nk; k++) {
    for (let j = 0; j < nj; j++) {
      for (let i = 0; i < ni; i++, place++) {
        const number = volume.numbers[place];
        if (number === 0) continue;
        const slice = axis === 0 ? i : axis === 1 ? j : k;
        if (number > 0) above[slice] += number;
        else below[slice] += number;
      }
    }
  }
  return { above: above.map((sum) => sum * volume.step), below: below.map((sum) => sum * volume.step) };
}

/** How many voxels that are not 0 have a value between −limit and limit, in so many equal bins. */
export function histogram(volume, limit, bins) {
  const counts = new Float64Array(bins);
  for (let n = 0; n < volume.numbers.length; n++) {
    if (volume.numbers[n] === 0) continue;
    const place = Math.floor(((volume.numbers[n] * volume.step) / limit + 1) * 0.5 * bins);
    counts[Math.min(bins - 1, Math.max(0, place))] += 1;
  }
  return counts;
}
