// @ts-check
/** What comes into a neuron, as bars: weight × activation of each input. */

import { make, say } from "./dom.js";
/** @import { Place, Store } from "./store.js" */

const MAX_LISTED = 20; // inputs of a neuron listed one by one

/** @param {number} value @param {number} [decimals] */
export const number = (value, decimals = 2) =>
  value
    .toFixed(decimals)
    .replace(/^-(?=0\.0*$)/, "")
    .replace("-", "−");

/** @param {number} value */
export const signed = (value) => (Math.abs(value) < 0.005 ? "0" : (value < 0 ? "" : "+") + number(value));

/** The inputs of a neuron as bars: what each adds to the sum. */
export class Bars {
  /** @param {Store} store @param {Place} focus */
  constructor(store, { layer, neuron }) {
    this.store = store;
    this.layer = layer;
    this.neuron = neuron;
    this.list = make("ol", { class: "bars" });
    this.note = make("p", { class: "note" });
    const { network } = store.state.model;
    const n = network.sizes[layer - 1];
    this.weights = network.weights[layer - 1].subarray(neuron * n, (neuron + 1) * n);
    const strongest = Array.from(this.weights.keys())
      .sort((one, other) => Math.abs(this.weights[other]) - Math.abs(this.weights[one]))
      .slice(0, MAX_LISTED);
    const inputs = layer === 1 ? [-1, -2] : strongest.sort((one, other) => one - other);
    if (layer > 1) this.note.textContent = n > MAX_LISTED ? `The ${MAX_LISTED} largest weights of ${n}.` : "";
    this.rows = inputs.map((input) => this.row(input));
    this.list.append(...this.rows.map(({ item }) => item));
  }

  /** @param {number} input index in the layer before; −1 and −2: the sum of all that excite it, and inhibit it */
  row(input) {
    const [term, bar, value] = [make("span", { class: "term" }), make("i"), make("span", { class: "value" })];
    const name = input >= 0 ? `neuron ${input + 1}` : input === -1 ? "excite it" : "inhibit it";
    const item = make("li", {}, make("span", {}, name), term, make("span", { class: "bar" }, bar), value);
    if (input >= 0) {
      const { layer, neuron, store } = this;
      item.addEventListener("pointerenter", () => store.set({ link: { layer, neuron, input } }));
      item.addEventListener("pointerleave", () => store.set({ link: null }));
    }
    return { input, item, term, bar, value };
  }

  show() {
    const { thought, pointed, link } = this.store.state;
    const below = thought?.pass.activations[this.layer - 1];
    const brought = below && this.weights.map((weight, j) => weight * below[j]);
    const sums = [
      brought?.reduce((sum, value) => sum + Math.max(value, 0), 0) ?? 0,
      brought?.reduce((sum, value) => sum + Math.min(value, 0), 0) ?? 0,
    ];
    const values = this.rows.map(({ input }) => (input < 0 ? sums[-input - 1] : (brought?.[input] ?? 0)));
    const full = Math.max(...values.map(Math.abs)) || 1;
    this.rows.forEach(({ input, item, term, bar, value }, at) => {
      if (input >= 0) say(term, below ? `${number(this.weights[input], 1)} × ${number(below[input])}` : "");
      bar.className = values[at] < 0 ? "negative" : "positive";
      bar.style.setProperty("--part", (Math.abs(values[at]) / full).toFixed(3));
      say(value, below ? signed(values[at]) : "");
      const isPointed = pointed?.layer === this.layer - 1 && pointed.neuron === input;
      item.classList.toggle("pointed", isPointed || link?.input === input);
    });
  }
}
