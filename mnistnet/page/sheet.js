// @ts-check
/**
 * A sheet to draw on with mouse, touch, pen or keyboard.
 *
 * It keeps what was done as a list, so that undo is to do all but the last again. The ink that the network is shown is
 * computed here and not read back from the canvas, which browsers may draw differently, or blur to protect privacy.
 */

import { SIDE, clip } from "./inputs.js";
import { colours, contextOf, paintInk, rgba } from "./paint.js";

/**
 * One thing done to the sheet: a line of the pen or the eraser, a digit of 28×28 laid on it, or all wiped off.
 *
 * @typedef {{tool: "pen" | "eraser", width: number, points: [number, number][]}} Stroke
 * @typedef {Stroke | {tool: "digit", image: Uint8Array} | {tool: "clear"}} Deed
 */

export const SHEET = 192; // pixels of the sheet's side: as large a picture as `mnistnet predict` looks at in one look
const STEP = 6; // pixels that an arrow key moves the pen
const DIGIT = SHEET / SIDE; // pixels of the sheet to one of a digit laid on it

/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Sheet {
  /**
   * @param {HTMLCanvasElement} canvas where it is seen
   * @param {() => void} changed called after every change
   */
  constructor(canvas, changed) {
    this.canvas = canvas;
    this.changed = changed;
    /** @type {Deed[]} */
    this.deeds = [];
    this.ink = new Uint8Array(SHEET * SHEET);
    /** @type {"pen" | "eraser"} */
    this.tool = "pen";
    this.width = 16;
    /** @type {Stroke | null} the line that is being drawn */
    this.line = null;
    this.cursor = { x: SHEET / 2, y: SHEET / 4, shown: false };
    this.listen();
  }

  /** The digit laid on the sheet if nothing was done to it since: it is shown to the network as it is. */
  get digit() {
    const last = this.deeds.at(-1);
    return last?.tool === "digit" ? last.image : null;
  }

  /** Do one thing more. @param {Deed} deed */
  do(deed) {
    this.line = null;
    this.deeds.push(deed);
    this.again();
  }

  clear() {
    if (this.deeds.length && this.deeds.at(-1)?.tool !== "clear") this.do({ tool: "clear" });
  }

  undo() {
    this.line = null;
    this.deeds.pop();
    this.again();
  }

  /** Do everything again, from a blank sheet. */
  again() {
    this.ink.fill(0);
    for (const deed of this.sinceBlank()) {
      if (deed.tool === "digit") this.lay(deed.image);
      else deed.points.forEach((_, at) => this.press(deed, at));
    }
    this.show();
    this.changed();
  }

  /** What was done since the sheet was last wiped, or a digit laid on it. */
  sinceBlank() {
    const start = this.deeds.findLastIndex((deed) => deed.tool === "clear" || deed.tool === "digit");
    return this.deeds.slice(Math.max(start, 0)).filter((deed) => deed.tool !== "clear");
  }

  /** Lay a digit on the blank sheet, enlarged smoothly. @param {Uint8Array} image */
  lay(image) {
    /** @param {number} row @param {number} column */
    const pixel = (row, column) => (row < 0 || row >= SIDE || column < 0 || column >= SIDE ? 0 : image[row * SIDE + column]);
    for (let y = 0; y < SHEET; y++) {
      for (let x = 0; x < SHEET; x++) {
        const [v, u] = [(y + 0.5) / DIGIT - 0.5, (x + 0.5) / DIGIT - 0.5];
        const [row, column] = [Math.floor(v), Math.floor(u)];
        const upper = pixel(row, column) + (pixel(row, column + 1) - pixel(row, column)) * (u - column);
        const lower = pixel(row + 1, column) + (pixel(row + 1, column + 1) - pixel(row + 1, column)) * (u - column);
        this.ink[y * SHEET + x] = upper + (lower - upper) * (v - row) + 0.5;
      }
    }
  }

  /** Press the pen from one point of a line to the next; ink is full inside the pen and ends within a pixel.
   * @param {Stroke} line @param {number} at the second point */
  press({ tool, width, points }, at) {
    const [[x0, y0], [x1, y1]] = [points[Math.max(at - 1, 0)], points[at]];
    const reach = width / 2 + 1;
    const [dx, dy] = [x1 - x0, y1 - y0];
    const squared = dx * dx + dy * dy;
    const [left, right] = [Math.min(x0, x1) - reach, Math.max(x0, x1) + reach].map((x) => clip(Math.round(x), 0, SHEET));
    const [top, bottom] = [Math.min(y0, y1) - reach, Math.max(y0, y1) + reach].map((y) => clip(Math.round(y), 0, SHEET));
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) {
        const [px, py] = [x + 0.5 - x0, y + 0.5 - y0];
        const along = squared ? clip((px * dx + py * dy) / squared, 0, 1) : 0;
        const distance = Math.hypot(px - along * dx, py - along * dy);
        const ink = 255 * clip(width / 2 - distance + 0.5, 0, 1);
        const index = y * SHEET + x;
        this.ink[index] = tool === "pen" ? Math.max(this.ink[index], ink) : Math.min(this.ink[index], 255 - ink);
      }
    }
  }

  /** Show what is on the sheet, and the cursor of the keyboard: finer than the ink that is read. */
  show() {
    const { canvas, cursor } = this;
    const context = contextOf(canvas);
    const scale = canvas.width / SHEET;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, SHEET, SHEET);
    context.lineCap = context.lineJoin = "round";
    context.strokeStyle = rgba(colours().ink, 1);
    for (const deed of this.sinceBlank()) {
      if (deed.tool === "digit") {
        const digit = document.createElement("canvas");
        paintInk(digit, deed.image);
        context.drawImage(digit, 0, 0, SHEET, SHEET);
      } else {
        context.globalCompositeOperation = deed.tool === "pen" ? "source-over" : "destination-out";
        context.lineWidth = deed.width;
        context.beginPath();
        context.moveTo(...deed.points[0]);
        for (const point of deed.points) context.lineTo(...point);
        context.stroke();
      }
    }
    context.globalCompositeOperation = "source-over";
    if (!cursor.shown) return;
    context.lineWidth = 1;
    context.beginPath();
    context.arc(cursor.x, cursor.y, this.width / 2 + 2, 0, 2 * Math.PI);
    context.stroke();
  }

  /** Begin a line, or go on with it. @param {number} x @param {number} y */
  draw(x, y) {
    if (!this.line) {
      this.line = { tool: this.tool, width: this.width * (this.tool === "eraser" ? 2 : 1), points: [] };
      this.deeds.push(this.line);
    }
    this.line.points.push([x, y]);
    this.press(this.line, this.line.points.length - 1);
  }

  listen() {
    const { canvas } = this;
    /** @param {PointerEvent} event */
    const draw = (event) => {
      const box = canvas.getBoundingClientRect();
      const moves = event.getCoalescedEvents?.() ?? [];
      for (const { clientX, clientY } of moves.length ? moves : [event]) {
        this.draw(((clientX - box.left) / box.width) * SHEET, ((clientY - box.top) / box.height) * SHEET);
      }
      this.show();
      this.changed();
    };
    canvas.addEventListener("pointerdown", (event) => {
      if (!event.isPrimary || event.button > 0) return;
      canvas.setPointerCapture(event.pointerId);
      this.cursor.shown = false;
      this.line = null;
      draw(event);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (this.line && event.isPrimary) draw(event);
    });
    for (const end of /** @type {const} */ (["pointerup", "pointercancel"])) {
      canvas.addEventListener(end, () => (this.line = null));
    }
    canvas.addEventListener("keydown", (event) => this.pressKey(event));
    canvas.addEventListener("blur", () => {
      this.cursor.shown = false;
      this.line = null;
      this.show();
    });
  }

  /** The arrow keys move the pen, the space bar lowers and lifts it. @param {KeyboardEvent} event */
  pressKey(event) {
    const move = ARROWS[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey || !(move || event.key === " ")) return;
    event.preventDefault();
    this.cursor.shown = true;
    if (move) {
      this.cursor.x = clip(this.cursor.x + STEP * move[0], 0, SHEET);
      this.cursor.y = clip(this.cursor.y + STEP * move[1], 0, SHEET);
      if (this.line) this.draw(this.cursor.x, this.cursor.y);
    } else if (this.line) {
      this.line = null;
    } else {
      this.draw(this.cursor.x, this.cursor.y);
    }
    this.show();
    this.changed();
  }
}
