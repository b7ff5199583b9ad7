// What methods, checks and values mean, in plain words. No medical claims: a map tells of a network, not of a patient.
import { percent, probability, short } from './numbers.mjs';

const families = [
  [/^(saliency|smoothgrad|smoothgrad-squared|vargrad)$/, 'how much the score would change with a small change of each voxel',
    'A strong value says that the score is sensitive there, not that the value found there speaks for the answer.'],
  [/^(gradient-x-input|integrated-gradients|expected-gradients|deeplift)$/, 'each voxel’s share in the score, measured from a baseline',
    'Shares depend on the baseline: a voxel that equals it gets none, whatever the network thinks of it.'],
  [/^(guided-backprop|deconvnet|guided-grad-cam)$/, 'fine detail that drives active units',
    'These maps show what the image looks like to the network more than why it chose this class.'],
  [/cam/, 'where a layer’s activations speak for the class',
    'The map is as coarse as that layer’s cells: a structure smaller than a cell cannot be told from its neighbours.'],
  [/^lrp$/, 'the score, shared out over the voxels layer by layer',
    'Where rules change, so do shares: the composite is part of the answer.'],
  [/^occlusion$/, 'how much the score falls when a window around each voxel is blanked',
    'A blanked window can itself look like something to the network; detail smaller than the window is not resolved.'],
  [/^region-(occlusion|interaction)$/, 'how much the score falls when a whole region is blanked',
    'A blanked region can itself look like something to the network; large regions have more to lose.'],
  [/^(lime|kernel-shap|shapley-sampling)$/, 'each region’s share in the score, from many images with regions blanked',
    'Shares are estimates, and depend on what blanked regions are filled with.'],
  [/^rise$/, 'where the score stays high when random masks let a place through',
    'An average over random masks: weak values are noise.'],
];

/** What a method's map answers, and when it misleads. */
export function methodWords(name) {
  const found = families.find(([pattern]) => pattern.test(name));
  return found ? { answers: found[1], misleads: found[2] } : { answers: 'what the record says of it', misleads: '' };
}

/** What a value's sign means for the target. */
export function signWords(record) {
  const target = record.target.name;
  if (record.method === 'saliency' || record.method.startsWith('smoothgrad') || record.method === 'vargrad') {
    return `Values are slopes: above 0, the score of ${target} rises with the voxel’s intensity.`;
  }
  return `Above 0 speaks for ${target}, below 0 against it.`;
}

/** What the value is counted in. */
export function unitOf(record) {
  return record.probabilities ? record.score : 'score';
}

/** What a strong value in a region does and does not mean. */
export function regionWords(region, record) {
  const target = record.target.name;
  return [
    `A strong value in ${region} means that this network’s score for ${target} depends on the voxels there, as ${record.method} measures it.`,
    'It does not mean that the region is ill, nor that a weak value elsewhere is a sign of health. A network may look at a region because of what '
      + 'lies beside it, because of how the scan was made, or because of who was in its training data.',
    'Before reading much into one region, see whether another method names it too, and whether it stays when the scan is a little different.',
  ];
}

const rank = { good: 0, info: 1, caution: 2, problem: 3 };

/** The gravest level among checks. */
export function gravest(checks) {
  return checks.reduce((worst, check) => (rank[check.level] > rank[worst] ? check.level : worst), 'good');
}

/** What speaks for and against trusting a map: { level: good|info|caution|problem, title, text }. */
export function checksOf(method) {
  const { record } = method;
  return [
    adding(record), standing(record), air(method.inAir), cells(record), certain(record), estimated(record), empty(method),
  ].filter(Boolean);
}

/** Whether the map's parts add up to what is explained. */
function adding(record) {
  const { facts } = record;
  const sum = record.sum_of_relevance;
  const residual = facts.completeness_residual ?? facts.additivity_residual;
  if (typeof facts.relevance_of_outputs === 'number' && typeof facts.relevance_of_input === 'number') {
    return compared(facts.relevance_of_input, facts.relevance_of_outputs, 'the network’s output');
  }
  if (typeof residual === 'number') return compared(sum, sum - residual, 'the change of the score that it explains');
  return {
    level: 'info', title: 'Σ relevance is not the score',
    text: `Σ relevance is ${short(sum)}, the ${unitOf(record)} ${short(record.score_value)}: values of this method do not add up to the score, so read them against each other.`,
  };
}

function compared(sum, wanted, what) {
  const off = Math.abs(sum - wanted) / Math.max(Math.abs(wanted), 1e-12);
  const text = `Σ relevance is ${short(sum, 4)}, ${what} ${short(wanted, 4)}`;
  if (off <= 0.05) return { level: 'good', title: 'Adds up', text: `${text}: the map accounts for all of it (within ${percent(off)}).` };
  return {
    level: off > 0.5 ? 'problem' : 'caution', title: 'Does not add up',
    text: `${text}: ${percent(off)} of it is lost or made on the way, so shares are rough.`,
  };
}

/** Whether the scan lies where the atlas is. */
function standing(record) {
  const { overlap, distance_mm: distance } = record.alignment;
  if (typeof distance === 'number' && distance > 8) {
    return {
      level: 'problem', title: 'Scan and atlas do not meet',
      text: `The brain lies about ${Math.round(distance)} mm from where it should: the names of regions are wrong. Register the scan first.`,
    };
  }
  if (typeof overlap === 'number' && overlap < 0.8 && typeof distance !== 'number') {
    return {
      level: 'caution', title: 'Scan and atlas hardly meet',
      text: `Only ${percent(overlap)} of the atlas lies on the head: names of regions may be wrong.`,
    };
  }
  if (typeof overlap === 'number') {
    const off = typeof distance === 'number' ? `, the brain is ${short(distance, 2)} mm from its place on average` : '';
    return { level: 'good', title: 'Scan and atlas meet', text: `${percent(overlap)} of the atlas lies on the head${off}.` };
  }
  return record.atlas ? null : { level: 'info', title: 'No atlas', text: 'Without an atlas, places have coordinates but no names.' };
}

/** Relevance where there is no head. */
function air(share) {
  if (typeof share !== 'number') return null;
  const text = `${percent(share)} of all relevance lies in the air, more than 4 mm from the head.`;
  if (share > 0.2) return { level: 'problem', title: 'Much relevance outside of the head', text: `${text} The network looks at the background, or the map is too coarse to follow the head.` };
  if (share > 0.05) return { level: 'caution', title: 'Relevance outside of the head', text: `${text} A network should have nothing to find there.` };
  return { level: 'good', title: 'Within the head', text };
}

/** The size of a CAM's cells. */
function cells(record) {
  const edges = [record.facts.layer_cell_mm].flat().filter((edge) => typeof edge === 'number');
  if (edges.length === 0) return null;
  const size = edges.map((edge) => short(edge)).join(' × ');
  return {
    level: Math.max(...edges) > 10 ? 'caution' : 'info', title: 'Coarse cells',
    text: `One value stands for a cell of ${size} mm of the layer ${record.facts.layer ?? ''}; anything finer was drawn by interpolation.`,
  };
}

/** A probability that has no room left. */
function certain(record) {
  if (!record.probabilities) return null;
  const most = Math.max(...record.probabilities);
  if (most < 0.999) return null;
  const text = `The network answers with ${probability(most)}.`;
  if (record.score !== 'probability') return { level: 'info', title: 'Very certain answer', text: `${text} The logit is explained, which still has room.` };
  return { level: 'caution', title: 'Saturated answer', text: `${text} So near to certainty a probability hardly moves whatever is changed; explain the logit (--score logit) instead.` };
}

/** How uncertain an estimate is. */
function estimated(record) {
  const error = record.facts.standard_error_max;
  if (typeof error !== 'number') return null;
  return { level: 'info', title: 'An estimate', text: `Sampled: the standard error is at most ${short(error)}.` };
}

function empty(method) {
  return method.scale.isEmpty ? { level: 'problem', title: 'Nothing in the map', text: 'Every voxel is 0.' } : null;
}
