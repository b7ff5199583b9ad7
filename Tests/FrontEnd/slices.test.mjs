import assert from 'node:assert/strict';
import test from 'node:test';
import { apply, inverse, orientation } from '../../Sources/CFrontEnd/page/grid.mjs';
import { histogram, layout, outlines, pixelOf, planes, sample, sums, voxelOf } from '../../Sources/CFrontEnd/page/slices.mjs';
import { affines } from './helpers.mjs';

const shape = [9, 8, 7];
const volumeOn = (affine, numbers = new Int16Array(504)) => ({ shape, affine, step: 1, offset: 0, toVoxel: inverse(affine), numbers });

for (const [name, affine] of Object.entries(affines)) {
  for (const plane of planes) {
    for (const isMirrored of [false, true]) {
      test(`${name}, ${plane.name}, ${isMirrored ? 'radiological' : 'neurological'}: right is right and up is up`, () => {
        const lay = layout(plane, { shape, affine }, orientation(affine), isMirrored);
        const at = (column, row) => apply(affine, voxelOf(lay, column, row, 3));
        const [here, right, down] = [at(2, 2), at(3, 2), at(2, 3)];
        assert.equal(Math.sign(right[plane.right] - here[plane.right]), isMirrored ? -1 : 1);
        assert.equal(Math.sign(down[plane.up] - here[plane.up]), -1);
        assert.deepEqual(pixelOf(lay, voxelOf(lay, 2, 5, 3)), [2, 5]);
      });
    }
  }

  test(`${name}: pixels take their own voxel`, () => {
    const grid = { shape, affine };
    const lay = layout(planes[1], grid, orientation(affine), false);
    sample(lay, 4, grid, volumeOn(affine), (pixel, place) => {
      const [i, j, k] = voxelOf(lay, pixel % lay.width, Math.floor(pixel / lay.width), 4);
      assert.equal(place, i + shape[0] * (j + shape[1] * k));
    });
  });
}

test('a map on a coarser grid is taken at the nearest voxel, and nothing beyond it', () => {
  const fine = { shape: [4, 4, 4], affine: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0] };
  const coarse = [2, 0, 0, 0.5, 0, 2, 0, 0.5, 0, 0, 2, 0.5];
  const map = { shape: [1, 2, 2], affine: coarse, toVoxel: inverse(coarse) };
  const places = [];
  sample(layout(planes[0], fine, orientation(fine.affine), false), 0, fine, map, (pixel, place) => { places[pixel] = place + 0; });
  assert.deepEqual(places, [1, 1, -1, -1, 1, 1, -1, -1, 0, 0, -1, -1, 0, 0, -1, -1]);
});

test('sums of slices, and the histogram, count every voxel', () => {
  const numbers = Int16Array.from({ length: 504 }, (_, n) => (n % 5) - 2);
  const volume = { ...volumeOn(affines['RAS 1 mm'], numbers), step: 0.5 };
  for (const axis of [0, 1, 2]) {
    const { above, below } = sums(volume, axis);
    assert.equal(above.length, shape[axis]);
    const all = [...above, ...below].reduce((sum, value) => sum + value, 0);
    assert.ok(Math.abs(all - 0.5 * numbers.reduce((sum, number) => sum + number, 0)) < 1e-9);
  }
  assert.equal(histogram(volume, 1, 11).reduce((sum, count) => sum + count, 0), numbers.filter((number) => number !== 0).length);
});

test('the outline of a voxel has four edges', () => {
  const numbers = new Int16Array(504);
  numbers[4 + 9 * (4 + 8 * 3)] = 2;
  const affine = affines['RAS 1 mm'];
  const lay = layout(planes[0], { shape, affine }, orientation(affine), false);
  assert.equal(outlines(lay, 3, { shape, affine }, volumeOn(affine, numbers)).length, 4);
  assert.equal(outlines(lay, 3, { shape, affine }, volumeOn(affine, numbers), 1).length, 0);
});
