// The region table and the list of clusters, linked with the crosshair both ways.
import { element, fill } from './dom.mjs';
import { apply, compose } from './grid.mjs';
import { commonPower, millimetres, percent, powerText, scaled, short, volumeText } from './numbers.mjs';
import { regionTitle, sideOf } from './summary.mjs';

const columns = [
  { key: 'name', title: 'Region', isText: true, cell: regionTitle },
  { key: 'hemisphere', title: 'Side', isText: true, cell: sideOf },
  { key: 'abs_share', title: 'Share', hint: 'Part of all |relevance|', cell: (row) => percent(row.abs_share) },
  { key: 'density', title: 'Density', hint: 'Share of relevance by share of volume: 1 is as much as anywhere', cell: (row) => (row.density === null ? 'n/a' : `${short(row.density, 2)} ×`) },
  { key: 'score_drop', title: 'Score drop', hint: 'What the score loses without the region', isScaled: true },
  { key: 'mean', title: 'Mean', hint: 'Mean relevance of a voxel', isScaled: true },
  { key: 'sum', title: 'Sum', hint: 'Sum of relevance', isScaled: true },
  { key: 'peak_value', title: 'Peak', hint: 'Value of largest magnitude', isScaled: true },
  { key: 'peak_x_mm', title: 'at x, y, z', hint: 'Where the peak is, mm', isText: true, cell: (row) => (typeof row.peak_x_mm === 'number' ? [row.peak_x_mm, row.peak_y_mm, row.peak_z_mm].map(millimetres).join(', ') : '') },
  { key: 'norm_z', title: 'z', hint: 'Distance from what the reference group leads to expect, in its standard deviations', cell: (row) => short(row.norm_z, 2) },
  { key: 'norm_percentile', title: 'Percentile', hint: 'How many of a hundred references have less', cell: (row) => short(row.norm_percentile, 3) },
  { key: 'volume_mm3', title: 'Volume', cell: (row) => volumeText(row.volume_mm3) },
];

export class RegionTable {
  constructor(model) {
    this.model = model;
    this.sort = { key: 'abs_share', isDown: true };
    this.words = '';
    this.head = element('tr');
    this.body = element('tbody');
    this.table = element('table', { class: 'regions' }, element('thead', {}, this.head), this.body);
    this.count = element('p', { class: 'hint', role: 'status' });
    this.filter = element('input', {
      type: 'search', id: 'region-filter', placeholder: 'hippo, left …', autocomplete: 'off',
      oninput: () => { this.words = this.filter.value; this.draw(); },
    });
    this.box = element('div', { class: 'scroll', role: 'region', 'aria-label': 'Regions' }, this.table);
  }

  /** The columns that the method's table has. */
  shown(rows) {
    return columns.filter((column) => rows.some((row) => row[column.key] !== undefined)).map((column) => {
      if (!column.isScaled) return column;
      const power = commonPower(rows.filter((row) => !row.isOutside).map((row) => row[column.key]));
      return { ...column, title: column.title + powerText(power), cell: (row) => scaled(row[column.key], power) };
    });
  }

  /** Rows in order, those that match the filter. */
  ordered(rows) {
    const words = this.words.toLowerCase().split(/\s+/).filter(Boolean);
    const isWanted = (row) => words.every((word) => `${regionTitle(row)} ${row.name} ${sideOf(row)}`.toLowerCase().includes(word));
    const { key, isDown } = this.sort;
    const isText = rows.some((row) => typeof row[key] === 'string');
    const value = (row) => row[key];
    return rows.filter(isWanted).sort((a, b) => {
      if (a.isOutside !== b.isOutside) return a.isOutside - b.isOutside; // The outside is no region: it stands last.
      const [x, y] = [value(a), value(b)];
      if (x === null || y === null) return (x === null) - (y === null);
      const order = isText ? String(x).localeCompare(String(y)) : x - y;
      return isDown ? -order : order;
    });
  }

  draw() {
    const { model } = this;
    const rows = model.rows.get(model.state.method);
    this.box.hidden = !rows;
    if (!rows) { fill(this.count, 'This result has no region table: explain with an atlas for one.'); return; }
    const shown = this.shown(rows);
    fill(this.head, shown.map((column) => this.header(column)));
    const most = Math.max(...rows.filter((row) => !row.isOutside).map((row) => row.abs_share ?? 0), 1e-300);
    const ordered = this.ordered(rows);
    fill(this.body, ordered.map((row) => this.row(row, shown, most)));
    const regions = rows.filter((row) => !row.isOutside).length;
    const found = ordered.filter((row) => !row.isOutside).length;
    fill(this.count, this.words ? `${found} of ${regions} regions` : `${regions} regions`);
    this.mark();
  }

  header(column) {
    const { sort } = this;
    const isSorted = sort.key === column.key;
    const turn = () => {
      this.sort = { key: column.key, isDown: isSorted ? !sort.isDown : !column.isText };
      this.draw();
      this.head.querySelector(`[data-column="${column.key}"]`)?.focus();
    };
    return element('th', { scope: 'col', class: column.isText ? 'text' : 'number', 'aria-sort': isSorted ? (sort.isDown ? 'descending' : 'ascending') : 'none' },
      element('button', { type: 'button', onclick: turn, title: column.hint, dataset: { column: column.key } },
        column.title, element('span', { 'aria-hidden': 'true' }, isSorted ? (sort.isDown ? ' ↓' : ' ↑') : '')));
  }

  row(row, shown, most) {
    const cells = shown.map((column) => {
      if (column.key === 'name' && row.isOutside) return element('th', { scope: 'row', class: 'text' }, 'Outside of all regions');
      if (column.key === 'name') {
        const button = element('button', { type: 'button', class: 'link', onclick: (event) => { event.stopPropagation(); this.choose(row); } }, column.cell(row));
        return element('th', { scope: 'row', class: 'text' }, button);
      }
      const cell = element('td', { class: column.isText ? 'text' : 'number' }, column.cell(row));
      if (column.key === 'abs_share' && !row.isOutside) cell.style.setProperty('--part', `${(100 * (row.abs_share ?? 0)) / most}%`);
      if (column.key === 'abs_share' && !row.isOutside) cell.classList.add('share', row.sum < 0 ? 'against' : 'for');
      return cell;
    });
    if (row.isOutside) return element('tr', { class: 'outside' }, cells);
    return element('tr', { dataset: { region: row.name }, onclick: () => this.choose(row) }, cells);
  }

  /** Goes to a region's peak and outlines it. */
  choose(row) {
    this.model.set({ region: row.name });
    if (row.peak_x_mm !== null && row.peak_x_mm !== undefined) this.model.goTo(row.peak_x_mm, row.peak_y_mm, row.peak_z_mm);
  }

  /** Marks the row of the region under the crosshair and of the one that is chosen. */
  mark() {
    const here = this.model.regionName;
    for (const row of this.body.rows) {
      const name = row.dataset.region;
      row.classList.toggle('here', name !== undefined && name === here);
      row.classList.toggle('chosen', name !== undefined && name === this.model.state.region);
      if (name !== undefined && name === here) row.setAttribute('aria-current', 'location');
      else row.removeAttribute('aria-current');
    }
  }

  /** Brings the row under the crosshair into sight, within the table alone. */
  reveal() {
    const row = this.body.querySelector('.here');
    if (!row || this.box.clientHeight === 0) return;
    const [top, bottom] = [row.offsetTop - this.head.offsetHeight, row.offsetTop + row.offsetHeight];
    if (top < this.box.scrollTop) this.box.scrollTop = top;
    else if (bottom > this.box.scrollTop + this.box.clientHeight) this.box.scrollTop = bottom - this.box.clientHeight;
  }
}

/** The clusters above the threshold; where nothing is hidden, above the 99th percentile of what is not 0. */
export class ClusterList {
  constructor(model) {
    this.model = model;
    this.body = element('tbody');
    this.note = element('p', { class: 'hint' });
    [this.peakTitle, this.sumTitle] = [element('span'), element('span')];
    const titles = [['Peak in', 'text'], [this.peakTitle, 'number'], ['at x, y, z', 'text'], ['Size', 'number'], [this.sumTitle, 'number']];
    this.table = element('table', { class: 'clusters' },
      element('thead', {}, element('tr', {}, titles.map(([title, kind]) => element('th', { scope: 'col', class: kind }, title)))), this.body);
  }

  draw() {
    const { model } = this;
    const layer = model.current;
    const own = model.threshold(layer.method);
    const threshold = own > 0 ? own : strongPart(layer);
    const { clusters } = model.clusters(layer, threshold, model.state.smallest);
    const powers = [clusters.map((one) => one.peak[1]), clusters.map((one) => one.sum)].map((all) => commonPower(all.map((number) => number * layer.volume.step)));
    fill(this.peakTitle, `Peak${powerText(powers[0])}`);
    fill(this.sumTitle, `Sum${powerText(powers[1])}`);
    const named = compose(model.scanToVoxel, layer.volume.affine);
    fill(this.note, `${clusters.length} ${clusters.length === 1 ? 'cluster' : 'clusters'} of |relevance| from ${short(threshold)} on`,
      own > 0 ? '' : ' (the strongest hundredth)', model.state.smallest > 0 ? ` and ${volumeText(model.state.smallest)} in size` : '',
      clusters.length > 12 ? '; the 12 with the largest sums' : '');
    fill(this.body, clusters.slice(0, 12).map((cluster) => {
      const mm = apply(layer.volume.affine, cluster.peak[0]);
      const region = this.regionAt(apply(named, cluster.peak[0]));
      const go = () => { model.set({ region }); model.goTo(...mm); };
      return element('tr', { onclick: go },
        element('th', { scope: 'row', class: 'text' }, element('button', { type: 'button', class: 'link', onclick: (event) => { event.stopPropagation(); go(); } },
          region ? regionTitle({ name: region }) : 'no region')),
        element('td', { class: 'number' }, scaled(cluster.peak[1] * layer.volume.step, powers[0])),
        element('td', { class: 'text' }, mm.map(millimetres).join(', ')),
        element('td', { class: 'number' }, volumeText(cluster.voxels * layer.voxelVolume)),
        element('td', { class: 'number' }, scaled(cluster.sum * layer.volume.step, powers[1])));
    }));
  }

  regionAt(scanVoxel) {
    const { model } = this;
    if (!model.labels) return null;
    const [i, j, k] = apply(compose(model.gridToVoxel, [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0]), scanVoxel).map(Math.round);
    const { shape } = model.grid;
    if ([i, j, k].some((index, axis) => index < 0 || index >= shape[axis])) return null;
    return model.regions[model.labels.numbers[i + shape[0] * (j + shape[1] * k)]]?.name ?? null;
  }
}

/** The 99th percentile of |R| over what is not 0. */
function strongPart(layer) {
  if (layer.strong === undefined) {
    const counts = new Uint32Array(layer.most + 1);
    let all = 0;
    for (const number of layer.volume.numbers) {
      if (number === 0) continue;
      counts[Math.abs(number)]++;
      all++;
    }
    let above = 0;
    let number = layer.most;
    while (number > 1 && above + counts[number] <= 0.01 * all) above += counts[number--];
    layer.strong = number * layer.volume.step;
  }
  return layer.strong;
}
