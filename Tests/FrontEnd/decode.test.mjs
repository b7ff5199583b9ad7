import assert from 'node:assert/strict';
import test from 'node:test';
import { unfold } from '../../Sources/CFrontEnd/page/decode.mjs';

/** What PackedVolume.swift writes, in its simplest words. */
function fold(numbers, [ni, nj], expect, wide) {
  const at = (i, j, k) => (i < 0 || j < 0 || k < 0 ? 0 : numbers[i + ni * (j + nj * k)]);
  const folded = numbers.map((number, place) => {
    const [i, j, k] = [place % ni, Math.floor(place / ni) % nj, Math.floor(place / (ni * nj))];
    const expected = { nothing: 0, mean: Math.floor((at(i - 1, j, k) + at(i, j - 1, k) + at(i, j, k - 1)) / 3), plane: at(i - 1, j, k) + at(i, j - 1, k) - at(i - 1, j - 1, k) }[expect];
    const difference = number - expected;
    return difference < 0 ? -2 * difference - 1 : 2 * difference;
  });
  return Uint8Array.from([...folded.map((number) => number & 255), ...(wide ? folded.map((number) => number >> 8) : [])]);
}

const shape = [5, 4, 3];
const noise = Array.from({ length: 60 }, (_, n) => (n * 7919 + 13) % 1024);
for (const [expect, numbers] of [['nothing', noise], ['mean', noise], ['plane', noise.map((number) => number - 512)]]) {
  test(`${expect}: numbers come back`, () => {
    assert.deepEqual([...unfold(fold(numbers, shape, expect, true), { shape, expect, wide: true })], numbers);
  });
}

test('small differences take one byte', () => {
  const numbers = noise.map((number) => number % 11);
  assert.deepEqual([...unfold(fold(numbers, shape, 'plane', false), { shape, expect: 'plane', wide: false })], numbers);
});
