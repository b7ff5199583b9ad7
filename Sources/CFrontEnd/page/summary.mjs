// What the region tables say together: the strongest regions, sides, and whether methods agree.
import { percent } from './numbers.mjs';

/** The rows of a method's table as objects, without the outside; null: no table. */
export function rowsOf(method) {
  if (!method.table) return null;
  const { columns } = method.table;
  const names = Object.keys(columns);
  const rows = columns.name.map((_, place) => Object.fromEntries(names.map((name) => [name, columns[name][place]])));
  const volume = rows.reduce((sum, row) => sum + (row.volume_mm3 ?? 0), 0);
  for (const row of rows) {
    row.isOutside = row.index === 0;
    row.density = row.volume_mm3 > 0 && row.abs_share !== null ? row.abs_share / (row.volume_mm3 / volume) : null;
  }
  return rows;
}

/** `Hippocampus_R` → `Hippocampus R (right)` would be too long: underscores become blanks, the side is said in a word. */
export function regionTitle(row) {
  return row.name.replaceAll('_', ' ');
}

/** The side in a word. */
export function sideOf(row) {
  return { L: 'left', R: 'right', B: 'both' }[row.hemisphere] ?? '';
}

/** The regions with the largest share of |R|, and how the sides divide it. */
export function strongest(rows, count = 3) {
  const regions = rows.filter((row) => !row.isOutside && row.abs_share > 0);
  const first = [...regions].sort((a, b) => b.abs_share - a.abs_share).slice(0, count);
  const side = (letter) => regions.filter((row) => row.hemisphere === letter).reduce((sum, row) => sum + row.abs_share, 0);
  return { first, left: side('L'), right: side('R'), outside: rows.find((row) => row.isOutside)?.abs_share ?? null };
}

/** How the two sides compare, in words. */
export function sidesInWords({ left, right }) {
  if (left + right === 0) return '';
  const part = left / (left + right);
  const text = `left ${percent(left)}, right ${percent(right)} of all relevance`;
  if (part > 0.6) return `More on the left: ${text}.`;
  if (part < 0.4) return `More on the right: ${text}.`;
  return `Both sides alike: ${text}.`;
}

/** Ranks from 1, equal values share their mean rank. */
export function ranks(values) {
  const order = values.map((value, place) => [value, place]).sort((a, b) => a[0] - b[0]);
  const out = new Array(values.length);
  for (let start = 0; start < order.length;) {
    let end = start;
    while (end + 1 < order.length && order[end + 1][0] === order[start][0]) end++;
    for (let n = start; n <= end; n++) out[order[n][1]] = (start + end) / 2 + 1;
    start = end + 1;
  }
  return out;
}

/** Spearman's correlation; null where one side is constant. */
export function spearman(a, b) {
  const [x, y] = [ranks(a), ranks(b)];
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [mx, my] = [mean(x), mean(y)];
  let [xy, xx, yy] = [0, 0, 0];
  for (let n = 0; n < x.length; n++) {
    xy += (x[n] - mx) * (y[n] - my);
    xx += (x[n] - mx) ** 2;
    yy += (y[n] - my) ** 2;
  }
  return xx > 0 && yy > 0 ? xy / Math.sqrt(xx * yy) : null;
}

/** How alike two methods rank the regions by density: { correlation, shared: how many of the five first are in both }. */
export function agreement(a, b) {
  const other = new Map(b.filter((row) => !row.isOutside && row.density !== null).map((row) => [row.name, row]));
  const pairs = a.filter((row) => !row.isOutside && row.density !== null && other.has(row.name)).map((row) => [row, other.get(row.name)]);
  if (pairs.length < 5) return null;
  const top = (place) => new Set([...pairs].sort((p, q) => q[place].abs_share - p[place].abs_share).slice(0, 5).map((pair) => pair[place].name));
  const [x, y] = [top(0), top(1)];
  return {
    correlation: spearman(pairs.map((pair) => pair[0].density), pairs.map((pair) => pair[1].density)),
    shared: [...x].filter((name) => y.has(name)).length,
  };
}
