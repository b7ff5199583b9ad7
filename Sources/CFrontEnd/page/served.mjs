// What a page gains when it is served with a network at hand: lesions to try, further methods, the folder's other scans.
import { add, byId, element, fill } from './dom.mjs';
import { model, ready } from './main.mjs';
import { millimetres, probability, short } from './numbers.mjs';

/** The page's own address, behind which stands what it asks. */
const own = location.pathname.replace(/\/?$/, '/');

/** Asks the server; an error carries its line. */
async function ask(path, body) {
  const answer = await fetch(own + path, body === undefined ? {} : { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  const json = await answer.json();
  if (!answer.ok) throw new Error(json.error ?? answer.statusText);
  return json;
}

/** Tried lesions: a table that can be undone and kept. */
class Lesions {
  constructor(facts) {
    this.tried = [];
    this.radius = element('input', { type: 'number', id: 'lesion-radius', min: 1, max: 60, step: 1, value: 8 });
    this.fill = element('select', { id: 'lesion-fill' }, facts.fills.map((name) => element('option', { value: name }, name)));
    this.button = element('button', { type: 'button', id: 'lesion-try', onclick: () => this.attempt() }, 'Try at the crosshair');
    this.undo = element('button', { type: 'button', id: 'lesion-undo', disabled: true, onclick: () => { this.tried.pop(); this.draw(); } }, 'Undo');
    this.keep = element('button', { type: 'button', id: 'lesion-export', disabled: true, onclick: () => this.save() }, 'Save as TSV');
    this.status = element('p', { class: 'hint', role: 'status' });
    this.body = element('tbody');
    const titles = ['Place', 'Centre, mm', 'Radius', 'Fill', 'Before', 'After', 'Change'];
    this.box = element('section', { class: 'panel', id: 'lesions' }, element('h2', {}, 'What if a sphere were something else?'),
      element('div', { class: 'filter' }, element('label', { for: 'lesion-radius' }, 'Radius, mm'), this.radius, element('label', { for: 'lesion-fill' }, 'Fill'), this.fill, this.button, this.undo, this.keep),
      this.status, element('table', {}, element('thead', {}, element('tr', {}, titles.map((title, place) => element('th', { scope: 'col', class: place > 3 ? 'number' : 'text' }, title)))), this.body));
  }

  async attempt() {
    const [at, region] = [model.mm, model.regionName];
    this.button.disabled = true;
    fill(this.status, 'Asking the network …');
    try {
      const lesion = await ask('lesion', { at, radius: Number(this.radius.value), fill: this.fill.value });
      this.tried.push({ ...lesion, region });
      fill(this.status, `${lesion.voxels} voxels of the network’s grid were changed; the ${lesion.score} of ${lesion.target} ${lesion.score_drop >= 0 ? 'falls' : 'rises'} by ${short(Math.abs(lesion.score_drop))}.`);
    } catch (error) { fill(this.status, error.message); }
    this.button.disabled = false;
    this.draw();
  }

  draw() {
    model.spheres = this.tried.map((one) => ({ mm: one.at, radius: one.radius_mm }));
    const words = (one, value) => (one.score === 'probability' ? probability(value) : short(value, 4));
    fill(this.body, this.tried.map((one) => element('tr', { class: 'lesion', onclick: () => model.goTo(...one.at) },
      element('td', {}, one.region?.replaceAll('_', ' ') ?? 'no region'), element('td', {}, one.at.map(millimetres).join(', ')), element('td', {}, `${one.radius_mm} mm`), element('td', {}, one.fill),
      element('td', { class: 'number' }, words(one, one.score_before)), element('td', { class: 'number' }, words(one, one.score_after)),
      element('td', { class: 'number' }, `${one.score_drop < 0 ? '+' : ''}${short(-one.score_drop)}`))));
    this.undo.disabled = this.keep.disabled = this.tried.length === 0;
    model.set({ lesions: this.tried.length });
  }

  save() {
    const columns = ['image', 'region', 'x_mm', 'y_mm', 'z_mm', 'radius_mm', 'voxels', 'fill', 'target', 'score', 'score_before', 'score_after', 'score_drop'];
    const clean = (value) => (value === null || value === undefined ? 'n/a' : String(value).replaceAll(/[\t\n\r]/g, ' '));
    const lines = this.tried.map((one) => columns.map((name) => clean('xyz'.includes(name[0]) && name.endsWith('_mm') && name.length === 4 ? one.at['xyz'.indexOf(name[0])] : one[name])).join('\t'));
    const link = element('a', { href: URL.createObjectURL(new Blob([`${columns.join('\t')}\n${lines.join('\n')}\n`], { type: 'text/tab-separated-values' })), download: `${model.data.stem}_lesions.tsv` });
    link.click();
    URL.revokeObjectURL(link.href);
  }
}

/** Further methods, with progress and a way to stop. */
class MoreMethods {
  constructor(facts) {
    this.name = element('select', { id: 'more-method' }, facts.methods.map((name) => element('option', { value: name }, name)));
    this.options = element('input', { type: 'text', id: 'more-options', placeholder: 'patch=20:stride=10', size: 22, autocomplete: 'off' });
    this.target = element('input', { type: 'text', id: 'more-target', value: model.method.record.target.name, size: 8, autocomplete: 'off' });
    this.run = element('button', { type: 'button', id: 'more-run', onclick: () => this.start() }, 'Explain');
    this.stop = element('button', { type: 'button', id: 'more-cancel', disabled: true, onclick: () => ask('cancel', {}) }, 'Cancel');
    this.bar = element('progress', { max: 1, value: 0, hidden: true, 'aria-label': 'Progress' });
    this.status = element('p', { class: 'hint', role: 'status', id: 'more-status' });
    this.box = element('section', { class: 'panel', id: 'more' }, element('h2', {}, 'Ask another method'),
      element('div', { class: 'filter' }, element('label', { for: 'more-method' }, 'Method'), this.name, element('label', { for: 'more-options' }, 'Options'), this.options,
        element('label', { for: 'more-target' }, 'Target'), this.target, this.run, this.stop, this.bar), this.status);
    this.listen();
  }

  async start() {
    const options = this.options.value.trim();
    try { await ask('explain', { method: options ? `${this.name.value}:${options}` : this.name.value, target: this.target.value.trim() }); } catch (error) { fill(this.status, error.message); }
  }

  /** What any tab has started, all tabs see. */
  listen() {
    const socket = new WebSocket(`ws://${location.host}${own}events`);
    socket.onmessage = ({ data }) => this.show(JSON.parse(data));
    socket.onclose = () => fill(this.status, 'The viewer has ended.');
  }

  show(job) {
    const isRunning = job.state === 'running';
    this.run.disabled = isRunning;
    this.stop.disabled = !isRunning;
    this.bar.hidden = !isRunning;
    this.bar.value = job.total > 0 ? job.done / job.total : 0;
    if (isRunning) fill(this.status, `${job.method} for ${job.scan}: ${job.total > 0 ? `${job.done} of ${job.total}` : 'begun'}`);
    else if (job.state === 'cancelled') fill(this.status, `${job.method} was cancelled; nothing is left of it.`);
    else if (job.state === 'failed') fill(this.status, job.error);
    else if (job.state === 'done' && job.isNew && job.page === own) { location.hash = job.id; location.reload(); }
    else if (job.state === 'done') fill(this.status, `${job.method} for ${job.scan} is done.`);
  }
}

/** The folder's scans. */
function scanSwitch(facts) {
  if (facts.scans.length < 2) return null;
  const select = element('select', { id: 'scan', onchange: () => { location.href = select.value; } },
    facts.scans.map((scan) => element('option', { value: scan.page, selected: scan.page === own }, scan.stem)));
  return element('div', { class: 'filter' }, element('label', { for: 'scan' }, 'Scan'), select);
}

ready.then(async () => {
  const facts = await ask('facts');
  const asked = decodeURIComponent(location.hash.slice(1));
  if (model.methods.some((method) => method.id === asked)) await model.select(asked);
  const others = scanSwitch(facts);
  if (others) byId('theme').before(others);
  if (!facts.hasModel) return;
  const panels = element('div', { class: 'served' });
  document.querySelector('.viewer').after(panels);
  add(panels, [new Lesions(facts).box, new MoreMethods(facts).box]);
});
