// @ts-check
/** Beside the sheet: pen, eraser, saving, and examples to tap. */

import { byId, make } from "./dom.js";
import { contextOf, paintInk } from "./paint.js";
import { SHEET } from "./sheet.js";
import { FORTY_TWO, LETTER, THREE } from "./strokes.js";
/** @import { Measured } from "./mistakes.js" */
/** @import { Point, Sheet } from "./sheet.js" */

/** Let the tools choose pen, eraser and width, and save the picture. @param {Sheet} sheet */
export function listenToTools(sheet) {
  for (const tool of /** @type {const} */ (["pen", "eraser"])) {
    byId(tool).addEventListener("click", () => {
      sheet.tool = tool;
      for (const name of ["pen", "eraser"]) byId(name).setAttribute("aria-pressed", String(name === tool));
    });
  }
  const width = /** @type {HTMLInputElement} */ (byId("width"));
  width.addEventListener("input", () => (sheet.width = Number(width.value)));
  byId("save").addEventListener("click", () => save(sheet.ink));
}

/** Save what is drawn as a picture: black ink on white, for `mnistnet predict`. @param {Uint8Array} ink */
function save(ink) {
  const canvas = make("canvas", { width: SHEET, height: SHEET });
  const pixels = contextOf(canvas).createImageData(SHEET, SHEET);
  ink.forEach((byte, at) => pixels.data.set([255 - byte, 255 - byte, 255 - byte, 255], 4 * at));
  contextOf(canvas).putImageData(pixels, 0, 0);
  make("a", { href: canvas.toDataURL("image/png"), download: "digit.png" }).click();
}

/**
 * Show the examples.
 *
 * @param {Measured} measured
 * @param {(index: number) => Uint8Array} imageAt
 * @param {{write: (strokes: Point[][], width?: number) => void, open: (image: Uint8Array, truth: number) => void}} sheet
 */
export function showExamples({ mistakes, sloppy }, imageAt, { write, open }) {
  /** @param {string} name @param {HTMLElement} face @param {() => void} show */
  const add = (name, face, show) => {
    face.setAttribute("aria-hidden", "true");
    const button = make("button", { title: name, click: show }, face, make("span", { class: "hidden" }, name));
    byId("examples").append(button);
  };
  /** @param {string} name @param {string} text @param {Point[][]} strokes @param {number} [width] */
  const addStrokes = (name, text, strokes, width) => add(name, make("b", {}, text), () => write(strokes, width));
  /** @param {string} name @param {number} index @param {number} truth */
  const addImage = (name, index, truth) => {
    const canvas = make("canvas");
    paintInk(canvas, imageAt(index));
    add(name, canvas, () => open(imageAt(index), truth));
  };
  byId("examples").replaceChildren(make("span", { class: "note", "aria-hidden": "true" }, "Try"));
  addStrokes("A clear 3", "3", THREE);
  if (sloppy !== null) addImage("A sloppy 9", sloppy, 9);
  const [wrong] = mistakes;
  if (wrong) addImage(`A ${wrong.true} that it gets wrong`, wrong.image, wrong.true);
  addStrokes("A letter", "A", LETTER);
  addStrokes("A number of two digits", "42", FORTY_TWO, 12);
}
