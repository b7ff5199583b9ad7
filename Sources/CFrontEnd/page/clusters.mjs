// Voxels that hang together by their faces, each sign by itself, as `pellucid clusters --two-sided` counts them.

/**
 * The clusters of |number| ≥ least with at least so many voxels, largest |Σ| first, and a mask of the voxels in them.
 * A cluster: { voxels, sum (in steps), peak: [place, number], sign }.
 */
export function findClusters(numbers, shape, least, fewest) {
  const [ni, nj, nk] = shape;
  const slice = ni * nj;
  const kept = new Uint8Array(numbers.length);
  const seen = new Uint8Array(numbers.length);
  const clusters = [];
  const bound = Math.max(1, least);
  let stack = new Int32Array(1024);
  for (let start = 0; start < numbers.length; start++) {
    const first = numbers[start];
    if (seen[start] || (first < bound && first > -bound)) continue;
    const sign = first > 0 ? 1 : -1;
    const members = [];
    let height = 1;
    stack[0] = start;
    seen[start] = 1;
    let sum = 0;
    let peak = start;
    const visit = (place) => {
      if (seen[place] || numbers[place] * sign < bound) return;
      seen[place] = 1;
      if (height === stack.length) {
        const larger = new Int32Array(2 * height);
        larger.set(stack);
        stack = larger;
      }
      stack[height++] = place;
    };
    while (height > 0) {
      const place = stack[--height];
      members.push(place);
      sum += numbers[place];
      if (numbers[place] * sign > numbers[peak] * sign) peak = place;
      const i = place % ni;
      const j = Math.floor(place / ni) % nj;
      const k = Math.floor(place / slice);
      if (i > 0) visit(place - 1);
      if (i < ni - 1) visit(place + 1);
      if (j > 0) visit(place - ni);
      if (j < nj - 1) visit(place + ni);
      if (k > 0) visit(place - slice);
      if (k < nk - 1) visit(place + slice);
    }
    if (members.length < fewest) continue;
    for (const place of members) kept[place] = 1;
    clusters.push({
      voxels: members.length, sum, sign,
      peak: [[peak % ni, Math.floor(peak / ni) % nj, Math.floor(peak / slice)], numbers[peak]],
    });
  }
  clusters.sort((a, b) => Math.abs(b.sum) - Math.abs(a.sum));
  return { clusters, kept };
}
