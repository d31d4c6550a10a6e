// @ts-check
/** What the page writes itself, in pixels of the sheet: a 3, a letter, a 42. */

/** @typedef {import("./sheet.js").Point} Point */

/** Points of the Catmull-Rom spline through some points. @param {Point[]} points @returns {Point[]} */
function smooth(points) {
  const at = (/** @type {number} */ i) => points[Math.min(Math.max(i, 0), points.length - 1)];
  /** @type {Point[]} */
  const line = [];
  for (let i = 0; i < points.length - 1; i++) {
    const [p0, p1, p2, p3] = [at(i - 1), at(i), at(i + 1), at(i + 2)];
    for (let t = 0; t < 1; t += 0.2) {
      const mix = (/** @type {0 | 1} */ axis) =>
        p1[axis] +
        0.5 *
          t *
          (p2[axis] -
            p0[axis] +
            t *
              (2 * p0[axis] -
                5 * p1[axis] +
                4 * p2[axis] -
                p3[axis] +
                t * (3 * (p1[axis] - p2[axis]) + p3[axis] - p0[axis])));
      line.push([mix(0), mix(1)]);
    }
  }
  return [...line, at(points.length)];
}

/** @type {Point[][]} */
export const THREE = [
  smooth([
    [64, 48],
    [84, 32],
    [112, 34],
    [124, 52],
    [112, 76],
    [88, 88],
    [118, 96],
    [132, 122],
    [118, 150],
    [88, 160],
    [60, 146],
  ]),
];
/** @type {Point[][]} */
export const LETTER = [
  [
    [58, 158],
    [94, 34],
    [132, 158],
  ],
  [
    [72, 114],
    [118, 114],
  ],
];
/** @type {Point[][]} */
export const FORTY_TWO = [
  [
    [54, 52],
    [30, 102],
    [84, 102],
  ],
  [
    [70, 66],
    [68, 144],
  ],
  smooth([
    [108, 72],
    [124, 52],
    [148, 58],
    [150, 82],
    [130, 112],
    [108, 140],
  ]),
  [
    [108, 140],
    [162, 140],
  ],
];
