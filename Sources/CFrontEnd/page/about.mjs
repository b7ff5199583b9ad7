// The words around the pictures: the answer, the finding, trust, the chosen region, provenance, how to cite.
import { element, fill } from './dom.mjs';
import { normFinding, percentileInWords, referencesInWords } from './norms.mjs';
import { percent, probability, short, volumeText } from './numbers.mjs';
import { agreement, regionTitle, sideOf, sidesInWords, strongest } from './summary.mjs';
import { checksOf, gravest, methodWords, regionWords, signWords, unitOf } from './words.mjs';
import { titleOf } from './controls.mjs';

/** The network's answer: its class in large letters, all probabilities as bars. */
export function answer(model) {
  const { record } = model.methods[0];
  const values = record.probabilities ?? record.scores;
  const explained = new Set(record.target.classes.filter((_, place) => record.target.weights[place] !== 0));
  const order = record.classes.map((name, place) => ({ name, value: values[place] }))
    .sort((a, b) => explained.has(b.name) - explained.has(a.name) || b.value - a.value).slice(0, 6);
  const words = (value) => (record.probabilities ? probability(value) : short(value));
  const bars = order.map(({ name, value }) => {
    const bar = element('div', { class: 'probability' }, element('span', { class: 'class' }, name),
      record.probabilities ? element('span', { class: 'track', 'aria-hidden': 'true' }, element('span', { class: 'filled' })) : null,
      element('span', { class: 'value' }, words(value)));
    if (record.probabilities) bar.querySelector('.filled').style.width = `${100 * value}%`;
    return bar;
  });
  const headline = record.predicted === null || record.predicted === undefined
    ? `The network answers ${short(record.scores[0], 4)}`
    : ['The network answers ', element('em', {}, record.predicted)];
  const more = record.classes.length > order.length ? element('p', { class: 'hint' }, `and ${record.classes.length - order.length} more classes`) : null;
  return element('div', { class: 'answer' }, element('p', { class: 'headline' }, headline), element('div', { class: 'probabilities' }, bars), more);
}

/** Which region, which side, how much: in two sentences. */
export class Finding {
  constructor(model) {
    this.model = model;
    this.box = element('div', { class: 'finding' });
  }

  draw() {
    const { model } = this;
    const { method } = model;
    const { record } = method;
    const rows = model.rows.get(method.id);
    const why = `${titleOf(method, model.methods)} shows ${methodWords(record.method).answers}; explained is the ${unitOf(record)} of ${record.target.name}, ${short(record.score_value)}.`;
    const list = rows ? strongest(rows) : null;
    fill(this.box,
      list ? element('ol', { class: 'strongest' }, list.first.map((row) => element('li', {},
        element('button', { type: 'button', class: 'link', onclick: () => this.choose(row) }, regionTitle(row)),
        element('span', { class: 'amount' }, ` ${percent(row.abs_share)}`),
        element('span', { class: 'hint' }, ` of all relevance${row.density === null ? '' : `, ${short(row.density, 2)} × its share of the volume`}`,
          row.sum < 0 ? ', speaking against' : '')))) : null,
      list ? element('p', {}, sidesInWords(list), list.outside > 0.005 ? ` ${percent(list.outside)} lies in no region of the atlas.` : '') : null,
      normFinding(record, rows, (row) => this.choose(row)),
      element('p', { class: 'hint' }, why, ' ', signWords(record)));
  }

  choose(row) {
    this.model.set({ region: row.name });
    if (row.peak_x_mm !== null && row.peak_x_mm !== undefined) this.model.goTo(row.peak_x_mm, row.peak_y_mm, row.peak_z_mm);
  }
}

const verdicts = {
  good: 'Nothing looks wrong', info: 'Nothing looks wrong', caution: 'Read with caution', problem: 'Do not rely on it',
};
const signs = { good: '✓', info: 'i', caution: '!', problem: '×' };
const spoken = { good: 'good', info: 'for your information', caution: 'caution', problem: 'problem' };

/** Can I trust it: checks of the selected map, notes of its record, and whether the methods agree. */
export class Trust {
  constructor(model) {
    this.model = model;
    this.box = element('div', { class: 'trust' });
  }

  draw() {
    const { model } = this;
    const { method } = model;
    const checks = [...checksOf(method), ...this.agreements(method)];
    const level = gravest(checks);
    const items = checks.map((check) => element('li', { class: check.level },
      element('span', { class: 'sign', 'aria-hidden': 'true' }, signs[check.level]),
      element('div', {}, element('strong', {}, check.title, element('span', { class: 'unseen' }, ` (${spoken[check.level]})`)), ' ', element('span', {}, check.text))));
    const notes = [...model.data.remarks, ...(method.table?.remarks ?? []), ...method.record.notes.map((note) => `${note.what}: ${note.how}.`)];
    const distinct = [...new Set(notes.map((note) => note.replaceAll('`', '')))];
    fill(this.box, element('p', { class: `verdict ${level}` }, verdicts[level]), element('ul', { class: 'checks' }, items),
      distinct.length ? element('details', {}, element('summary', {}, `What was decided on the way (${distinct.length})`),
        element('ul', {}, distinct.map((note) => element('li', {}, note)))) : null);
  }

  /** Whether other methods of the same target rank the regions alike. */
  agreements(method) {
    const { model } = this;
    const own = model.rows.get(method.id);
    if (!own) return [];
    const others = model.methods.filter((one) => one.id !== method.id && one.record.target.name === method.record.target.name && model.rows.get(one.id));
    const found = others.map((one) => ({ title: titleOf(one, model.methods), ...agreement(own, model.rows.get(one.id)) })).filter((one) => one.correlation !== undefined && one.correlation !== null);
    if (found.length === 0) return [];
    const worst = Math.min(...found.map((one) => one.correlation));
    const text = found.map((one) => `with ${one.title}: correlation ${short(one.correlation, 2)}, ${one.shared} of the 5 first regions`).join('; ');
    return [{
      level: worst > 0.5 ? 'good' : 'caution', title: worst > 0.5 ? 'Methods agree' : 'Methods disagree',
      text: `How alike the regions rank, ${text}.`,
    }];
  }
}

/** The chosen region: how each method sees it, and what a strong value there does and does not mean. */
export class RegionCard {
  constructor(model) {
    this.model = model;
    this.box = element('div', { class: 'region-card' });
  }

  draw() {
    const { model } = this;
    const name = model.state.region ?? model.regionName;
    if (!name) { fill(this.box, element('p', { class: 'hint' }, 'Choose a region in the table, or put the crosshair into one.')); return; }
    const isCompared = model.methods.some((method) => method.record.facts.norms);
    const lines = model.methods.map((method) => {
      const rows = model.rows.get(method.id);
      const row = rows?.find((one) => one.name === name);
      if (!row) return null;
      return element('tr', {}, element('th', { scope: 'row', class: 'text' }, titleOf(method, model.methods)), element('td', { class: 'number' }, percent(row.abs_share)),
        element('td', { class: 'number' }, row.rank_by_abs_sum === null ? 'n/a' : `${row.rank_by_abs_sum} of ${rows.length - 1}`),
        element('td', { class: 'number' }, row.density === null ? 'n/a' : `${short(row.density, 2)} ×`),
        isCompared ? element('td', { class: 'number' }, typeof row.norm_z === 'number' ? `${short(row.norm_z, 2)} (${percentileInWords(row.norm_percentile, method.record.facts.norms.references)})` : 'n/a') : null);
    }).filter(Boolean);
    const row = model.rows.get(model.state.method)?.find((one) => one.name === name);
    fill(this.box,
      element('h3', {}, name.replaceAll('_', ' ')),
      row ? element('p', { class: 'hint' }, [sideOf(row), volumeText(row.volume_mm3), typeof row.coverage === 'number' && row.coverage < 0.995 ? `${percent(row.coverage)} of it seen by the network` : ''].filter(Boolean).join(' · ')) : null,
      lines.length ? element('table', {}, element('thead', {}, element('tr', {}, ['Method', 'Share', 'Rank', 'Density', ...(isCompared ? ['z'] : [])].map((title, place) => element('th', { scope: 'col', class: place ? 'number' : 'text' }, title)))),
        element('tbody', {}, lines)) : null,
      element('details', { open: true }, element('summary', {}, 'What a strong value here means'), regionWords(name.replaceAll('_', ' '), model.method.record).map((text) => element('p', {}, text))));
  }
}

/** The record as a list of facts. */
export class Provenance {
  constructor(model) {
    this.model = model;
    this.box = element('div', { class: 'provenance' });
  }

  draw() {
    const { method } = this.model;
    const { record } = method;
    const words = methodWords(record.method);
    const options = Object.entries(record.options).map(([name, value]) => `--${name} ${value}`).join(' ');
    const facts = [
      ['Scan', record.image], ...record.scan.map((file) => ['SHA-256', file.sha256]),
      ['Network', record.model.file], ['SHA-256', record.model.sha256], ['Written by', `${record.model.producer || 'unknown'}, opset ${record.model.opset}`],
      ['Model card', record.card_file ?? 'none'], ['Method', record.method], ['Options', options || 'none'], ['Target', `${record.target.name} (${record.score})`],
      ['Norms', referencesInWords(record) ?? 'none'],
      ['Atlas', record.atlas ? `${record.atlas.name}, ${record.atlas.regions} regions${record.atlas.transforms.length ? `, brought by ${record.atlas.transforms.map((one) => one.given).join(', ')}` : ''}` : 'none'],
      ['Map', `${record.map.shape.join(' × ')} voxels, made on ${record.model_grid.shape.join(' × ')}`],
      ['Computed', `${record.seconds ? `in ${short(record.seconds.method)} s ` : ''}${record.threads ? `on ${record.threads} threads ` : ''}by ${record.library}`], ['Pellucid', record.pellucid],
    ];
    const { step } = method.map;
    fill(this.box,
      element('dl', {}, facts.flatMap(([name, value]) => [element('dt', {}, name), element('dd', { class: name === 'SHA-256' ? 'code' : '' }, value)])),
      element('p', { class: 'hint' }, `The page carries this map in steps of ${short(step)}: a value is off by half of that at most. The file ${record.files.volume?.name ?? ''} has it in full.`),
      element('h3', {}, 'When this method misleads'), element('p', {}, words.misleads || 'See the documentation.'),
      element('h3', {}, 'How to cite'), element('ul', {}, this.citations().map((text) => element('li', {}, text))));
  }

  citations() {
    const papers = this.model.methods.map((method) => `${method.record.method}: ${method.record.paper || 'no publication'}`);
    return [...new Set(papers), `Pellucid ${this.model.data.pellucid}, with the SHA-256 of the network above`];
  }
}
