// Packed volumes: base64 of gzip of folded differences; see PackedVolume.swift.
import { inverse } from './grid.mjs';

/** A volume: numbers of steps, i fastest; value = offset + step · number. */
export class Volume {
  constructor(about, numbers) {
    Object.assign(this, { shape: about.shape, affine: about.affine, step: about.step, offset: about.offset });
    this.toVoxel = inverse(about.affine);
    this.numbers = numbers;
  }

  /** The value at a voxel. */
  at([i, j, k]) {
    return this.offset + this.step * this.numbers[i + this.shape[0] * (j + this.shape[1] * k)];
  }
}

/** Bytes of base64 text. */
export function bytesOfBase64(text) {
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let n = 0; n < letters.length; n++) bytes[n] = letters.charCodeAt(n);
  return bytes;
}

/** Unpacks a gzip member with what the browser has. */
export async function gunzip(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Numbers of steps from folded differences. */
export function unfold(planes, about) {
  const [ni, nj, nk] = about.shape;
  const count = ni * nj * nk;
  const numbers = new Int16Array(count);
  const high = about.wide ? planes.subarray(count) : null;
  const { expect } = about;
  const slice = ni * nj;
  let place = 0;
  for (let k = 0; k < nk; k++) {
    for (let j = 0; j < nj; j++) {
      let before = 0;
      let beforeAbove = 0;
      for (let i = 0; i < ni; i++, place++) {
        const folded = high ? planes[place] | (high[place] << 8) : planes[place];
        const difference = folded & 1 ? -((folded + 1) >> 1) : folded >> 1;
        const above = j > 0 ? numbers[place - ni] : 0;
        let expected = 0;
        if (expect === 'mean') expected = Math.trunc((before + above + (k > 0 ? numbers[place - slice] : 0)) / 3);
        else if (expect === 'plane') expected = before + above - beforeAbove;
        before = difference + expected;
        beforeAbove = above;
        numbers[place] = before;
      }
    }
  }
  return numbers;
}

/** The volume that is described so, from the element that holds it. */
export async function readVolume(about) {
  const holder = document.getElementById(`blob-${about.blob}`);
  const planes = await gunzip(bytesOfBase64(holder.textContent));
  return new Volume(about, unfold(planes, about));
}
