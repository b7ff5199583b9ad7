import assert from 'node:assert/strict';
import test from 'node:test';
import { findClusters } from '../../Sources/CFrontEnd/page/clusters.mjs';

test('clusters hang together by faces, each sign by itself', () => {
  const shape = [4, 3, 2];
  const numbers = new Int16Array(24);
  const put = (i, j, k, value) => { numbers[i + 4 * (j + 3 * k)] = value; };
  put(0, 0, 0, 5); put(1, 0, 0, 9); put(1, 1, 1, 7); // The last hangs on by an edge only.
  put(2, 0, 0, -6); put(3, 0, 0, -2);
  const { clusters, kept } = findClusters(numbers, shape, 3, 1);
  assert.deepEqual(clusters, [
    { voxels: 2, sum: 14, sign: 1, peak: [[1, 0, 0], 9] },
    { voxels: 1, sum: 7, sign: 1, peak: [[1, 1, 1], 7] },
    { voxels: 1, sum: -6, sign: -1, peak: [[2, 0, 0], -6] },
  ]);
  assert.equal(kept.reduce((sum, one) => sum + one, 0), 4);
  assert.equal(findClusters(numbers, shape, 3, 2).clusters.length, 1);
});

test('a whole volume is one cluster', () => {
  const { clusters } = findClusters(new Int16Array(40 * 40 * 40).fill(1), [40, 40, 40], 1, 1);
  assert.deepEqual(clusters.map((one) => one.voxels), [64000]);
});
