// @ts-check
/**
 * MNIST normalization of a drawing, to 28×28; the JavaScript beside Python's `pictures/`.
 *
 * A drawing is clean ink on an even background, so nothing is removed from it: it is fitted into 20×20, its stroke
 * width brought towards MNIST's, its strongest ink made 255, and its centre of mass moved to the middle.
 */

import { SIDE, clip, roundEven } from "./inputs.js";

const BOX = 20;
const CENTRE = 14;
const FINE = 4; // the stroke width is adjusted in 80×80, in steps of a quarter of one of MNIST's pixels
export const VISIBLE = 64; // less ink is a blurred edge, and does not count for the bounding box
const STROKE_WIDTH = [9, 12]; // pixels in the 80×80 box: MNIST's median, and what 12 in 100 of its strokes exceed

/**
 * Bytes of ink, row by row.
 *
 * @typedef {object} Ink
 * @property {number} width
 * @property {number} height
 * @property {Uint8Array} bytes
 */

/** The digit in 28×28, or null where nothing is drawn. @param {Ink} ink @returns {Uint8Array | null} */
export function toMnist(ink) {
  if (!ink.bytes.some((byte) => byte >= VISIBLE)) return null;
  const fine = BOX * FINE;
  let drawn = fit(ink, fine);
  const width = strokeWidth(drawn);
  const growth = roundEven((clip(width, STROKE_WIDTH[0], STROKE_WIDTH[1]) - width) / 2);
  if (growth) {
    drawn = fit(ink, fine - 2 * growth);
    drawn = changeWidth(pad(drawn, Math.max(growth, 0)), growth);
    if (!drawn.bytes.some((byte) => byte >= VISIBLE)) return null;
    drawn = fit(drawn, fine);
  }
  return centred(drawn);
}

/** The ink's bounding box in a picture whose longer side is `longest`, its aspect kept. @param {Ink} ink
 * @param {number} longest */
function fit(ink, longest) {
  const cropped = crop(ink);
  const scale = longest / Math.max(cropped.width, cropped.height);
  const width = Math.max(1, roundEven(cropped.width * scale));
  const height = Math.max(1, roundEven(cropped.height * scale));
  const filter = scale < 0.5 ? AREA : BICUBIC;
  return resizeDown(resizeAcross(cropped, width, filter), height, filter);
}

/** Crop to the bounding box of the visible ink. @param {Ink} ink @returns {Ink} */
function crop({ width, height, bytes }) {
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (bytes[y * width + x] < VISIBLE) continue;
      left = Math.min(left, x);
      right = Math.max(right, x + 1);
      top = Math.min(top, y);
      bottom = y + 1;
    }
  }
  const cropped = blank(right - left, bottom - top);
  for (let y = top; y < bottom; y++) {
    cropped.bytes.set(bytes.subarray(y * width + left, y * width + right), (y - top) * cropped.width);
  }
  return cropped;
}

/** @param {number} width @param {number} height @returns {Ink} */
const blank = (width, height) => ({ width, height, bytes: new Uint8Array(width * height) });

/** @param {Ink} ink @param {number} edge blank pixels on every side @returns {Ink} */
function pad({ width, height, bytes }, edge) {
  const padded = blank(width + 2 * edge, height + 2 * edge);
  for (let y = 0; y < height; y++) {
    padded.bytes.set(bytes.subarray(y * width, (y + 1) * width), (y + edge) * padded.width + edge);
  }
  return padded;
}

/**
 * Resizing as Pillow does it, in whole numbers, so that the same bytes come out.
 *
 * @typedef {object} Filter
 * @property {number} support how far it reaches, in pixels
 * @property {(x: number) => number} weight
 */

/** @type {Filter} */
const AREA = { support: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) };
/** @type {Filter} */
const BICUBIC = {
  support: 2,
  weight: (x) => {
    const d = Math.abs(x);
    if (d < 1) return (1.5 * d - 2.5) * d * d + 1;
    return d < 2 ? -0.5 * (((d - 5) * d + 8) * d - 4) : 0;
  },
};
const UNIT = 2 ** 22; // weights are whole numbers of 1 / UNIT

/** For each new pixel its first old pixel, and the weights from there on. @param {number} from
 * @param {number} to @param {Filter} filter */
function weightsOf(from, to, filter) {
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  const support = filter.support * stretch;
  return Array.from({ length: to }, (_, at) => {
    const centre = (at + 0.5) * scale;
    const first = Math.max(Math.trunc(centre - support + 0.5), 0);
    const end = Math.min(Math.trunc(centre + support + 0.5), from);
    const weights = Array.from({ length: end - first }, (_, i) =>
      filter.weight((i + first - centre + 0.5) * (1 / stretch)),
    );
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { first, weights: weights.map((weight) => roundAway((weight / sum) * UNIT)) };
  });
}

/** Round, halves away from zero. @param {number} value */
const roundAway = (value) => Math.trunc(value + (value < 0 ? -0.5 : 0.5));

/** @param {Ink} ink @param {number} width @param {Filter} filter @returns {Ink} */
function resizeAcross(ink, width, filter) {
  return width === ink.width ? ink : transpose(resizeDown(transpose(ink), width, filter));
}

/** @param {Ink} ink @param {number} height @param {Filter} filter @returns {Ink} */
function resizeDown(ink, height, filter) {
  if (height === ink.height) return ink;
  const { width, bytes } = ink;
  const resized = blank(width, height);
  weightsOf(ink.height, height, filter).forEach(({ first, weights }, y) => {
    for (let x = 0; x < width; x++) {
      let sum = UNIT / 2;
      for (let i = 0; i < weights.length; i++) sum += weights[i] * bytes[(first + i) * width + x];
      resized.bytes[y * width + x] = clip(Math.floor(sum / UNIT), 0, 255);
    }
  });
  return resized;
}

/** @param {Ink} ink @returns {Ink} */
function transpose({ width, height, bytes }) {
  const turned = blank(height, width);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) turned.bytes[x * height + y] = bytes[y * width + x];
  }
  return turned;
}

/** The mean width of the strokes: twice their area over the length of their outline. @param {Ink} ink */
function strokeWidth(ink) {
  const { width, height, bytes } = pad(ink, 1);
  let [area, outline] = [0, 0];
  for (let y = 0; y < height - 1; y++) {
    for (let x = 0; x < width - 1; x++) {
      const at = y * width + x;
      area += bytes[at];
      outline += Math.hypot(bytes[at + width] - bytes[at], bytes[at + 1] - bytes[at]);
    }
  }
  return (2 * area) / outline;
}

/** Dilate by `growth` pixels, or erode where it is negative, with four and with eight neighbours in turn: an octagon,
 * which is close to a round pen. @param {Ink} ink @param {number} growth */
function changeWidth(ink, growth) {
  const extreme = growth > 0 ? Math.max : Math.min;
  for (let step = 0; step < Math.abs(growth); step++) {
    const { width, bytes: p } = pad(ink, 1);
    const grown = blank(ink.width, ink.height);
    for (let y = 0; y < ink.height; y++) {
      for (let x = 0; x < ink.width; x++) {
        const at = (y + 1) * width + x + 1;
        let value = extreme(p[at], p[at - width], p[at + width], p[at - 1], p[at + 1]);
        if (step % 2) {
          value = extreme(value, p[at - width - 1], p[at - width + 1], p[at + width - 1], p[at + width + 1]);
        }
        grown.bytes[y * ink.width + x] = value;
      }
    }
    ink = grown;
  }
  return ink;
}

/** Shrink fine ink by area into 20×20, and centre that in 28×28. @param {Ink} fine */
function centred(fine) {
  const [height, width] = [Math.ceil(fine.height / FINE), Math.ceil(fine.width / FINE)];
  const [above, before] = [(height * FINE - fine.height) >> 1, (width * FINE - fine.width) >> 1];
  const small = new Float64Array(width * height);
  fine.bytes.forEach((byte, at) => {
    const [x, y] = [(at % fine.width) + before, Math.floor(at / fine.width) + above];
    small[Math.floor(y / FINE) * width + Math.floor(x / FINE)] += byte / FINE ** 2;
  });
  let [mass, sx, sy, most] = [0, 0, 0, 0];
  small.forEach((value, at) => {
    mass += value;
    sx += value * (at % width);
    sy += value * Math.floor(at / width);
    most = Math.max(most, value);
  });
  const top = clip(roundEven(CENTRE - sy / mass), 0, SIDE - height);
  const left = clip(roundEven(CENTRE - sx / mass), 0, SIDE - width);
  const image = new Uint8Array(SIDE * SIDE);
  small.forEach((value, at) => {
    image[(top + Math.floor(at / width)) * SIDE + left + (at % width)] = roundEven(value * (255 / most));
  });
  return image;
}
