// A patient's regions against a reference group: which lie furthest from it, and what the number of references leaves open.
import { element } from './dom.mjs';
import { minus, short } from './numbers.mjs';
import { regionTitle } from './summary.mjs';

/** Who the references are and what was compared, in words; null: the map was held against none. */
export function referencesInWords(record) {
  const { norms } = record.facts;
  if (!norms) return null;
  const own = norms.covariates.map((name, place) => `${name} ${minus(String(Number(norms.covariate_values[place].toPrecision(4))))}`);
  return `${norms.references} ${norms.group}, by ${norms.by}${own.length ? `, at ${own.join(', ')}` : ''}`;
}

/** The regions furthest from the norm, and how many lie beyond ±2, where chance alone would put so many (the normal distribution's 4.6 %). */
export function furthestFromNorm(rows, count = 3) {
  const compared = rows.filter((row) => !row.isOutside && typeof row.norm_z === 'number');
  return {
    first: [...compared].sort((a, b) => Math.abs(b.norm_z) - Math.abs(a.norm_z)).slice(0, count),
    beyond: compared.filter((row) => Math.abs(row.norm_z) > 2).length, all: compared.length, byChance: Math.round(0.0455 * compared.length),
  };
}

/** A percentile in words; at the ends it says no more than that nobody lies beyond. */
export function percentileInWords(percentile, references) {
  if (percentile === 0) return `below all ${references}`;
  if (percentile === 100) return `above all ${references}`;
  return `percentile ${short(percentile)}`;
}

/** The finding against the norm: null where there is none. */
export function normFinding(record, rows, choose) {
  const words = referencesInWords(record);
  const found = words && rows ? furthestFromNorm(rows) : null;
  if (!found || found.all === 0) return null;
  const { references } = record.facts.norms;
  return element('div', { class: 'norm' },
    element('h3', {}, 'Against the norm'),
    element('ol', { class: 'strongest' }, found.first.map((row) => element('li', {},
      element('button', { type: 'button', class: 'link', onclick: () => choose(row) }, regionTitle(row)),
      element('span', { class: 'amount' }, ` z ${short(row.norm_z, 2)}`),
      element('span', { class: 'hint' }, ` ${percentileInWords(row.norm_percentile, references)}`)))),
    element('p', { class: 'hint' }, `Against ${words}. ${found.beyond} of ${found.all} regions lie beyond ±2, where about ${found.byChance} do by chance alone. `
      + `${references} references tell percentiles in steps of ${short(100 / references, 2)}; further out z is the normal distribution’s guess. `
      + 'A region far from the norm is one that the network uses otherwise than in the references, not one that is ill.'));
}
