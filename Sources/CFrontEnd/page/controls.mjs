// What a reader can set.
import { element, fill } from './dom.mjs';
import { millimetres, percent, short, volumeText } from './numbers.mjs';
import { unitOf } from './words.mjs';

/** The switch of methods: buttons of which one is pressed. */
export function methodSwitch(model) {
  const buttons = model.methods.map((method) => element('button', {
    type: 'button', dataset: { method: method.id }, onclick: () => model.select(method.id),
  }, titleOf(method, model.methods)));
  const update = () => buttons.forEach((button) => button.setAttribute('aria-pressed', String(button.dataset.method === model.state.method)));
  model.listen((changed) => changed.has('method') && update());
  update();
  return element('div', { class: 'methods', role: 'group', 'aria-label': 'Method' }, buttons);
}

/** A method's caption, with the target where there are several. */
export function titleOf(method, methods) {
  const targets = new Set(methods.map((one) => one.record.target.name));
  return targets.size > 1 ? `${method.caption} · ${method.record.target.name}` : method.caption;
}

/** A slider with its value in words. */
function slider(id, title, { min, max, step, value }, read, set) {
  const words = element('output', { for: id });
  const input = element('input', { type: 'range', id, min, max, step, value, oninput: () => { set(Number(input.value)); show(); } });
  const show = () => {
    const text = read(Number(input.value));
    fill(words, text);
    input.setAttribute('aria-valuetext', text);
  };
  return { row: element('div', { class: 'control' }, element('label', { for: id }, title), input, words), show, input };
}

function tick(id, title, key, model) {
  const input = element('input', { type: 'checkbox', id, onchange: () => model.set({ [key]: input.checked }) });
  input.checked = model.state[key];
  return element('label', { class: 'tick', for: id }, input, title);
}

/** All settings beside the method. */
export function controls(model) {
  const threshold = slider('threshold', 'Threshold', { min: 0, max: 100, step: 0.5, value: 0 }, (value) => {
    if (value === 0) return 'none';
    return `${short(model.threshold(model.method))} (${value} %)`;
  }, (value) => model.set({ threshold: value / 100 }));
  // Sizes from 1 mm³ on in equal ratios.
  const sizeOf = (value) => (value === 0 ? 0 : 10 ** (value / 20));
  const smallest = slider('cluster', 'Smallest cluster', { min: 0, max: 100, step: 1, value: 0 },
    (value) => (value === 0 ? 'any' : volumeText(Number(sizeOf(value).toPrecision(2)))),
    (value) => model.set({ smallest: value === 0 ? 0 : Number(sizeOf(value).toPrecision(2)) }));
  const opacity = slider('opacity', 'Opacity', { min: 0, max: 100, step: 5, value: 100 * model.state.opacity },
    (value) => percent(value / 100), (value) => model.set({ opacity: value / 100 }));
  const colours = element('select', { id: 'colours', onchange: () => model.set({ colours: colours.value }) },
    element('option', { value: 'automatic' }, 'automatic'),
    Object.keys(model.data.colours).map((name) => element('option', { value: name }, name)));
  const side = element('select', { id: 'convention', onchange: () => model.set({ isRadiological: side.value === 'radiological' }) },
    element('option', { value: 'neurological' }, 'left is left (neurological)'),
    element('option', { value: 'radiological' }, 'left is right (radiological)'));
  const update = () => [threshold, smallest, opacity].forEach((one) => one.show());
  model.listen((changed) => ['method', 'isShared'].some((key) => changed.has(key)) && update());
  update();
  return element('div', { class: 'controls' }, threshold.row, smallest.row, opacity.row,
    element('div', { class: 'control' }, element('label', { for: 'colours' }, 'Colours'), colours),
    element('div', { class: 'control' }, element('label', { for: 'convention' }, 'Sides'), side),
    element('div', { class: 'ticks' },
      model.labels ? tick('contours', 'Outlines of all regions', 'hasContours', model) : null,
      model.methods.length > 1 ? tick('beside', 'Methods side by side', 'isBeside', model) : null,
      model.methods.length > 1 ? tick('scale', 'One scale for all methods of a kind', 'isShared', model) : null));
}

/** Where the crosshair is and what is there. */
export class Readout {
  constructor(model) {
    this.model = model;
    this.region = element('strong', { class: 'place' });
    this.relevance = element('span');
    this.rest = element('span', { class: 'hint' });
    this.jump = element('input', {
      type: 'text', id: 'jump', inputmode: 'text', size: '14', placeholder: 'x y z', autocomplete: 'off', 'aria-label': 'Go to x y z in mm',
      onkeydown: (event) => event.key === 'Enter' && this.go(),
    });
    this.box = element('div', { class: 'readout' },
      element('div', { class: 'now', role: 'status' }, this.region, this.relevance, this.rest),
      element('div', { class: 'go' }, this.jump, element('button', { type: 'button', onclick: () => this.go() }, 'Go')));
  }

  go() {
    const numbers = this.jump.value.replaceAll('−', '-').split(/[\s,;]+/).filter(Boolean).map(Number);
    if (numbers.length === 3 && numbers.every(Number.isFinite)) {
      this.jump.removeAttribute('aria-invalid');
      this.model.goTo(...numbers);
    } else this.jump.setAttribute('aria-invalid', 'true');
  }

  draw() {
    const { model } = this;
    const relevance = model.relevanceOf(model.current);
    const anatomy = model.anatomyValue;
    fill(this.region, model.regionName ? model.regionName.replaceAll('_', ' ') : model.labels ? 'no region' : 'crosshair');
    fill(this.relevance, `relevance ${short(relevance)} (${unitOf(model.method.record)})`);
    const [x, y, z] = model.mm.map(millimetres);
    fill(this.rest, `${x}, ${y}, ${z} mm · voxel ${model.state.voxel.join(', ')}`, anatomy === null ? '' : ` · intensity ${short(anatomy, 4)}`);
  }
}
