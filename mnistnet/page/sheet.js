// @ts-check
/**
 * A sheet to draw on with mouse, touch, pen or keyboard.
 *
 * It keeps a list of actions, so that undo repeats all but the last. The ink that the network is shown is computed here
 * and not read back from the canvas, which browsers may draw differently, or blur to protect privacy.
 */

import { pause } from "./dom.js";
import { SIDE, clip } from "./inputs.js";
import { colours, contextOf, paintInk, rgba } from "./paint.js";

/**
 * One action: a line of the pen or the eraser, a digit of 28×28 laid on the sheet, or all wiped off.
 *
 * @typedef {[number, number]} Point in pixels of the sheet
 * @typedef {{tool: "pen" | "eraser", width: number, points: Point[]}} Stroke
 * @typedef {Stroke | {tool: "digit", image: Uint8Array} | {tool: "clear"}} Action
 */

export const SHEET = 192; // side of the sheet, pixels
const STEP = 6; // pixels that an arrow key moves the pen
const DIGIT = SHEET / SIDE; // pixels of the sheet for each pixel of a digit laid on it
const USUAL_WIDTH = 16;
const PEN_SPEED = 9; // milliseconds per pixel, when the page writes

/** @type {Record<string, Point>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Sheet {
  /**
   * @param {HTMLCanvasElement} canvas where it is seen
   * @param {{began: () => void, changed: () => void, lifted: () => void}} listeners called before a line, after every
   *     change, and at the end of a line or another action
   */
  constructor(canvas, listeners) {
    this.canvas = canvas;
    this.listeners = listeners;
    /** @type {Action[]} */
    this.actions = [];
    this.ink = new Uint8Array(SHEET * SHEET);
    /** @type {"pen" | "eraser"} */
    this.tool = "pen";
    this.width = USUAL_WIDTH;
    /** @type {Stroke | null} the line that is being drawn */
    this.line = null;
    this.cursor = { x: SHEET / 2, y: SHEET / 4, shown: false };
    this.listen();
  }

  /** The digit laid on the sheet if it is unchanged: the network gets it as it is. */
  get digit() {
    const last = this.actions.at(-1);
    return last?.tool === "digit" ? last.image : null;
  }

  /** Apply one more action. @param {Action} action */
  apply(action) {
    this.line = null;
    this.actions.push(action);
    this.repeat();
  }

  clear() {
    if (this.actions.length && this.actions.at(-1)?.tool !== "clear") this.apply({ tool: "clear" });
  }

  undo() {
    this.line = null;
    this.actions.pop();
    this.repeat();
  }

  /** Forget all actions. */
  forget() {
    this.actions = [];
    this.line = null;
    this.ink.fill(0);
    this.show();
  }

  /** Apply all actions again, to a blank sheet. */
  repeat() {
    this.ink.fill(0);
    for (const action of this.sinceBlank()) {
      if (action.tool === "digit") this.lay(action.image);
      else action.points.forEach((_, at) => this.press(action, at));
    }
    this.show();
    this.listeners.changed();
    this.listeners.lifted();
  }

  /** Write strokes on a blank sheet. @param {Point[][]} strokes @param {number} [width] */
  write(strokes, width = USUAL_WIDTH) {
    this.actions.push(
      { tool: "clear" },
      ...strokes.map((points) => ({ tool: /** @type {const} */ ("pen"), width, points })),
    );
    this.repeat();
  }

  /** Write strokes as a hand would, in time. @param {Point[][]} strokes @param {AbortSignal} signal that stops it */
  async play(strokes, signal) {
    for (const stroke of strokes) {
      this.line = null;
      for (const [at, [x, y]] of stroke.entries()) {
        const [x0, y0] = stroke[Math.max(at - 1, 0)];
        await pause(Math.hypot(x - x0, y - y0) * PEN_SPEED, signal);
        this.draw(x, y);
        this.listeners.changed();
      }
    }
    this.line = null;
  }

  /** What was done since the sheet was last wiped, or a digit laid on it. */
  sinceBlank() {
    const start = this.actions.findLastIndex((action) => action.tool === "clear" || action.tool === "digit");
    return this.actions.slice(Math.max(start, 0)).filter((action) => action.tool !== "clear");
  }

  /** Lay a digit on the blank sheet, enlarged smoothly. @param {Uint8Array} image */
  lay(image) {
    /** @param {number} row @param {number} column */
    const pixel = (row, column) =>
      row < 0 || row >= SIDE || column < 0 || column >= SIDE ? 0 : image[row * SIDE + column];
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
    const [left, right] = [Math.min(x0, x1) - reach, Math.max(x0, x1) + reach].map((x) =>
      clip(Math.round(x), 0, SHEET),
    );
    const [top, bottom] = [Math.min(y0, y1) - reach, Math.max(y0, y1) + reach].map((y) =>
      clip(Math.round(y), 0, SHEET),
    );
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

  /** Show the sheet and the keyboard's cursor, in a higher resolution than the ink that is read. */
  show() {
    const { canvas, cursor } = this;
    const context = this.context();
    context.clearRect(0, 0, SHEET, SHEET);
    for (const action of this.sinceBlank()) {
      if (action.tool === "digit") {
        const digit = document.createElement("canvas");
        paintInk(digit, action.image);
        context.drawImage(digit, 0, 0, SHEET, SHEET);
      } else this.stroke(context, action, 0);
    }
    if (!cursor.shown) return;
    context.lineWidth = SHEET / canvas.clientWidth;
    context.beginPath();
    context.arc(cursor.x, cursor.y, this.width / 2 + 2, 0, 2 * Math.PI);
    context.stroke();
  }

  context() {
    const context = contextOf(this.canvas);
    const scale = this.canvas.width / SHEET;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.lineCap = context.lineJoin = "round";
    context.strokeStyle = rgba(colours().ink, 1);
    return context;
  }

  /**
   * Show a line from one of its points to its end.
   *
   * @param {CanvasRenderingContext2D} context
   * @param {Stroke} line
   * @param {number} from
   */
  stroke(context, { tool, width, points }, from) {
    context.globalCompositeOperation = tool === "pen" ? "source-over" : "destination-out";
    context.lineWidth = width;
    context.beginPath();
    context.moveTo(...points[from]);
    for (const point of points.slice(from)) context.lineTo(...point);
    context.stroke();
    context.globalCompositeOperation = "source-over";
  }

  /** Begin a line, or continue it. @param {number} x @param {number} y */
  draw(x, y) {
    if (!this.line) {
      this.line = { tool: this.tool, width: this.width * (this.tool === "eraser" ? 2 : 1), points: [] };
      this.actions.push(this.line);
    }
    this.line.points.push([x, y]);
    const at = this.line.points.length - 1;
    this.press(this.line, at);
    this.stroke(this.context(), this.line, Math.max(at - 1, 0));
  }

  lift() {
    if (!this.line) return;
    this.line = null;
    this.listeners.lifted();
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
      this.listeners.changed();
    };
    canvas.addEventListener("pointerdown", (event) => {
      if (!event.isPrimary || event.button > 0 || event.defaultPrevented) return;
      canvas.setPointerCapture(event.pointerId);
      if (this.cursor.shown) this.hideCursor();
      this.lift();
      this.listeners.began();
      draw(event);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (this.line && event.isPrimary) draw(event);
    });
    for (const end of /** @type {const} */ (["pointerup", "pointercancel"]))
      canvas.addEventListener(end, () => this.lift());
    canvas.addEventListener("keydown", (event) => this.pressKey(event));
    canvas.addEventListener("blur", () => {
      this.lift();
      this.hideCursor();
    });
  }

  hideCursor() {
    if (!this.cursor.shown) return;
    this.cursor.shown = false;
    this.show();
  }

  /** The arrow keys move the pen, the space bar lowers and lifts it. @param {KeyboardEvent} event */
  pressKey(event) {
    const move = ARROWS[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey || !(move || event.key === " ")) return;
    event.preventDefault();
    if (event.repeat && !move) return;
    this.cursor.shown = true;
    if (move) {
      this.cursor.x = clip(this.cursor.x + STEP * move[0], 0, SHEET);
      this.cursor.y = clip(this.cursor.y + STEP * move[1], 0, SHEET);
      if (this.line) this.draw(this.cursor.x, this.cursor.y);
    } else if (this.line) {
      this.lift();
    } else {
      this.listeners.began();
      this.draw(this.cursor.x, this.cursor.y);
    }
    this.show();
    this.listeners.changed();
  }
}
