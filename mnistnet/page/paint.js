// @ts-check
/** Small pictures of 784 numbers: a digit in ink, signed numbers in two colours, roses of directions. */

import { DIRECTIONS, PIXELS, PLACES, SIDE, clip } from "./inputs.js";

/** @typedef {[number, number, number]} Colour red, green and blue, 0 to 255 */

const PLACE = SIDE / PLACES; // pixels

/**
 * The colours of the style sheet.
 *
 * @typedef {{ink: Colour, positive: Colour, negative: Colour}} Palette
 */

/** @type {Palette | null} looked up once, for asking the style sheet makes the browser compute the whole page's style */
let palette = null;

/** The colours in which the page is just now. @returns {Palette} */
export function colours() {
  if (palette) return palette;
  const style = getComputedStyle(document.documentElement);
  /** @param {string} name @returns {Colour} */
  const colour = (name) => {
    const [red, green, blue] = style.getPropertyValue(name).trim().split(/\s+/).map(Number);
    return [red, green, blue];
  };
  return (palette = { ink: colour("--ink"), positive: colour("--positive"), negative: colour("--negative") });
}

/** Call `repaint` whenever day turns to night. @param {() => void} repaint */
export function onNewColours(repaint) {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    palette = null;
    repaint();
  });
}

/** @param {Colour} colour @param {number} alpha */
export const rgba = ([red, green, blue], alpha) => `rgba(${red}, ${green}, ${blue}, ${alpha})`;

/** @param {HTMLCanvasElement} canvas */
export const contextOf = (canvas) => /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));

/**
 * Where a number of 784 stands in a picture of 28×28: a pixel in its place; of the roses each direction in the 4×4
 * pixels of its place.
 *
 * @param {boolean} roses
 * @returns {Uint16Array} for each number the pixel, row by row
 */
export function placesOf(roses) {
  return Uint16Array.from({ length: PIXELS }, (_, at) => {
    if (!roses) return at;
    const [direction, place] = [Math.floor(at / PLACES ** 2), at % PLACES ** 2];
    const [row, column] = [Math.floor(place / PLACES), place % PLACES];
    return (row * PLACE + Math.floor(direction / PLACE)) * SIDE + column * PLACE + (direction % PLACE);
  });
}

/** A canvas of 28×28 with ink in it. @param {HTMLCanvasElement} canvas @param {Uint8Array | null} image null for none */
export function paintInk(canvas, image) {
  canvas.width = canvas.height = SIDE;
  const pixels = contextOf(canvas).createImageData(SIDE, SIDE);
  const [red, green, blue] = colours().ink;
  for (let at = 0; image && at < image.length; at++) {
    pixels.data[4 * at] = red;
    pixels.data[4 * at + 1] = green;
    pixels.data[4 * at + 2] = blue;
    pixels.data[4 * at + 3] = image[at];
  }
  contextOf(canvas).putImageData(pixels, 0, 0);
}

/**
 * Signed numbers as pixels: the colour tells the sign, how strong it is the size.
 *
 * @param {ImageData} pixels 28×28
 * @param {Float32Array} values (784,)
 * @param {Uint16Array} places as `placesOf` makes them
 * @param {number} full the size that is painted in the full colour
 * @param {{positive: Colour, negative: Colour}} palette
 */
export function paintSigned(pixels, values, places, full, { positive, negative }) {
  const { data } = pixels;
  for (let i = 0; i < values.length; i++) {
    const at = 4 * places[i];
    const [red, green, blue] = values[i] > 0 ? positive : negative;
    data[at] = red;
    data[at + 1] = green;
    data[at + 2] = blue;
    data[at + 3] = 255 * Math.min(Math.abs(values[i]) / full, 1);
  }
}

const PETAL_SHADES = 8;
const PETAL = 0.6; // length of the longest, in distances from place to place

/** Where the petal of each of 784 numbers begins, and where it points, in distances from place to place. */
const PETALS = Array.from({ length: PIXELS }, (_, i) => {
  const [direction, place] = [Math.floor(i / PLACES ** 2), i % PLACES ** 2];
  // Direction k points into the ink; the petal lies along the outline, with the ink on its right.
  const angle = 2 * Math.PI * (direction / DIRECTIONS - 0.25);
  return {
    x: (place % PLACES) + 0.5,
    y: Math.floor(place / PLACES) + 0.5,
    dx: PETAL * Math.cos(angle),
    dy: PETAL * Math.sin(angle),
  };
});

/**
 * Roses: at each of 7×7 places a petal for each of 16 directions, as long as its number is large.
 *
 * @param {HTMLCanvasElement} canvas square
 * @param {Float32Array} values (784,)
 * @param {number} full the size of the longest petal; larger ones are cut
 * @param {{positive: Colour, negative: Colour}} palette
 */
export function paintRoses(canvas, values, full, palette) {
  const context = contextOf(canvas);
  const side = canvas.width / PLACES;
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.lineCap = "round";
  context.lineWidth = Math.max(canvas.width / 160, 1);
  const bundles = Array.from({ length: 2 * PETAL_SHADES }, () => new Path2D());
  for (let i = 0; i < values.length; i++) {
    const size = clip(Math.abs(values[i]) / full, 0, 1);
    const shade = Math.round(size * PETAL_SHADES);
    if (!shade) continue;
    const bundle = bundles[2 * (shade - 1) + (values[i] < 0 ? 1 : 0)];
    const { x, y, dx, dy } = PETALS[i];
    bundle.moveTo(x * side, y * side);
    bundle.lineTo((x + dx * size) * side, (y + dy * size) * side);
  }
  bundles.forEach((bundle, at) => {
    context.strokeStyle = rgba(at % 2 ? palette.negative : palette.positive, (Math.floor(at / 2) + 1) / PETAL_SHADES);
    context.stroke(bundle);
  });
}
