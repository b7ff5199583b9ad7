import assert from 'node:assert/strict';
import test from 'node:test';
import { apply, compose, inverse, orientation, voxelSizes } from '../../Sources/CFrontEnd/page/grid.mjs';
import { affines } from './helpers.mjs';

const close = (found, wanted, tolerance = 1e-9) => found.forEach((value, place) => assert.ok(Math.abs(value - wanted[place]) < tolerance, `${found} is not ${wanted}`));

for (const [name, affine] of Object.entries(affines)) {
  test(`${name}: there and back again`, () => {
    const voxel = [7, 11, 13];
    close(apply(inverse(affine), apply(affine, voxel)), voxel);
    close(compose(inverse(affine), affine), [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0]);
  });

  test(`${name}: a step along the axis of x goes to the right`, () => {
    const { axes, signs } = orientation(affine);
    for (const world of [0, 1, 2]) {
      const step = [0, 0, 0];
      step[axes[world]] = signs[world];
      const [from, to] = [apply(affine, [0, 0, 0]), apply(affine, step)];
      const moved = to.map((value, axis) => value - from[axis]);
      assert.ok(moved[world] > 0.9 * Math.hypot(...moved), `${moved}`);
    }
  });
}

test('orientations are nibabel’s', () => {
  assert.deepEqual(orientation(affines['LPI 2 mm']), { axes: [0, 1, 2], signs: [-1, -1, -1], isOblique: false });
  assert.deepEqual(orientation(affines['PSR 1 × 2 × 3 mm']), { axes: [2, 0, 1], signs: [1, -1, 1], isOblique: false });
  assert.equal(orientation(affines['oblique 3 mm']).isOblique, true);
  close(voxelSizes(affines['PSR 1 × 2 × 3 mm']), [1, 2, 3]);
});
