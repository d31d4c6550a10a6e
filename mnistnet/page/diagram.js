// @ts-check
/** The network as a picture: its layers of neurons, and the signals between them. */

import { make, rove, say } from "./dom.js";
import { GRID, PIXELS, SIDE, clip } from "./inputs.js";
import { cellOf, colours, contextOf, paintSigned, placesOf, rgba } from "./paint.js";
import { percent } from "./prediction.js";
/** @import { Model } from "./model.js" */
/** @import { Place, Store } from "./store.js" */
/** @import { Palette } from "./paint.js" */

/**
 * What the diagram shows.
 *
 * @typedef {object} Flow
 * @property {(ArrayLike<number> | null)[]} values of the neurons of layers 1 … L at 0 … L − 1; null for a dark layer
 * @property {(l: number, i: number, j: number) => number} carried by the connection from neuron j at `values[l]` to i in
 *     the next layer
 * @property {number[]} full for each of `values`, the size that is shown in full colour
 * @property {number[]} fullFlow the same for each layer of connections
 * @property {boolean} numbered whether numbers are written into the neurons
 */

/**
 * @typedef {{layer: number, index: number, button: HTMLButtonElement, value: HTMLElement, x: number, y: number}}
 *     Neuron
 */

const LINE_SHADES = 8;
const MIN_FLOW = 0.05; // strength / full strength; weaker lines aren't drawn
const FADED = 0.1; // opacity of the lines that don't belong to the neuron that is pointed at

/** A number in few characters. @param {number} value */
export function short(value) {
  const size = Math.abs(value);
  const text = size >= 9.95 ? size.toFixed(0) : size >= 0.995 ? size.toFixed(1) : size.toFixed(2).slice(1);
  return text === ".00" ? "0" : (value < 0 ? "−" : "") + text;
}

/** Colour an element by a signed strength. @param {HTMLElement} element @param {number} strength −1 to 1 */
export function light(element, strength) {
  const lit = strength.toFixed(2);
  if (element.dataset.lit === lit) return;
  element.dataset.lit = lit;
  element.style.setProperty("--lit", String(Math.min(Math.abs(Number(lit)), 1)));
  element.classList.toggle("negative", strength < 0);
}

/**
 * The flow of the forward pass.
 *
 * @param {Model} model
 * @param {ArrayLike<number>[]} activations
 * @returns {Flow}
 */
export function forwardFlow({ network }, activations) {
  const { sizes, weights } = network;
  return {
    values: activations,
    carried: (l, i, j) => weights[l][i * sizes[l] + j] * activations[l][j],
    full: sizes.map(() => 1),
    fullFlow: [1, ...Array(sizes.length - 2).fill(4)],
    numbered: true,
  };
}

export class Diagram {
  /** @param {HTMLElement} root @param {HTMLElement} sheet where the inputs come from @param {Store} store
   * @param {(place: Place) => void} tapped */
  constructor(root, sheet, store, tapped) {
    this.root = root;
    this.sheet = sheet;
    /** @type {[number, number]} top and bottom of the sheet, in pixels of the diagram */
    this.span = [0, 0];
    this.store = store;
    this.tapped = tapped;
    this.lines = make("canvas", { "aria-hidden": "true" });
    this.tiles = make("canvas");
    this.width = this.height = this.size = 0; // pixels; `layout` sets them
    /** @type {{head: HTMLElement, neurons: Neuron[]}[]} */
    this.layers = [];
    /** @type {{box: HTMLElement, bar: HTMLElement, words: HTMLElement}[]} */
    this.outputs = [];
    this.places = placesOf(true);
    this.build();
    rove(root, "button", (from, key) => this.neighbour(from, key));
    const resized = new ResizeObserver(() => {
      this.layout();
      this.draw();
    });
    for (const one of [root, sheet]) resized.observe(one);
  }

  /** Make the neurons of the model. */
  build() {
    const { network, data, encoding } = this.store.state.model;
    this.places = placesOf(encoding.edges);
    this.root.replaceChildren(this.lines);
    this.layers = network.sizes.map((size, l) => {
      const shown = l === 0 ? [] : data.shown[l - 1];
      const of = shown.length < size && l > 0 ? `${shown.length} of ${size}` : String(size);
      const head = make(
        "span",
        { class: "head" },
        make("b", {}, of),
        make("span", {}, l === 0 ? " inputs" : l === network.sizes.length - 1 ? " outputs" : " neurons"),
      );
      if (l > 0) this.root.append(head);
      return { head, neurons: shown.map((index) => this.neuron(l, index, l === network.sizes.length - 1)) };
    });
    this.outputs = this.layers[this.layers.length - 1].neurons.map(({ index }) => {
      const bar = make("i");
      const words = make("span");
      // The neuron beside it says the same.
      const box = this.root.appendChild(
        make(
          "span",
          { class: "output", "aria-hidden": "true" },
          make("b", {}, String(index)),
          make("span", { class: "bar" }, bar),
          words,
        ),
      );
      return { box, bar, words };
    });
    this.layout();
  }

  /** @param {number} layer @param {number} index @param {boolean} last */
  neuron(layer, index, last) {
    const value = make("span", {}, "");
    const place = { layer, neuron: index };
    const point = () => this.store.set({ pointed: place });
    const leave = () => this.store.state.pointed === place && this.store.set({ pointed: null });
    const name = last ? `Output for ${index}: ` : `Layer ${layer + 1}, neuron ${index + 1}: `;
    const button = make(
      "button",
      {
        class: "neuron",
        "aria-pressed": "false",
        click: () => this.tapped(place),
        pointerenter: (/** @type {PointerEvent} */ event) => event.pointerType === "mouse" && point(),
        pointerleave: leave,
        focus: () => button.matches(":focus-visible") && point(),
        blur: leave,
      },
      make("span", { class: "hidden" }, name),
      value,
    );
    this.root.append(button);
    return { layer, index, button, value, x: 0, y: 0 };
  }

  /** @param {Place} place */
  buttonOf({ layer, neuron }) {
    return this.layers[layer]?.neurons.find(({ index }) => index === neuron)?.button;
  }

  /** Where an arrow key leads from a neuron. @param {HTMLElement} from @param {string} key */
  neighbour(from, key) {
    const all = this.layers;
    const layer = all.findIndex(({ neurons }) => neurons.some(({ button }) => button === from));
    const at = all[layer].neurons.findIndex(({ button }) => button === from);
    if (key === "ArrowUp" || key === "ArrowDown")
      return all[layer].neurons[at + (key === "ArrowDown" ? 1 : -1)]?.button;
    const beside = all[layer + (key === "ArrowRight" ? 1 : -1)]?.neurons ?? [];
    const { y } = all[layer].neurons[at];
    return [...beside].sort((one, other) => Math.abs(one.y - y) - Math.abs(other.y - y))[0]?.button;
  }

  /** Lay out the diagram. Positions are percentages, so that printing can scale them. */
  layout() {
    const { root, layers } = this;
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    if (!root.clientWidth || !this.outputs.length) return;
    const columns = layers.length - 1;
    this.size = 1.5 * rem;
    const first = clip(root.clientWidth * 0.16, 1.5 * rem, 7 * rem) + 2.2 * this.size;
    const room = 7.6 * rem; // for the outputs' bars
    root.style.minWidth = `${first + (columns - 1) * 2.2 * rem + room}px`;
    const [width, height] = [root.clientWidth, root.clientHeight];
    const top = 1.6 * rem;
    Object.assign(this, { width, height });
    const [sheet, box] = [this.sheet.getBoundingClientRect(), root.getBoundingClientRect()];
    const isBeside = sheet.right <= box.left + 1; // on a phone it is above
    this.span = isBeside ? [Math.max(sheet.top - box.top, 0), sheet.bottom - box.top] : [0.3 * height, 0.7 * height];
    this.lines.width = width * devicePixelRatio;
    this.lines.height = height * devicePixelRatio;
    const across = (/** @type {number} */ x) => `${(100 * x) / width}%`;
    const down = (/** @type {number} */ y) => `${(100 * y) / height}%`;
    layers.forEach(({ head, neurons }, l) => {
      const x = columns === 1 ? width - room : first + ((l - 1) / (columns - 1)) * (width - room - first);
      head.style.left = across(x);
      neurons.forEach((neuron, at) => {
        neuron.x = x;
        neuron.y = top + ((at + 0.5) * (height - top)) / neurons.length;
        neuron.button.style.left = across(x);
        neuron.button.style.top = down(neuron.y);
      });
    });
    this.outputs.forEach(({ box }, digit) => {
      const { x, y } = layers[columns].neurons[digit];
      box.style.left = across(x + 0.75 * this.size);
      box.style.top = down(y);
    });
  }

  /** Draw what flows, or a dark network if the sheet is blank. */
  draw() {
    if (!this.height) return;
    const { model, thought, backward, pinned, pointed } = this.store.state;
    const activations = thought?.pass.activations;
    const flow = backward ?? (activations ? forwardFlow(model, activations) : null);
    const alone = pointed ?? pinned;
    const focus = this.store.focus;
    this.layers.forEach(({ neurons }, l) => {
      const values = flow?.values[l];
      for (const { index, button, value } of neurons) {
        say(value, values && flow.numbered ? short(values[index]) : "");
        light(button, values ? values[index] / flow.full[l] : 0);
        const isFocus = focus.layer === l && focus.neuron === index;
        const pressed = String(isFocus);
        if (button.getAttribute("aria-pressed") !== pressed) button.setAttribute("aria-pressed", pressed);
        button.classList.toggle(
          "faded",
          alone !== null && alone.layer > 0 && button !== this.buttonOf(alone) && Math.abs(alone.layer - l) !== 1,
        );
      }
    });
    const outputs = activations?.at(-1);
    const best = outputs && Math.max(...outputs);
    this.outputs.forEach(({ box, bar, words }, digit) => {
      box.classList.toggle("best", outputs !== undefined && outputs[digit] === best);
      bar.style.setProperty("--part", (outputs?.[digit] ?? 0).toFixed(3));
      say(words, outputs ? percent(outputs[digit]) : "");
    });
    this.drawLines(flow, alone);
  }

  /** Draw all connections. @param {Flow | null} flow @param {Place | null} alone lines of other neurons are faint */
  drawLines(flow, alone) {
    const { layers } = this;
    const context = contextOf(this.lines);
    const palette = colours();
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    context.clearRect(0, 0, this.lines.width, this.lines.height);
    if (!flow) return;
    // For each strength two colours, and the same again for lines that stay faint.
    const bundles = Array.from({ length: 4 * LINE_SHADES }, () => new Path2D());
    /**
     * @param {number} part −1 to 1
     * @param {boolean} faint
     * @param {number} x0
     * @param {number} y0
     * @param {number} x1
     * @param {number} y1
     */
    const line = (part, faint, x0, y0, x1, y1) => {
      const size = Math.min(Math.abs(part), 1);
      if (size < MIN_FLOW) return;
      const bundle =
        bundles[4 * Math.min(Math.floor(size * LINE_SHADES), LINE_SHADES - 1) + (faint ? 2 : 0) + (part < 0 ? 1 : 0)];
      const bend = (x1 - x0) / 2;
      bundle.moveTo(x0, y0);
      bundle.bezierCurveTo(x0 + bend, y0, x1 - bend, y1, x1, y1);
    };
    const { link } = this.store.state;
    /** @param {number} l @param {number} to @param {number | null} from */
    const isFaint = (l, to, from) => {
      if (link) return !(link.layer === l && link.neuron === to && link.input === from);
      if (!alone || alone.layer === 0) return false;
      return !(alone.layer === l && alone.neuron === to) && !(alone.layer === l - 1 && alone.neuron === from);
    };
    const gap = this.size / 2;
    for (let l = 1; l < layers.length - 1; l++) {
      if (!flow.values[l] || !flow.values[l + 1]) continue;
      for (const to of layers[l + 1].neurons) {
        for (const from of layers[l].neurons) {
          const carried = flow.carried(l, to.index, from.index) / flow.fullFlow[l];
          line(carried, isFaint(l + 1, to.index, from.index), from.x + gap, from.y, to.x - gap, to.y);
        }
      }
    }
    if (flow.values[0] && flow.values[1])
      this.drawFan(
        context,
        flow,
        (part, to, x0, y0, x1, y1) => line(part, isFaint(1, to, null), x0, y0, x1, y1),
        palette,
      );
    bundles.forEach((bundle, at) => {
      const strength = (Math.floor(at / 4) + 0.7) / LINE_SHADES;
      context.strokeStyle = rgba(
        at % 2 ? palette.negative : palette.positive,
        (0.1 + 0.75 * strength) * (at % 4 > 1 ? FADED : 1),
      );
      context.lineWidth = 0.6 + 2.6 * strength;
      context.stroke(bundle);
    });
  }

  /**
   * Draw what each neuron of the first hidden layer gets: a square with all 784 connections, and a line for the sum
   * of each of the seven rows of cells.
   *
   * @param {CanvasRenderingContext2D} context
   * @param {Flow} flow
   * @param {(part: number, to: number, x0: number, y0: number, x1: number, y1: number) => void} line
   * @param {Palette} palette
   */
  drawFan(context, flow, line, palette) {
    const { neurons } = this.layers[1];
    const { edges } = this.store.state.model.encoding;
    const tile = this.size * 0.95;
    const [top, bottom] = this.span;
    if (this.tiles.height !== SIDE * neurons.length)
      [this.tiles.width, this.tiles.height] = [SIDE, SIDE * neurons.length];
    const tiles = contextOf(this.tiles);
    const pixels = tiles.createImageData(SIDE, SIDE * neurons.length);
    const carried = new Float32Array(PIXELS);
    context.imageSmoothingEnabled = false;
    for (const [at, { index, x, y }] of neurons.entries()) {
      const sums = new Float32Array(GRID);
      for (let j = 0; j < PIXELS; j++) {
        carried[j] = flow.carried(0, index, j);
        sums[Math.floor(cellOf(j, edges) / GRID)] += carried[j];
      }
      paintSigned(
        { data: pixels.data.subarray(4 * PIXELS * at, 4 * PIXELS * (at + 1)) },
        carried,
        this.places,
        flow.fullFlow[0] / 7,
        palette,
      );
      const left = x - tile / 2 - 3 - tile;
      sums.forEach((sum, row) =>
        line(sum / flow.fullFlow[0] / 3, index, 0, top + ((row + 0.5) * (bottom - top)) / GRID, left, y),
      );
    }
    tiles.putImageData(pixels, 0, 0);
    neurons.forEach(({ x, y }, at) =>
      context.drawImage(this.tiles, 0, at * SIDE, SIDE, SIDE, x - 1.5 * tile - 3, y - tile / 2, tile, tile),
    );
  }
}
