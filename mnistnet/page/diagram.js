// @ts-check
/** The network as a picture: its layers of neurons, and between them what flows. */

import { PIXELS, PLACES, SIDE, clip } from "./inputs.js";
import { colours, contextOf, paintRoses, paintSigned, placesOf, rgba } from "./paint.js";
/** @import { Network } from "./network.js" */
/** @import { Palette } from "./paint.js" */

/**
 * What is to be seen in the network.
 *
 * @typedef {object} Flow
 * @property {(Float32Array | null)[]} values of the neurons of layers 1 … L at 0 … L − 1; null for a layer without light
 * @property {(l: number, i: number, j: number) => number} carried by the connection from neuron j at `values[l]` to i in
 *     the next layer
 * @property {number[]} full for each of `values`, the size that is lit fully; for each layer of connections as well
 * @property {number[]} fullFlow
 * @property {boolean} [told] false where no number is written into the neurons
 */

const LINE_SHADES = 8;
const FAINTEST = 0.04; // what carries less is left out

/** A number in few characters. @param {number} value */
export function short(value) {
  const size = Math.abs(value);
  const text = size >= 9.95 ? size.toFixed(0) : size >= 0.995 ? size.toFixed(1) : size.toFixed(2).slice(1);
  return text === ".00" ? "0" : (value < 0 ? "−" : "") + text;
}

/** Colour an element by a signed part of full strength. @param {HTMLElement} element @param {number} part −1 to 1 */
export function light(element, part) {
  const lit = Math.min(Math.abs(part), 1);
  const before = element.dataset.lit;
  element.dataset.lit = part.toFixed(2);
  if (before === element.dataset.lit) return;
  element.style.setProperty("--lit", lit.toFixed(2));
  element.style.setProperty("--colour", `var(--${part < 0 ? "negative" : "positive"})`);
  element.classList.toggle("lit", lit > 0.55);
}

/** @template {keyof HTMLElementTagNameMap} Tag @param {Tag} tag @param {string} [className] @param {string} [text] */
export function element(tag, className = "", text = "") {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.textContent = text;
  return made;
}

export class Diagram {
  /**
   * @param {HTMLElement} root
   * @param {Network} network
   * @param {number[][]} shown for each layer from the second, the neurons that are drawn: all, or some of a wide one
   * @param {boolean} roses whether the inputs are directions at places
   * @param {((layer: number, neuron: number) => void) | null} select called when a neuron is tapped; null: only to look at
   */
  constructor(root, network, shown, roses, select) {
    this.root = root;
    this.network = network;
    this.shown = shown;
    this.roses = roses;
    this.places = placesOf(roses);
    this.lines = root.appendChild(element("canvas"));
    this.picture = root.appendChild(element("canvas", "input"));
    this.tiles = element("canvas");
    this.side = this.tile = this.middle = 0; // pixels; `layout` sets them
    /** @type {Flow | null} */
    this.flow = null;
    this.layers = network.sizes.map((size, l) => ({
      head: root.appendChild(element("span", "head", headOf(size, l, shown))),
      neurons: l === 0 ? [] : shown[l - 1].map((i) => this.neuron(l, i, select)),
    }));
    this.outputs = Array.from({ length: network.sizes[network.sizes.length - 1] }, (_, digit) => {
      const output = root.appendChild(element("span", "output"));
      output.append(element("b", "", String(digit)), element("span"));
      output.setAttribute("aria-hidden", "true"); // the neuron beside it says the same
      return output;
    });
    new ResizeObserver(() => this.layout()).observe(root);
  }

  /** @param {number} l @param {number} index @param {((layer: number, neuron: number) => void) | null} select */
  neuron(l, index, select) {
    const made = this.root.appendChild(element(select ? "button" : "span", "neuron"));
    const value = element("span", "", "0");
    if (select) {
      const last = l === this.network.sizes.length - 1;
      made.append(element("span", "hidden", last ? `Output for ${index}: ` : `Layer ${l + 1}, neuron ${index + 1}: `));
      made.setAttribute("aria-pressed", "false");
      made.addEventListener("click", () => select(l, index));
    }
    made.append(value);
    return { index, button: made, value, x: 0, y: 0 };
  }

  /** Mark the neuron that is looked into. @param {number} layer @param {number} neuron */
  mark(layer, neuron) {
    this.layers.forEach(({ neurons }, l) => {
      for (const { button, index } of neurons) button.setAttribute("aria-pressed", String(l === layer && index === neuron));
    });
  }

  /** Give everything its place; called again when the room changes. */
  layout() {
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const width = this.root.clientWidth;
    if (!width) return;
    const top = 3 * rem;
    const rows = Math.max(...this.layers.map(({ neurons }) => neurons.length));
    const height = Math.max(rows * 1.85 * rem, 19 * rem);
    this.tile = 1.6 * rem;
    this.side = clip(width * 0.22, 4 * rem, 15 * rem);
    const columns = this.layers.length - 1;
    const first = this.side + clip(width * 0.13, 1.2 * rem, 9 * rem) + this.tile + rem;
    const last = Math.max(width - 5.4 * rem, first + (columns - 1) * 2.4 * rem);
    const full = Math.max(width, last + 5.4 * rem);
    this.root.style.height = `${top + height}px`;
    this.middle = top + height / 2;
    const ratio = window.devicePixelRatio;
    this.lines.width = full * ratio;
    this.lines.height = (top + height) * ratio;
    this.lines.style.width = `${full}px`;
    this.lines.style.height = `${top + height}px`;
    this.picture.width = this.picture.height = this.roses ? Math.round(this.side * ratio) : SIDE;
    Object.assign(this.picture.style, { width: `${this.side}px`, height: `${this.side}px`, top: `${this.middle - this.side / 2}px` });
    this.picture.style.imageRendering = this.roses ? "auto" : "pixelated";
    this.layers.forEach(({ head, neurons }, l) => {
      const x = l === 0 ? this.side / 2 : columns === 1 ? last : first + ((l - 1) / (columns - 1)) * (last - first);
      head.style.left = `${x}px`;
      neurons.forEach((neuron, at) => {
        neuron.x = x;
        neuron.y = top + ((at + 0.5) * height) / neurons.length;
        neuron.button.style.left = `${x}px`;
        neuron.button.style.top = `${neuron.y}px`;
      });
    });
    this.layers[0].head.style.top = `${this.middle - this.side / 2 - 2.4 * rem}px`;
    this.outputs.forEach((output, digit) => {
      const { x, y } = this.layers[columns].neurons[digit];
      output.style.left = `${x + 1.3 * rem}px`;
      output.style.top = `${y}px`;
    });
    this.draw();
  }

  /** Show what flows, or an unlit network for null. @param {Flow | null} flow */
  show(flow) {
    this.flow = flow;
    this.draw();
  }

  draw() {
    if (!this.side) return;
    const { flow } = this;
    const palette = colours();
    this.drawInputs(palette);
    this.layers.forEach(({ neurons }, l) => {
      const values = flow?.values[l];
      for (const { index, button, value } of neurons) {
        const text = values && flow?.told !== false ? short(values[index]) : "";
        if (value.textContent !== text) value.textContent = text;
        light(button, values ? values[index] / /** @type {Flow} */ (flow).full[l] : 0);
      }
    });
    this.drawLines(palette);
  }

  /** The picture of the inputs. @param {Palette} palette */
  drawInputs(palette) {
    const inputs = this.flow?.values[0];
    const context = contextOf(this.picture);
    if (!inputs) context.clearRect(0, 0, this.picture.width, this.picture.height);
    else if (this.roses) paintRoses(this.picture, inputs, /** @type {Flow} */ (this.flow).full[0], palette);
    else {
      const pixels = context.createImageData(SIDE, SIDE);
      paintSigned(pixels, inputs, this.places, /** @type {Flow} */ (this.flow).full[0], palette);
      context.putImageData(pixels, 0, 0);
    }
  }

  /** All connections. @param {Palette} palette */
  drawLines(palette) {
    const context = contextOf(this.lines);
    const ratio = window.devicePixelRatio;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, this.lines.width, this.lines.height);
    if (!this.flow) return;
    const bundles = Array.from({ length: 2 * LINE_SHADES }, () => new Path2D());
    /** @param {number} part −1 to 1 @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1 */
    const line = (part, x0, y0, x1, y1) => {
      const size = Math.min(Math.abs(part), 1);
      if (size < FAINTEST) return;
      const bundle = bundles[2 * Math.min(Math.floor(size * LINE_SHADES), LINE_SHADES - 1) + (part < 0 ? 1 : 0)];
      const bend = (x1 - x0) / 2;
      bundle.moveTo(x0, y0);
      bundle.bezierCurveTo(x0 + bend, y0, x1 - bend, y1, x1, y1);
    };
    const gap = this.tile / 2;
    for (let l = 1; l < this.layers.length - 1; l++) {
      if (!this.flow.values[l] || !this.flow.values[l + 1]) continue;
      for (const to of this.layers[l + 1].neurons) {
        for (const from of this.layers[l].neurons) {
          const carried = this.flow.carried(l, to.index, from.index) / this.flow.fullFlow[l];
          line(carried, from.x + gap, from.y, to.x - gap, to.y);
        }
      }
    }
    if (this.flow.values[0] && this.flow.values[1]) this.drawFan(context, line, palette);
    for (let shade = 0; shade < LINE_SHADES; shade++) {
      for (const sign of [0, 1]) {
        const strength = (shade + 0.7) / LINE_SHADES;
        context.strokeStyle = rgba(sign ? palette.negative : palette.positive, 0.12 + 0.75 * strength);
        context.lineWidth = 0.6 + 2.4 * strength;
        context.stroke(bundles[2 * shade + sign]);
      }
    }
  }

  /** What each neuron of the first layer gets: a square with all 784 connections, and a line for each of 7×7 places,
   * with the sum of its 16. @param {CanvasRenderingContext2D} context
   * @param {(part: number, x0: number, y0: number, x1: number, y1: number) => void} line
   * @param {Palette} palette */
  drawFan(context, line, palette) {
    const { neurons } = this.layers[1];
    const [flow, side, tile] = [/** @type {Flow} */ (this.flow), this.side, this.tile];
    this.tiles.width = SIDE;
    this.tiles.height = SIDE * neurons.length;
    const carried = new Float32Array(PIXELS);
    context.imageSmoothingEnabled = false;
    for (const [at, { index, x, y }] of neurons.entries()) {
      const sums = new Float32Array(PLACES ** 2);
      for (let j = 0; j < PIXELS; j++) {
        carried[j] = flow.carried(0, index, j);
        const pixel = this.places[j];
        sums[Math.floor(pixel / SIDE / 4) * PLACES + Math.floor((pixel % SIDE) / 4)] += carried[j];
      }
      const pixels = contextOf(this.tiles).createImageData(SIDE, SIDE);
      paintSigned(pixels, carried, this.places, flow.fullFlow[0] / 4, palette);
      contextOf(this.tiles).putImageData(pixels, 0, at * SIDE);
      const left = x - tile / 2 - 4 - tile;
      const top = this.middle - side / 2;
      sums.forEach((sum, place) => {
        const [row, column] = [Math.floor(place / PLACES), place % PLACES];
        line(sum / flow.fullFlow[0] / 2, ((column + 0.5) * side) / PLACES, top + ((row + 0.5) * side) / PLACES, left, y);
      });
    }
    neurons.forEach(({ x, y }, at) => {
      context.drawImage(this.tiles, 0, at * SIDE, SIDE, SIDE, x - 1.5 * tile - 4, y - tile / 2, tile, tile);
    });
  }
}

/** @param {number} size @param {number} l @param {number[][]} shown */
function headOf(size, l, shown) {
  if (l === 0) return `${size}\ninputs`;
  if (l === shown.length) return `${size}\noutputs`;
  const drawn = shown[l - 1].length;
  return drawn < size ? `${drawn} of ${size}\nneurons` : `${size}\nneurons`;
}
