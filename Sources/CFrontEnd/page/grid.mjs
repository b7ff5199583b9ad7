// Voxel grids in the world: affines as 12 numbers, row by row, voxel indices → mm, RAS+.

/** The world point of a voxel [i, j, k]. */
export function apply(m, [i, j, k]) {
  return [
    m[0] * i + m[1] * j + m[2] * k + m[3],
    m[4] * i + m[5] * j + m[6] * k + m[7],
    m[8] * i + m[9] * j + m[10] * k + m[11],
  ];
}

/** The inverse of an affine. */
export function inverse(m) {
  const d =
    m[0] * (m[5] * m[10] - m[6] * m[9]) - m[1] * (m[4] * m[10] - m[6] * m[8]) + m[2] * (m[4] * m[9] - m[5] * m[8]);
  const r = [
    (m[5] * m[10] - m[6] * m[9]) / d, (m[2] * m[9] - m[1] * m[10]) / d, (m[1] * m[6] - m[2] * m[5]) / d,
    (m[6] * m[8] - m[4] * m[10]) / d, (m[0] * m[10] - m[2] * m[8]) / d, (m[2] * m[4] - m[0] * m[6]) / d,
    (m[4] * m[9] - m[5] * m[8]) / d, (m[1] * m[8] - m[0] * m[9]) / d, (m[0] * m[5] - m[1] * m[4]) / d,
  ];
  const t = [m[3], m[7], m[11]];
  return [0, 1, 2].flatMap((row) => {
    const [a, b, c] = r.slice(3 * row, 3 * row + 3);
    return [a, b, c, -(a * t[0] + b * t[1] + c * t[2])];
  });
}

/** The affine that applies b, then a. */
export function compose(a, b) {
  return [0, 1, 2].flatMap((row) =>
    [0, 1, 2, 3].map((column) => {
      let sum = column === 3 ? a[4 * row + 3] : 0;
      for (let inner = 0; inner < 3; inner++) sum += a[4 * row + inner] * b[4 * inner + column];
      return sum;
    }));
}

/** Edge lengths of a voxel, mm. */
export function voxelSizes(m) {
  return [0, 1, 2].map((axis) => Math.hypot(m[axis], m[4 + axis], m[8 + axis]));
}

/**
 * Which voxel axis runs along each of the world's axes x, y, z, and in which direction: the best of the six orders.
 * `isOblique`: an axis is more than half a degree off.
 */
export function orientation(m) {
  const sizes = voxelSizes(m);
  const cosine = (world, axis) => (sizes[axis] > 0 ? m[4 * world + axis] / sizes[axis] : 0);
  const orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
  const fit = (order) => order.reduce((sum, axis, world) => sum + Math.abs(cosine(world, axis)), 0);
  const axes = orders.reduce((best, order) => (fit(order) > fit(best) + 1e-9 ? order : best));
  const signs = axes.map((axis, world) => (cosine(world, axis) < 0 ? -1 : 1));
  const least = Math.min(...axes.map((axis, world) => Math.abs(cosine(world, axis))));
  return { axes, signs, isOblique: least < Math.cos(Math.PI / 360) };
}

/** The nearest voxel, or null outside of the grid. */
export function nearest([i, j, k], shape) {
  const voxel = [i, j, k].map((index) => Math.round(index) + 0); // Not −0.
  return voxel.every((index, axis) => index >= 0 && index < shape[axis]) ? voxel : null;
}

/** The voxel within the grid that is nearest to a place. */
export function clamped(voxel, shape) {
  return voxel.map((index, axis) => Math.min(shape[axis] - 1, Math.max(0, Math.round(index))) + 0);
}
