// @ts-check
/** Inspect one neuron: what comes in, the sum, the activation, the images that excite it; or the 784 inputs. */

import { Bars, number, signed } from "./bars.js";
import { activationChart } from "./charts.js";
import { make, rove, say } from "./dom.js";
import { DIRECTIONS, GRID, clip } from "./inputs.js";
import { largest } from "./network.js";
import { cellOf, colours, paintBehind, paintCell, paintEdges, paintInk, paintInputs } from "./paint.js";
/** @import { Place, Store } from "./store.js" */

const FIELD = 320; // side of a canvas, pixels
const COMPASS = ["up", "up and right", "right", "down and right", "down", "down and left", "left", "up and left"];

/** @param {Place} place @param {number[]} sizes */
function titleOf({ layer, neuron }, sizes) {
  if (layer === 0) return `The ${sizes[0]} inputs`;
  return layer === sizes.length - 1 ? `Output ${neuron}` : `Layer ${layer + 1}, neuron ${neuron + 1}`;
}

export class Inspector {
  /**
   * @param {HTMLElement} root
   * @param {Store} store
   * @param {(index: number) => Uint8Array} imageAt
   * @param {(image: Uint8Array) => void} open puts an image into the network
   */
  constructor(root, store, imageAt, open) {
    this.root = root;
    this.store = store;
    this.imageAt = imageAt;
    this.open = open;
    this.release = make("button", { class: "small", click: () => store.set({ pinned: null }) }, "Show the winning output");
    this.title = make("h2");
    this.words = make("p", { class: "note" });
    this.body = make("div", { class: "body" });
    root.replaceChildren(make("div", { class: "head-line" }, this.title, this.release), this.words, this.body);
    this.built = "";
    /** @type {() => void} */
    this.refresh = () => {};
  }

  /** Rebuild everything at the next `show`, because the colours have changed. */
  forget() {
    this.built = "";
  }

  /** Show the neuron in focus. */
  show() {
    const { model, pinned, thought } = this.store.state;
    const focus = this.store.focus;
    const { sizes } = model.network;
    this.release.hidden = pinned === null;
    const key = `${model.data.title} ${focus.layer} ${focus.neuron}`;
    if (this.built !== key) {
      this.built = key;
      say(this.title, titleOf(focus, sizes));
      this.body.replaceChildren();
      this.refresh = focus.layer === 0 ? this.buildInputs() : this.buildNeuron(focus);
    }
    say(this.words, thought || focus.layer > 0 ? this.explain(focus) : "Nothing is drawn: nothing comes in.");
    this.refresh();
  }

  /** @param {Place} focus */
  explain({ layer, neuron }) {
    const { network, encoding } = this.store.state.model;
    const last = network.sizes.length - 1;
    if (layer === 0)
      return encoding.edges
        ? "Touch a place to see in which of 16 directions the outline runs there."
        : "Touch a place: each of its 16 pixels is an input. Shift or slant the digit, and most of them change. So a network that gets edges instead makes fewer mistakes.";
    const sum =
      layer === 1 ? "It weighs all the inputs" : `It weighs the ${network.sizes[layer - 1]} neurons before it`;
    return layer === last
      ? `${sum}, adds them up, and says how sure it is that this is a ${neuron}${network.costFunction.sumsToOne ? "" : ", independently of the other nine"}.`
      : `${sum}, adds them up, and passes on how strongly it is excited.`;
  }

  /** @param {Place} focus @returns {() => void} */
  buildNeuron(focus) {
    const { layer, neuron } = focus;
    const { store, body } = this;
    const { model } = store.state;
    const { network, encoding } = model;
    const last = layer === network.sizes.length - 1;
    const { name, curve, shifts } = activationOf(network, last);
    const through = layer > 1 ? ", through the layers before it" : "";
    const field = this.field(`What ${titleOf(focus, network.sizes)} looks for${through}`);
    const sum = make("dl", { class: "sum" });
    const values = ["Σ weight × input", "+ bias", "= sum Z", `A = ${name}(Z)`].map((label) => {
      const value = make("dd");
      sum.append(make("dt", {}, label), value);
      return value;
    });
    let plot = activationChart(curve(0, 0.5), name);
    const chart = make("div", {}, plot.chart);
    body.append(
      make(
        "div",
        { class: "look" },
        figure(
          field,
          encoding.edges ? "Outline here: " : "Ink here: ",
          make("span", { class: "key positive" }, "excites it"),
          " ",
          make("span", { class: "key negative" }, "inhibits it"),
        ),
        make("div", {}, sum, chart),
      ),
    );
    const bars = new Bars(store, focus);
    body.append(make("h3", {}, "What comes in"), bars.list, bars.note);
    const { strongest, shown } = model.data;
    const images = strongest[layer - 1]?.[shown[layer - 1].indexOf(neuron)] ?? [];
    if (images.length)
      body.append(
        make("h3", {}, "These images excite it most"),
        digitList(
          images.map((index) => ({ image: this.imageAt(index), words: "", name: "Put this image into the network" })),
          ({ image }) => this.open(image),
          "strongest",
        ),
      );

    return () => {
      const { thought, place } = store.state;
      const pass = thought?.pass ?? network.propagate(new Float32Array(network.sizes[0]));
      const [z, a, bias] = [
        pass.sums[layer][neuron],
        pass.activations[layer][neuron],
        network.biases[layer - 1][neuron],
      ];
      [number(z - bias), signed(bias), number(z), number(a, 3)].forEach((text, at) =>
        say(values[at], thought || at === 1 ? text : "–"),
      );
      if (shifts) {
        plot = activationChart(curve(z, a), name);
        chart.replaceChildren(plot.chart);
      }
      plot.move(thought ? z : null);
      const weights = network.sensitivity(pass, layer, neuron);
      const full = largest(weights) || 1;
      paintInputs(field, weights, full * 0.8, encoding.edges);
      if (thought) paintBehind(field, thought.deskewed, 0.22);
      if (place !== null) paintCell(field, place);
      bars.show();
    };
  }

  /** A canvas whose 7×7 places can be pointed at. @param {string} label */
  field(label) {
    const canvas = make("canvas", { class: "field", role: "img", "aria-label": label, width: FIELD, height: FIELD });
    pointAtCells(canvas, this.store);
    return canvas;
  }

  /** The inputs, and the features of the place that is touched. @returns {() => void} */
  buildInputs() {
    const { store, body } = this;
    const { encoding } = store.state.model;
    const digit = this.field("The digit that the network is shown");
    const inputs = this.field("The inputs");
    const words = make("p", { role: "status" });
    const figures = encoding.edges
      ? [figure(digit, encoding.steps[encoding.steps.length - 2]), figure(inputs, "Its edges, in 7×7 places")]
      : [figure(digit, encoding.steps[encoding.steps.length - 1])];
    body.append(make("div", { class: "look" }, ...figures), words);
    return () => {
      const { thought, place } = store.state;
      const { ink } = colours();
      digit.getContext("2d")?.clearRect(0, 0, FIELD, FIELD);
      if (place !== null) paintCell(digit, place);
      if (thought) paintBehind(digit, thought.deskewed, 0.85);
      if (encoding.edges) paintEdges(inputs, thought?.features ?? [], 160, { positive: ink, negative: ink }, place);
      say(words, thought && place !== null ? placeInWords(thought.features, place, encoding.edges) : "");
    };
  }
}

/** A picture with words below it. @param {Element} picture @param {(Node | string)[]} words */
const figure = (picture, ...words) => make("figure", {}, picture, make("figcaption", {}, ...words));

/** Describe the features of one place. @param {Uint8Array} features @param {number} place @param {boolean} edges */
function placeInWords(features, place, edges) {
  const where = `Row ${Math.floor(place / GRID) + 1}, column ${(place % GRID) + 1}`;
  if (!edges) {
    const cell = Array.from(features).filter((_, at) => cellOf(at, false) === place);
    return `${where} of 7×7: 16 pixels, mean brightness ${number(cell.reduce((sum, value) => sum + value, 0) / cell.length / 255)} of 1.`;
  }
  const strengths = Array.from({ length: DIRECTIONS }, (_, k) => features[k * GRID ** 2 + place]);
  const most = Math.max(...strengths);
  if (most < 25) return `${where}: hardly any outline here.`;
  const direction = strengths.indexOf(most);
  // Direction k points into the ink; the outline runs a quarter turn before it, and COMPASS begins upwards.
  return `${where}: the outline runs mostly ${COMPASS[Math.round(direction / 2) % 8]}, with the ink on its right (strength ${most} of 255).`;
}

/**
 * Let a pointer over a square canvas choose one of its 7×7 places.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {Store} store
 */
export function pointAtCells(canvas, store) {
  /** @param {PointerEvent} event */
  const point = (event) => {
    const box = canvas.getBoundingClientRect();
    const [column, row] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height].map((share) =>
      clip(Math.floor(share * GRID), 0, GRID - 1),
    );
    const place = row * GRID + column;
    if (store.state.place !== place) store.set({ place });
  };
  canvas.addEventListener("pointermove", point);
  canvas.addEventListener("pointerdown", point);
  canvas.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && store.set({ place: null }));
}

/**
 * The name of a layer's activation, and its curve for one neuron.
 *
 * @param {import("./network.js").Network} network
 * @param {boolean} last
 */
function activationOf(network, last) {
  const { costFunction, activation } = network;
  if (!last) return { name: activation.name, curve: () => activation.activate, shifts: false };
  // Softmax: each output is σ(z − ln Σ e^z of the others), a shifted σ.
  const curve = (/** @type {number} */ z, /** @type {number} */ a) => {
    const others = costFunction.sumsToOne ? z - Math.log(a / (1 - a)) : 0;
    return (/** @type {number} */ x) => 1 / (1 + Math.exp(others - x));
  };
  return { name: costFunction.name, curve, shifts: costFunction.sumsToOne };
}

/**
 * Digits to tap, each with visible words and a name for screen readers.
 *
 * @template {{image: Uint8Array, words: string, name: string}} Item
 * @param {Item[]} items @param {(item: Item) => void} open @param {string} [kind] a class
 */
export function digitList(items, open, kind = "") {
  const list = make("div", { class: `digits ${kind}` });
  for (const item of items) {
    const canvas = make("canvas", { "aria-hidden": "true" });
    paintInk(canvas, item.image);
    list.append(
      make("button", { click: () => open(item) }, canvas, make("span", { class: "hidden" }, item.name), item.words),
    );
  }
  rove(list);
  return list;
}
