// The list of a cohort's scans: sorted and filtered; pictures are read when they come into sight.
import { byId, element, fill } from './dom.mjs';
import { percent, probability, short } from './numbers.mjs';
import { themeSwitch } from './theme.mjs';

/** Values of a column that are all numbers are compared as such. */
export function compare(a, b) {
  if (a === b) return 0;
  if (a === null || a === undefined) return 1;
  if (b === null || b === undefined) return -1;
  const [x, y] = [Number(a), Number(b)];
  if (Number.isFinite(x) && Number.isFinite(y) && String(a).trim() !== '' && String(b).trim() !== '') return x - y;
  return String(a).localeCompare(String(b), undefined, { numeric: true });
}

/** Whether a scan answers to all words; `key:word` looks into one column. */
export function matches(text, columns, words) {
  return words.every((word) => {
    const colon = word.indexOf(':');
    const key = colon > 0 ? Object.keys(columns).find((name) => name.toLowerCase() === word.slice(0, colon)) : undefined;
    return key === undefined ? text.includes(word) : String(columns[key] ?? '').toLowerCase() === word.slice(colon + 1);
  });
}

/** Whether a participant's column is shown: not what stands in the list anyway, nor how it was computed; `key:word` finds that, too. */
export function isShown(name) {
  return !/^(participant_id|subject|image|predicted|status|reason|models|regions_from)$|^(score|probability|alignment|outside_head)(_|$)/.test(name);
}

class Cohort {
  constructor(scans) {
    this.scans = scans.map((scan) => ({ ...scan, text: textOf(scan) }));
    this.extra = [...new Set(scans.flatMap((scan) => Object.keys(scan.columns)))].filter((name) => isShown(name) && scans.some((scan) => scan.columns[name] !== null));
    this.sort = { key: 'stem', isDown: false };
    this.words = [];
    this.method = scans[0]?.methods[0]?.id;
    this.methods = [...new Set(scans.flatMap((scan) => scan.methods.map((method) => method.id)))];
    this.head = element('tr');
    this.body = element('tbody');
    this.status = element('p', { class: 'hint', role: 'status' });
  }

  get columns() {
    return [
      { key: 'picture', title: '' }, { key: 'stem', title: 'Scan', read: (scan) => scan.stem },
      ...this.extra.map((name) => ({ key: `columns.${name}`, title: name.replaceAll('_', ' '), read: (scan) => scan.columns[name] })),
      { key: 'predicted', title: 'Answer', read: (scan) => scan.predicted ?? scan.score },
      { key: 'probability', title: 'Probability', isNumber: true, read: (scan) => scan.probability },
      { key: 'strongest', title: 'Strongest regions', read: (scan) => this.methodOf(scan)?.strongest[0]?.[0] },
      { key: 'share', title: 'Share of the first', isNumber: true, read: (scan) => this.methodOf(scan)?.strongest[0]?.[1] },
    ];
  }

  methodOf(scan) { return scan.methods.find((method) => method.id === this.method); }

  draw() {
    const { columns, sort } = this;
    fill(this.head, columns.map((column) => this.header(column)));
    const read = columns.find((column) => column.key === sort.key)?.read ?? ((scan) => scan.stem);
    const found = this.scans.filter((scan) => matches(scan.text, scan.columns, this.words));
    found.sort((a, b) => (sort.isDown ? -1 : 1) * compare(read(a), read(b)) || compare(a.stem, b.stem));
    fill(this.body, found.map((scan) => this.row(scan)));
    fill(this.status, `${found.length} of ${this.scans.length} scans`);
  }

  header(column) {
    if (!column.read) return element('th', { scope: 'col' }, element('span', { class: 'unseen' }, 'Picture'));
    const isSorted = this.sort.key === column.key;
    const turn = () => {
      this.sort = { key: column.key, isDown: isSorted ? !this.sort.isDown : column.isNumber === true };
      this.draw();
      this.head.querySelector(`[data-column="${CSS.escape(column.key)}"]`)?.focus();
    };
    return element('th', { scope: 'col', class: column.isNumber ? 'number' : 'text', 'aria-sort': isSorted ? (this.sort.isDown ? 'descending' : 'ascending') : 'none' },
      element('button', { type: 'button', onclick: turn, dataset: { column: column.key } }, column.title,
        element('span', { 'aria-hidden': 'true' }, isSorted ? (this.sort.isDown ? ' ↓' : ' ↑') : '')));
  }

  row(scan) {
    const picture = scan.picture ? element('img', { src: scan.picture, alt: '', loading: 'lazy', decoding: 'async', width: 180, height: 64 }) : null;
    const name = scan.page ? element('a', { href: scan.page }, scan.stem) : scan.stem;
    const method = this.methodOf(scan);
    return element('tr', { dataset: { scan: scan.stem } },
      element('td', { class: 'picture' }, picture && scan.page ? element('a', { href: scan.page, tabindex: '-1', 'aria-hidden': 'true' }, picture) : picture),
      element('th', { scope: 'row', class: 'text' }, name, scan.fault ? element('span', { class: 'fault' }, scan.fault) : null),
      this.extra.map((column) => element('td', { class: 'text' }, scan.columns[column] ?? 'n/a')),
      element('td', { class: 'text' }, scan.predicted ?? short(scan.score)),
      element('td', { class: 'number' }, scan.probability === null ? 'n/a' : probability(scan.probability)),
      element('td', { class: 'text regions-cell' }, method?.strongest.map(([region]) => region.replaceAll('_', ' ')).join(', ') ?? ''),
      element('td', { class: 'number' }, method?.strongest.length ? percent(method.strongest[0][1]) : 'n/a'));
  }

  controls() {
    const filter = element('input', { type: 'search', id: 'scan-filter', placeholder: 'ad, group:cn, hippocampus …', autocomplete: 'off', size: 28,
      oninput: () => { this.words = filter.value.toLowerCase().split(/\s+/).filter(Boolean); this.draw(); } });
    const method = element('select', { id: 'cohort-method', onchange: () => { this.method = method.value; this.draw(); } },
      this.methods.map((id) => element('option', { value: id }, id)));
    return [element('label', { for: 'scan-filter' }, 'Filter'), filter, element('label', { for: 'cohort-method' }, 'Regions by'), method, this.status];
  }
}

/** All that a filter looks into. */
function textOf(scan) {
  return [scan.stem, scan.image, scan.predicted, scan.target, ...Object.values(scan.columns), ...scan.methods.flatMap((method) => method.strongest.map(([region]) => `${region} ${region.replaceAll('_', ' ')}`))]
    .filter(Boolean).join(' ').toLowerCase();
}

if (typeof document !== 'undefined') {
  const cohort = new Cohort(JSON.parse(byId('data').textContent).scans);
  fill(byId('theme'), themeSwitch());
  fill(byId('filter'), cohort.controls());
  fill(byId('list'), element('table', { class: 'cohort' }, element('thead', {}, cohort.head), cohort.body));
  cohort.draw();
}
