import assert from 'node:assert/strict';
import test from 'node:test';
import { compare, isShown, matches } from '../../Sources/CFrontEnd/page/cohort.mjs';
import { Shading } from '../../Sources/CFrontEnd/page/colours.mjs';
import { furthestFromNorm, percentileInWords, referencesInWords } from '../../Sources/CFrontEnd/page/norms.mjs';
import { percent, probability, short, volumeText } from '../../Sources/CFrontEnd/page/numbers.mjs';
import { agreement, sidesInWords, spearman } from '../../Sources/CFrontEnd/page/summary.mjs';
import { checksOf, gravest } from '../../Sources/CFrontEnd/page/words.mjs';

test('numbers as a reader reads them', () => {
  assert.deepEqual([0, 0.0123456, -12.34, 1.5e-5, -2e-10, 123456, null].map((value) => short(value)),
    ['0', '0.0123', '−12.3', '1.50 × 10⁻⁵', '−2.00 × 10⁻¹⁰', '1.23 × 10⁵', 'n/a']);
  assert.deepEqual([0, 0.00001, 0.0004, 0.036, 0.5, 1].map(percent), ['0 %', '< 0.01 %', '0.04 %', '3.6 %', '50 %', '100 %']);
  assert.deepEqual([0.98, 0.99999, 0.0001, 1].map(probability), ['0.980', '> 0.999', '< 0.001', '1.000']);
  assert.equal(volumeText(7469), '7.47 cm³');
});

test('Spearman’s correlation is scipy’s', () => {
  // scipy.stats.spearmanr([1, 2, 2, 4, 5], [5, 6, 7, 8, 7]).statistic
  assert.ok(Math.abs(spearman([1, 2, 2, 4, 5], [5, 6, 7, 8, 7]) - 0.7631578947368421) < 1e-12);
  assert.equal(spearman([1, 1, 1], [1, 2, 3]), null);
});

test('methods agree where they rank regions alike', () => {
  const rows = (order) => order.map((density, place) => ({ name: `r${place}`, density, abs_share: density / 100, isOutside: false }));
  assert.deepEqual(agreement(rows([1, 2, 3, 4, 5, 6]), rows([2, 3, 4, 5, 6, 7])), { correlation: 1, shared: 5 });
  assert.equal(agreement(rows([1, 2, 3, 4, 5, 6]), rows([6, 5, 4, 3, 2, 1])).correlation, -1);
});

test('sides in words', () => {
  assert.match(sidesInWords({ left: 0.7, right: 0.2 }), /^More on the left/);
  assert.match(sidesInWords({ left: 0.4, right: 0.42 }), /^Both sides alike/);
});

const record = {
  method: 'lrp', score: 'logit', score_value: 2.3, sum_of_relevance: 2.28, probabilities: [0.02, 0.98], target: { name: 'AD' }, atlas: { name: 'aal' },
  alignment: { overlap: 1, distance_mm: 0 }, facts: { relevance_of_input: 2.28, relevance_of_outputs: 2.3 },
};
const levels = (changes, inAir = 0.01) => Object.fromEntries(checksOf({ record: { ...record, ...changes }, inAir, scale: { isEmpty: false } }).map((check) => [check.title, check.level]));

test('what adds up is good, what is lost is told', () => {
  assert.equal(levels({})['Adds up'], 'good');
  assert.equal(levels({ facts: { relevance_of_input: 1.5, relevance_of_outputs: 2.3 } })['Does not add up'], 'caution');
  assert.equal(levels({ facts: { completeness_residual: -2 } })['Does not add up'], 'caution');
  assert.equal(levels({ facts: {} })['Σ relevance is not the score'], 'info');
});

test('a scan that lies elsewhere, relevance in the air, coarse cells and certain answers are told', () => {
  assert.equal(levels({ alignment: { overlap: 0.9, distance_mm: 21 } })['Scan and atlas do not meet'], 'problem');
  assert.equal(levels({ alignment: { overlap: 0.5, distance_mm: null } })['Scan and atlas hardly meet'], 'caution');
  assert.equal(levels({}, 0.3)['Much relevance outside of the head'], 'problem');
  assert.equal(levels({ facts: { layer_cell_mm: [16.5, 16.8, 16.5] } })['Coarse cells'], 'caution');
  assert.equal(levels({ score: 'probability', probabilities: [0.0001, 0.9999] })['Saturated answer'], 'caution');
  assert.equal(gravest([{ level: 'good' }, { level: 'problem' }, { level: 'info' }]), 'problem');
});

test('colours are the montage’s: opacity grows to half of the reach, nothing below the threshold', () => {
  const colours = Uint8Array.from({ length: 768 }, (_, n) => Math.floor(n / 3));
  const { rgba } = new Shading({ step: 0.1, most: 10, low: -1, high: 1, threshold: 0.25, alpha: 0.8, colours });
  const at = (number) => [...rgba.slice(4 * (number + 10), 4 * (number + 10) + 4)];
  assert.deepEqual(at(10), [255, 255, 255, 204]);
  assert.deepEqual(at(-10), [0, 0, 0, 204]);
  assert.equal(at(3)[3], Math.round(255 * 0.8 * 0.6));
  assert.deepEqual([at(0)[3], at(2)[3]], [0, 0]);
});

test('a cohort’s columns compare as numbers where they are', () => {
  assert.deepEqual(['71', '9', null, '100'].sort(compare), ['9', '71', '100', null]);
  assert.deepEqual(['sub-10', 'sub-9'].sort(compare), ['sub-9', 'sub-10']);
  assert.ok(matches('sub-1 ad hippocampus', { group: 'AD' }, ['group:ad', 'hippo']));
  assert.ok(!matches('sub-1 ad', { group: 'AD' }, ['group:cn']));
});

test('the list shows what participants are, not what it says itself', () => {
  const names = ['participant_id', 'group', 'age', 'fold', 'predicted', 'score_CN', 'probability_AD', 'models', 'alignment_overlap', 'outside_head_lrp', 'scores', 'session_id'];
  assert.deepEqual(names.filter(isShown), ['group', 'age', 'fold', 'scores', 'session_id']);
});

test('a patient against the norm: references, ends of the percentiles, what chance alone does', () => {
  const facts = { norms: { group: 'CN', references: 40, by: 'sum', covariates: ['age'], covariate_values: [73.5] } };
  assert.equal(referencesInWords({ facts }), '40 CN, by sum, at age 73.5');
  assert.equal(referencesInWords({ facts: {} }), null);
  assert.deepEqual([0, 2.5, 100].map((percentile) => percentileInWords(percentile, 40)), ['below all 40', 'percentile 2.50', 'above all 40']);
  const rows = Array.from({ length: 116 }, (_, n) => ({ name: `r${n}`, norm_z: (n - 60) / 20, isOutside: n === 0 }));
  const found = furthestFromNorm([...rows, { name: 'empty', norm_z: null }]);
  assert.deepEqual([found.first.map((row) => row.name), found.beyond, found.all, found.byChance], [['r1', 'r2', 'r3'], 34, 115, 5]);
});
