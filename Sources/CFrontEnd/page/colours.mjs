// How relevance becomes colour and opacity: as in the montage (OverlayScale.swift).

/** The 256 colours of a table `rrggbbrrggbb…`. */
export function coloursOf(table) {
  const colours = new Uint8Array(768);
  for (let n = 0; n < 768; n++) colours[n] = parseInt(table.substr(2 * n, 2), 16);
  return colours;
}

/**
 * Colour and opacity of whole numbers of steps, as a table from −most to most, four bytes each, so that a pixel costs one look-up.
 *
 *     place   = ½ + ½·r/reach (two signs)  or  |r|/reach (one)
 *     opacity = alpha · min(1, 2·|r|/reach), 0 below the threshold
 */
export class Shading {
  constructor({ step, most, low, high, threshold, alpha, colours }) {
    this.most = most;
    this.rgba = new Uint8ClampedArray(4 * (2 * most + 1));
    const isSigned = low < 0 && high > 0;
    for (let number = -most; number <= most; number++) {
      const value = number * step;
      const size = Math.abs(value);
      const reach = value < 0 ? -low : high;
      if (number === 0 || reach <= 0 || size < threshold) continue;
      const place = isSigned ? 0.5 + (0.5 * value) / reach : size / reach;
      const colour = 3 * Math.min(255, Math.max(0, Math.floor(place * 256)));
      const at = 4 * (number + most);
      this.rgba[at] = colours[colour];
      this.rgba[at + 1] = colours[colour + 1];
      this.rgba[at + 2] = colours[colour + 2];
      this.rgba[at + 3] = 255 * alpha * Math.min(1, (2 * size) / reach);
    }
  }
}

/** The largest magnitude in steps. */
export function mostSteps(numbers) {
  let most = 1;
  for (let n = 0; n < numbers.length; n++) {
    const size = numbers[n] < 0 ? -numbers[n] : numbers[n];
    if (size > most) most = size;
  }
  return most;
}
