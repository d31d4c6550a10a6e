// @ts-check
/**
 * 28×28 bytes to the 784 inputs; the JavaScript beside `inputs.py` and `resampling.py`.
 *
 * Python computes in float32. `f` rounds to float32 after each single step, so that the same bytes come out here.
 */

export const SIDE = 28;
export const PIXELS = SIDE * SIDE;

export const GRID = 7; // points along each side of the image
export const DIRECTIONS = 16; // orientation bins on the full turn

const f = Math.fround;
const MIDDLE = (SIDE - 1) / 2;
const OFFSETS = Float32Array.from({ length: SIDE }, (_, i) => i - MIDDLE);
const HEIGHT = 4.2;
const WIDTH = 3.2;
const WIDTH_EXPONENT = 0.8;
const MIN_DEVIATION = 1;
const MAX_SLANT = 1;

const HALF_TURN = DIRECTIONS / 2;
const STRIDE = 4.5; // pixels between grid points
const SIGMA = 2.25;
const GAUSSIAN_TOTAL = 46;
const ROOT_SCALE = f(0.12);

/** @param {number} value @param {number} low @param {number} high */
export const clip = (value, low, high) => Math.min(Math.max(value, low), high);

/** Round to the nearest whole number, halves to the even one, as NumPy and Python do. @param {number} value */
export function roundEven(value) {
  const floor = Math.floor(value);
  if (value - floor === 0.5) return floor % 2 === 0 ? floor : floor + 1;
  return Math.round(value);
}

/** The moments of the ink, in pixels from the middle of the image; sums of whole numbers, which are exact.
 * @param {Uint8Array} image */
export function moments(image) {
  let [mass, sx, sy, sxx, sxy, syy] = [0, 0, 0, 0, 0, 0];
  for (let row = 0; row < SIDE; row++) {
    for (let column = 0; column < SIDE; column++) {
      const p = image[row * SIDE + column];
      const [tx, ty] = [2 * OFFSETS[column], 2 * OFFSETS[row]]; // half pixels from the middle: odd whole numbers
      mass += p;
      sx += p * tx;
      sy += p * ty;
      sxx += p * tx * tx;
      sxy += p * tx * ty;
      syy += p * ty * ty;
    }
  }
  const m = Math.max(mass, 1);
  const [x, y] = [sx / m / 2, sy / m / 2];
  const [xx, xy, yy] = [sxx / m / 4, sxy / m / 4, syy / m / 4];
  const [vxx, vxy, vyy] = [xx - x * x, xy - x * y, yy - y * y];
  const smallest = MIN_DEVIATION ** 2;
  const slant = clip(vxy / Math.max(vyy, smallest), -MAX_SLANT, MAX_SLANT);
  const deskewedVxx = vxx - 2 * slant * vxy + slant * slant * vyy;
  return {
    centreX: f(x),
    centreY: f(y),
    slant: f(slant),
    deviationX: f(Math.sqrt(Math.max(deskewedVxx, smallest))),
    deviationY: f(Math.sqrt(Math.max(vyy, smallest))),
  };
}

/**
 * Deskew a digit, centre it, and bring it to one size (moment normalization).
 *
 * @param {Uint8Array} image
 * @param {number} scale multiplies HEIGHT and WIDTH
 * @returns {Uint8Array}
 */
function deskew(image, scale) {
  const ink = moments(image);
  const step = f((ink.deviationX / (WIDTH * scale)) ** WIDTH_EXPONENT);
  const deskewed = new Uint8Array(PIXELS);
  for (let v = 0; v < SIDE; v++) {
    const down = f(f(ink.deviationY / f(HEIGHT * scale)) * OFFSETS[v]);
    const row = split(f(f(MIDDLE + ink.centreY) + down));
    const level = Float32Array.from({ length: SIDE + 3 }, (_, column) =>
      between(padded(image, row.before, column), padded(image, row.before + 1, column), row.part),
    );
    const first = f(f(f(MIDDLE + ink.centreX) + f(ink.slant * down)) + f(step * OFFSETS[0]));
    for (let u = 0; u < SIDE; u++) {
      const column = split(f(first + f(step * u)));
      const value = between(level[column.before], level[column.before + 1], column.part);
      deskewed[v * SIDE + u] = f(value + 0.5); // to the nearest byte
    }
  }
  return deskewed;
}

/** A pixel of the image with blank edges: one row and column before it, two after. @param {Uint8Array} image
 * @param {number} row @param {number} column */
function padded(image, row, column) {
  const inside = row >= 1 && row <= SIDE && column >= 1 && column <= SIDE;
  return inside ? image[(row - 1) * SIDE + column - 1] : 0;
}

/** The padded row or column before a position, and the fraction of the way to the next. @param {number} position */
function split(position) {
  const inside = f(clip(position, -1, SIDE) + 1);
  const before = Math.trunc(inside);
  return { before, part: f(inside - before) };
}

/** First + (second − first) · part. @param {number} first @param {number} second @param {number} part */
const between = (first, second, part) => f(f(f(second - first) * part) + first);

const SINES = [0, 5, 9, 12, 13, 12, 9, 5]; // 13 sin θ, nearly
const COSINES = [13, 12, 9, 5, 0, -5, -9, -12];
const GAUSSIAN_WEIGHTS = gaussianWeights();

/** The weight of each pixel of a row at each grid point: 7 × 28 whole numbers. */
function gaussianWeights() {
  const gaussians = Array.from({ length: GRID }, (_, point) => {
    const middle = MIDDLE + STRIDE * (point - (GRID - 1) / 2);
    return Array.from({ length: SIDE }, (_, pixel) => Math.exp(-0.5 * ((pixel - middle) / SIGMA) ** 2));
  });
  const most = Math.max(...gaussians.map((gaussian) => gaussian.reduce((sum, weight) => sum + weight, 0)));
  return gaussians.map((gaussian) => gaussian.map((weight) => roundEven((GAUSSIAN_TOTAL * weight) / most)));
}

/** The edge-direction histograms: 16 orientation bins at each of 7×7 grid points. @param {Uint8Array} image
 * @returns {Uint8Array} for each bin, from 0° (ink to the right) clockwise, its 7×7 points, row by row */
export function edgeDirections(image) {
  const parts = assign(image);
  const directions = new Uint8Array(PIXELS);
  parts.forEach((part, k) => {
    const alongRows = new Float64Array(SIDE * GRID); // sums of whole numbers, in any order exact
    for (let row = 0; row < SIDE; row++) {
      for (let point = 0; point < GRID; point++) {
        let sum = 0;
        for (let x = 0; x < SIDE; x++) sum += part[row * SIDE + x] * GAUSSIAN_WEIGHTS[point][x];
        alongRows[row * GRID + point] = sum;
      }
    }
    for (let down = 0; down < GRID; down++) {
      for (let across = 0; across < GRID; across++) {
        let sum = 0;
        for (let row = 0; row < SIDE; row++) sum += GAUSSIAN_WEIGHTS[down][row] * alongRows[row * GRID + across];
        const byte = f(f(f(Math.sqrt(sum)) * ROOT_SCALE) + 0.5); // to the nearest byte
        directions[(k * GRID + down) * GRID + across] = Math.min(byte, 255);
      }
    }
  });
  return directions;
}

/** Each pixel's gradient, split into parts in the 16 orientation bins, in fifths. @param {Uint8Array} image
 * @returns {Float32Array[]} 16 of 784 */
function assign(image) {
  const crosses = Array.from({ length: DIRECTIONS }, () => new Float32Array(PIXELS));
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const at = y * SIDE + x;
      // The Sobel operator: the gradient of the brightness to the right and downwards
      const [nw, n, ne] = [-1, 0, 1].map((dx) => padded(image, y, x + 1 + dx));
      const [w, e] = [-1, 1].map((dx) => padded(image, y + 1, x + 1 + dx));
      const [sw, s, se] = [-1, 0, 1].map((dx) => padded(image, y + 2, x + 1 + dx));
      const gx = ne - nw + 2 * (e - w) + se - sw;
      const gy = sw - nw + 2 * (s - n) + se - ne;
      for (let j = 0; j < HALF_TURN; j++) {
        const cross = gx * SINES[j] - gy * COSINES[j];
        crosses[j][at] = Math.max(cross, 0);
        crosses[j + HALF_TURN][at] = Math.max(-cross, 0);
      }
    }
  }
  return crosses.map((_, k) => {
    const opposite = crosses[(k + HALF_TURN - 1) % DIRECTIONS];
    return crosses[(k + 1) % DIRECTIONS].map((cross, at) => Math.min(cross, opposite[at]));
  });
}

/**
 * An input encoding: how an image is normalized, and the 784 bytes computed from that.
 *
 * @typedef {object} Encoding
 * @property {(image: Uint8Array) => Uint8Array} normalize 28×28
 * @property {(deskewed: Uint8Array) => Uint8Array} features
 * @property {boolean} edges whether the features are edge-direction histograms, not pixels
 * @property {string[]} steps captions: the image, the deskewed image, and its edges
 */

const CENTRED = "Centred in 28×28 pixels";
const DESKEWED = "Upright, in one size";
const EDGES = "Edges: which way the outline runs";

/** Those of `inputs.py`, by the same names. @type {Record<string, Encoding>} */
export const ENCODINGS = {
  directions: {
    normalize: (image) => deskew(image, 1.4),
    features: edgeDirections,
    edges: true,
    steps: [CENTRED, DESKEWED, EDGES],
  },
  moments: {
    normalize: (image) => deskew(image, 1),
    features: (deskewed) => deskewed,
    edges: false,
    steps: [CENTRED, DESKEWED],
  },
  pixels: { normalize: (image) => image, features: (deskewed) => deskewed, edges: false, steps: [CENTRED] },
};

/** The function from images to inputs. */
export class Inputs {
  /** @param {string} encoding by its name @param {number} scale of a byte @param {Float32Array} mean (784,) */
  constructor(encoding, scale, mean) {
    this.encoding = ENCODINGS[encoding];
    this.scale = f(scale);
    this.mean = mean;
  }

  /** Features to inputs. @param {Uint8Array} features */
  fromFeatures(features) {
    return this.mean.map((mean, i) => f(f(features[i] * this.scale) - mean));
  }

  /** An image, 784 bytes, to inputs. @param {Uint8Array} image */
  from(image) {
    return this.fromFeatures(this.encoding.features(this.encoding.normalize(image)));
  }
}
