// @ts-check
/** Small pictures of 784 numbers: a digit in ink, signed numbers in two colours, the directions of edges. */

import { DIRECTIONS, GRID, PIXELS, SIDE, clip } from "./inputs.js";

/** @typedef {[number, number, number]} Colour red, green and blue, 0 to 255 */

const CELL = SIDE / GRID; // pixels

/**
 * The colours of the style sheet.
 *
 * @typedef {{ink: Colour, soft: Colour, positive: Colour, negative: Colour}} Palette
 */

/**
 * @type {Palette | null} cached, because reading it makes the browser compute the style of the whole page
 */
let palette = null;

/** The current colours of the page. @returns {Palette} */
export function colours() {
  if (palette) return palette;
  const style = getComputedStyle(document.documentElement);
  /** @param {string} name @returns {Colour} */
  const colour = (name) => {
    const [red, green, blue] = style.getPropertyValue(name).trim().split(/\s+/).map(Number);
    return [red, green, blue];
  };
  return (palette = {
    ink: colour("--ink"),
    soft: colour("--soft"),
    positive: colour("--positive"),
    negative: colour("--negative"),
  });
}

/** Call `repaint` whenever the colours change: dark mode, forced colours, print. @param {() => void} repaint */
export function onNewColours(repaint) {
  const renew = () => {
    palette = null;
    repaint();
  };
  for (const query of ["(prefers-color-scheme: dark)", "(forced-colors: active)", "print"]) {
    matchMedia(query).addEventListener("change", renew);
  }
}

/** @param {Colour} colour @param {number} alpha */
export const rgba = ([red, green, blue], alpha) => `rgba(${red}, ${green}, ${blue}, ${alpha})`;

/** @param {HTMLCanvasElement} canvas */
export const contextOf = (canvas) => /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));

/**
 * Where each of the 784 inputs is painted in 28×28 pixels: a pixel in its place; the 16 bins of a grid point in the
 * 4×4 pixels of its cell.
 *
 * @param {boolean} edges
 * @returns {Uint16Array} for each number the pixel, row by row
 */
export function placesOf(edges) {
  return Uint16Array.from({ length: PIXELS }, (_, at) => {
    if (!edges) return at;
    const direction = Math.floor(at / GRID ** 2);
    const [row, column] = [Math.floor(cellOf(at, true) / GRID), cellOf(at, true) % GRID];
    return (row * CELL + Math.floor(direction / CELL)) * SIDE + column * CELL + (direction % CELL);
  });
}

/** Which of the 7×7 cells an input belongs to. @param {number} at @param {boolean} edges */
export function cellOf(at, edges) {
  return edges ? at % GRID ** 2 : Math.floor(at / SIDE / CELL) * GRID + Math.floor((at % SIDE) / CELL);
}

/**
 * Paint an image as ink on a canvas of 28×28.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {Uint8Array | null} image null for none
 */
export function paintInk(canvas, image) {
  if (canvas.width !== SIDE) canvas.width = canvas.height = SIDE;
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
 * Paint signed numbers as pixels: the colour shows the sign, its opacity the size.
 *
 * @param {{data: Uint8ClampedArray}} pixels 28×28
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

const SHADES = 6;
const LONGEST = 0.6; // length of the longest line / side of a cell

/** The start and the vector of the line of each of 784 bins, in sides of a cell. */
const LINES = Array.from({ length: PIXELS }, (_, i) => {
  const [direction, cell] = [Math.floor(i / GRID ** 2), i % GRID ** 2];
  // Direction k points into the ink; the line runs along the outline, with the ink on its right.
  const angle = 2 * Math.PI * (direction / DIRECTIONS - 0.25);
  return {
    cell,
    x: (cell % GRID) + 0.5,
    y: Math.floor(cell / GRID) + 0.5,
    dx: LONGEST * Math.cos(angle),
    dy: LONGEST * Math.sin(angle),
  };
});

/**
 * Paint edge-direction histograms: in each of 7×7 cells a line for each of 16 directions, whose length shows its value.
 *
 * @param {HTMLCanvasElement} canvas square
 * @param {ArrayLike<number>} values (784,)
 * @param {number} full the size of the longest line; longer ones are cut
 * @param {{positive: Colour, negative: Colour}} palette
 * @param {number | null} [only] one cell; the others stay faint
 */
export function paintEdges(canvas, values, full, palette, only = null) {
  const context = contextOf(canvas);
  const side = canvas.width / GRID;
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.lineCap = "round";
  context.lineWidth = Math.max(canvas.width / 150, 1);
  const bundles = Array.from({ length: 2 * SHADES + 2 }, () => new Path2D());
  for (let i = 0; i < values.length; i++) {
    const size = clip(Math.abs(values[i]) / full, 0, 1);
    const shade = Math.round(size * SHADES);
    if (!shade) continue;
    const { cell, x, y, dx, dy } = LINES[i];
    const sign = values[i] < 0 ? 1 : 0;
    const bundle = bundles[only === null || cell === only ? 2 * shade + sign : sign];
    bundle.moveTo(x * side, y * side);
    bundle.lineTo((x + dx * size) * side, (y + dy * size) * side);
  }
  bundles.forEach((bundle, at) => {
    context.strokeStyle = rgba(
      at % 2 ? palette.negative : palette.positive,
      Math.max(Math.floor(at / 2) / SHADES, 0.12),
    );
    context.stroke(bundle);
  });
}

/** For images that are drawn in another size at once; reused, because making a canvas takes time. */
const scratch = document.createElement("canvas");

/** Paint 784 signed numbers on a square canvas, as edges or as pixels. @param {HTMLCanvasElement} canvas
 * @param {Float32Array} values @param {number} full @param {boolean} edges */
export function paintInputs(canvas, values, full, edges) {
  if (edges) return paintEdges(canvas, values, full, colours());
  scratch.width = scratch.height = SIDE;
  const pixels = contextOf(scratch).createImageData(SIDE, SIDE);
  paintSigned(pixels, values, placesOf(false), full, colours());
  contextOf(scratch).putImageData(pixels, 0, 0);
  const context = contextOf(canvas);
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingEnabled = false;
  context.drawImage(scratch, 0, 0, canvas.width, canvas.height);
}

/**
 * Paint a digit behind what is painted already.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {Uint8Array} image
 * @param {number} alpha
 */
export function paintBehind(canvas, image, alpha) {
  paintInk(scratch, image);
  const context = contextOf(canvas);
  context.globalCompositeOperation = "destination-over";
  context.globalAlpha = alpha;
  context.imageSmoothingEnabled = true;
  context.drawImage(scratch, 0, 0, canvas.width, canvas.height);
  context.globalAlpha = 1;
  context.globalCompositeOperation = "source-over";
}

/** Paint a frame around one cell of the 7×7. @param {HTMLCanvasElement} canvas @param {number} cell */
export function paintCell(canvas, cell) {
  const context = contextOf(canvas);
  const side = canvas.width / GRID;
  context.strokeStyle = rgba(colours().negative, 1);
  context.lineWidth = Math.max(canvas.width / 80, 1);
  context.strokeRect((cell % GRID) * side, Math.floor(cell / GRID) * side, side, side);
}
