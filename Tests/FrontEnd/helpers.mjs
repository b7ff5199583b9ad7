// What several tests of the front end's modules share.

/** Grids that scanners and converters write, as affines of 12 numbers. */
export const affines = {
  'RAS 1 mm': [1, 0, 0, -90, 0, 1, 0, -126, 0, 0, 1, -72],
  'LPI 2 mm': [-2, 0, 0, 90, 0, -2, 0, 108, 0, 0, -2, 90],
  'PSR 1 × 2 × 3 mm': [0, 0, 3, -40, -1, 0, 0, 60, 0, 2, 0, -30],
  'oblique 3 mm': [2.9344, -0.3119, -0.5403, -80.2, 0.3655, 2.9652, 0.2733, -110.4, 0.5054, -0.3331, 2.9383, -60.7],
};
