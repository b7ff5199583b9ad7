// Puts the page together; `window.pellucid` is what tests and scripts rely on.
import { Finding, Provenance, RegionCard, Trust, answer } from './about.mjs';
import { ColourBar, Histogram, SliceCurve } from './charts.mjs';
import { Readout, controls, methodSwitch, titleOf } from './controls.mjs';
import { add, byId, element, fill } from './dom.mjs';
import { Model } from './model.mjs';
import { Montage } from './montage.mjs';
import { PlaneView } from './plane.mjs';
import { planes } from './slices.mjs';
import { ClusterList, RegionTable } from './tables.mjs';
import { themeSwitch } from './theme.mjs';

const data = JSON.parse(byId('data').textContent);
export const model = new Model(data);

let redraw = () => {};

/** Each plane with its slices' curve and a slider, which is the plane's own way for keyboards. */
function planeFigure(view, curve) {
  const { plane } = view;
  const axis = model.orientation.axes[plane.across];
  const place = element('input', {
    type: 'range', min: 0, max: model.scan.shape[axis] - 1, step: 1, 'aria-label': `Slice of the ${plane.name} plane`, class: 'slice-slider',
    oninput: () => {
      const voxel = [...model.state.voxel];
      voxel[axis] = model.orientation.signs[plane.across] > 0 ? Number(place.value) : model.scan.shape[axis] - 1 - Number(place.value);
      model.goToVoxel(voxel);
    },
  });
  const update = () => {
    const slice = model.state.voxel[axis];
    place.value = model.orientation.signs[plane.across] > 0 ? slice : model.scan.shape[axis] - 1 - slice;
  };
  update();
  model.listen((changed) => changed.has('voxel') && update());
  return element('figure', { class: plane.name }, view.canvas, curve.canvas, place);
}

/** All methods on the same planes. */
function besideRows(box, views) {
  const draw = async () => {
    box.hidden = !model.state.isBeside;
    if (box.hidden) { views.length = 0; fill(box); return; }
    for (const method of model.methods) await model.layer(method.id);
    views.length = 0;
    fill(box, model.methods.map((method) => {
      const own = planes.map((plane) => new PlaneView(model, plane, () => model.layers.get(method.id), { isSmall: true }));
      views.push(...own);
      return element('figure', {}, element('figcaption', {}, titleOf(method, model.methods)), element('div', {}, own.map((view) => view.canvas)));
    }));
  };
  model.listen((changed) => changed.has('isBeside') && draw());
}

function start() {
  byId('loading').remove();
  byId('page').hidden = false;
  const views = planes.map((plane) => new PlaneView(model, plane, () => model.current));
  const curves = planes.map((plane) => new SliceCurve(model, plane));
  const small = [];
  const [readout, table, list] = [new Readout(model), new RegionTable(model), new ClusterList(model)];
  const [bar, bins, montage] = [new ColourBar(model), new Histogram(model), new Montage(model)];
  const [finding, trust, card, provenance] = [new Finding(model), new Trust(model), new RegionCard(model), new Provenance(model)];
  fill(byId('answer'), answer(model));
  fill(byId('theme'), themeSwitch(() => redraw()));
  fill(byId('finding'), finding.box);
  fill(byId('trust'), trust.box);
  fill(byId('switch'), methodSwitch(model));
  fill(byId('planes'), views.map((view, place) => planeFigure(view, curves[place])));
  add(byId('settings'), [bar.canvas, controls(model)]);
  fill(byId('readout'), readout.box);
  add(byId('regions'), [element('div', { class: 'filter' }, element('label', { for: 'region-filter' }, 'Filter'), table.filter, table.count), table.box]);
  add(byId('clusters'), [list.note, element('div', { class: 'scroll', role: 'region', 'aria-label': 'Clusters' }, list.table)]);
  add(byId('histogram'), [bins.canvas]);
  fill(byId('region'), card.box);
  fill(byId('montage'), montage.box);
  fill(byId('provenance'), provenance.box);
  besideRows(byId('side-by-side'), small);
  if (model.orientation.isOblique) byId('oblique').hidden = false;

  let later;
  const pictures = () => [...views, ...small, ...curves].forEach((view) => view.draw());
  const map = () => [bar, bins, finding, trust, provenance, table].forEach((view) => view.draw());
  redraw = () => { pictures(); map(); readout.draw(); list.draw(); card.draw(); montage.request(); };
  let isDue = false;
  model.listen((changed) => {
    const has = (...keys) => keys.some((key) => changed.has(key));
    if (has('method', 'isShared', 'colours', 'threshold')) { bar.draw(); bins.draw(); }
    if (has('method')) { [finding, trust, provenance, table].forEach((view) => view.draw()); }
    if (has('voxel', 'method')) readout.draw();
    if (has('voxel', 'region')) table.mark();
    if (has('voxel') && !has('region')) { clearTimeout(later); later = setTimeout(() => table.reveal(), 120); }
    if (has('voxel', 'region', 'method')) card.draw();
    if (has('method', 'threshold', 'smallest', 'isShared')) { clearTimeout(list.timer); list.timer = setTimeout(() => list.draw(), 80); }
    if (has('method', 'threshold', 'smallest', 'opacity', 'colours', 'isShared', 'isRadiological')) montage.request();
    if (!isDue) {
      isDue = true;
      requestAnimationFrame(() => { isDue = false; pictures(); });
    }
  });
  document.addEventListener('keydown', (event) => {
    if (event.target.closest?.('input:not([type=checkbox]), select, textarea') || event.ctrlKey || event.metaKey || event.altKey) return;
    const name = event.target.dataset?.plane ?? 'axial';
    if (views.find((view) => view.plane.name === name).key(event.key)) event.preventDefault();
  });
  window.addEventListener('beforeprint', () => { montage.isDue = true; montage.drawIfDue(); });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => redraw());
  // Where relevance is strongest, there a reader wants to begin.
  const first = model.rows.get(model.state.method)?.filter((row) => !row.isOutside && row.abs_share > 0).sort((a, b) => b.abs_share - a.abs_share)[0];
  if (first && typeof first.peak_x_mm === 'number') model.goTo(first.peak_x_mm, first.peak_y_mm, first.peak_z_mm);
  redraw();
}

/** A browser that lacks what the page needs is told so, in place of a page that stays empty. */
function fail(error) {
  const lacks = typeof DecompressionStream === 'undefined';
  fill(byId('loading'), lacks ? 'This browser is too old to unpack the volumes: Chrome 80, Firefox 113, Safari 16.4 or later can.' : `The page is damaged: ${error.message}`);
  byId('loading').setAttribute('role', 'alert');
}

export const ready = model.load().then(start);
ready.catch(fail);

window.pellucid = {
  ready,
  methods: model.methods.map((method) => method.id),
  select: (id) => model.select(id),
  goTo: (x, y, z) => model.goTo(x, y, z),
  get state() {
    return {
      method: model.state.method, mm: model.mm, voxel: [...model.state.voxel], anatomy: model.anatomyValue, relevance: model.relevanceOf(model.current),
      region: model.regionName, threshold: model.threshold(model.method),
    };
  },
};
