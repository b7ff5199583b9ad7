// Numbers and coordinates as a reader reads them.

const superscripts = { '-': '⁻', 0: '⁰', 1: '¹', 2: '²', 3: '³', 4: '⁴', 5: '⁵', 6: '⁶', 7: '⁷', 8: '⁸', 9: '⁹' };

/** A value with three significant digits: 0.0123, 12.3, 1.23 × 10⁻⁵; a real minus. */
export function short(value, digits = 3) {
  if (value === null || value === undefined || Number.isNaN(value)) return 'n/a';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e-3 && size < 1e5) return minus(trimmed(value.toPrecision(digits)));
  const [mantissa, power] = value.toExponential(digits - 1).split('e');
  const exponent = [...String(Number(power))].map((sign) => superscripts[sign]).join('');
  return `${minus(trimmed(mantissa))} × 10${exponent}`;
}

/** The power of ten by which a column of values is told, so that its largest has one digit before the point; 0: none is needed. */
export function commonPower(values) {
  const largest = Math.max(...values.filter(Number.isFinite).map(Math.abs), 0);
  if (largest === 0) return 0;
  const power = Math.floor(Math.log10(largest));
  return power >= -2 && power < 4 ? 0 : power;
}

/** A value in units of a power of ten, to three places at most. */
export function scaled(value, power) {
  if (value === null || value === undefined) return 'n/a';
  const number = value / 10 ** power;
  const size = Math.abs(number);
  return minus(number.toFixed(size >= 99.5 ? 0 : size >= 9.95 ? 1 : size >= 0.995 ? 2 : 3));
}

/** The power of ten in a column's title. */
export function powerText(power) {
  return power === 0 ? '' : ` × 10${[...String(power)].map((sign) => superscripts[sign]).join('')}`;
}

/** toPrecision may answer 1.2e+4. */
function trimmed(text) {
  return text.includes('e') ? String(Number(text)) : text;
}

/** A hyphen becomes a minus. */
export function minus(text) {
  return text.replace('-', '−');
}

/** A part of one as a percentage: 3.6 %, 0.04 %, < 0.01 %. */
export function percent(part) {
  if (part === null || part === undefined || Number.isNaN(part)) return 'n/a';
  const value = 100 * part;
  const size = Math.abs(value);
  if (value === 0) return '0 %';
  if (size < 0.01) return '< 0.01 %';
  return `${minus(value.toFixed(size >= 9.95 ? 0 : size >= 0.995 ? 1 : 2))} %`;
}

/** A probability to three places; those that only round to 0 or 1 say so. */
export function probability(p) {
  if (p > 0 && p < 0.0005) return '< 0.001';
  if (p < 1 && p > 0.9995) return '> 0.999';
  return p.toFixed(3);
}

/** Millimetres to a tenth at most. */
export function millimetres(value) {
  return minus(String(Math.round(value * 10) / 10 + 0));
}

/** A volume in mm³, or cm³ from a thousand on. */
export function volumeText(cubicMillimetres) {
  return cubicMillimetres >= 1000 ? `${short(cubicMillimetres / 1000)} cm³` : `${short(cubicMillimetres)} mm³`;
}
