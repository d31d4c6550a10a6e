// @ts-check
/** How it learned: snapshots of the training to go back to, and the charts of its epochs. */

import { lineChart } from "./charts.js";
import { byId, make, say } from "./dom.js";
import { largest } from "./network.js";
import { paintInputs } from "./paint.js";
import { percent } from "./prediction.js";
/** @import { Replay } from "./replay.js" */
/** @import { Store } from "./store.js" */

/**
 * @typedef {object} Training
 * @property {number} epoch
 * @property {number[][]} history rows of cost, learning rate and, where it was measured, validation accuracy
 * @property {{history: number[][], words: string}} textbook
 */

const FIELD_SIDE = 112; // pixels
const FIELDS = 15; // neurons of the first layer whose weights are shown

export class Learning {
  /**
   * @param {HTMLElement} root
   * @param {Store} store
   * @param {Replay} replay
   * @param {{changed: () => void, toTwin: (() => void) | null}} page what to call when the parameters have changed,
   *     and to go to the model that has snapshots
   */
  constructor(root, store, replay, page) {
    this.store = store;
    this.replay = replay;
    this.page = page;
    this.at = 0;
    this.words = make("p", { class: "verdict", role: "status" });
    this.slider = make("input", {
      id: "epoch",
      type: "range",
      min: 0,
      step: 1,
      input: () => this.goTo(Number(this.slider.value)),
      "aria-label": "Moment of the training",
    });
    this.stops = make("ol", { class: "stops", "aria-hidden": "true" });
    this.chart = make("div");
    this.fields = make("div", { class: "fields", role: "img", "aria-label": "The weights of the first neurons" });
    this.nothing = make(
      "p",
      {},
      "This model’s file holds no snapshots of its training. The built-in model has them: mnistnet page --model builtin. ",
      page.toTwin ? make("button", { click: page.toTwin }, "See the pixel network’s") : "",
    );
    this.whole = make(
      "div",
      {},
      this.slider,
      this.stops,
      this.words,
      make("h3", {}, "What the first neurons look for"),
      this.fields,
      this.chart,
    );
    root.replaceChildren(
      make("h2", {}, "Watch it learn"),
      make(
        "p",
        { class: "note" },
        "Move the slider to go back to a moment of its training: the network and its answer change with it.",
      ),
      this.nothing,
      this.whole,
    );
  }

  /** Show another model. */
  begin() {
    const { snapshots } = this.store.state.model.data;
    this.nothing.hidden = snapshots !== null;
    this.whole.hidden = snapshots === null;
    if (!snapshots) return;
    this.at = snapshots.epochs.length - 1;
    this.slider.max = this.slider.value = String(this.at);
    this.stops.replaceChildren(...snapshots.epochs.map((epoch) => make("li", {}, epoch ? String(epoch) : "start")));
    const values = snapshots.accuracy;
    const low = Math.floor(20 * Math.min(...values)) / 20;
    this.chart.replaceChildren(
      make("h3", {}, "Accuracy on validation images"),
      lineChart([{ name: "this network", style: "own", values }], {
        low,
        high: 1,
        format: (value) => percent(value, 0),
        unit: "epoch",
        height: 120,
      }),
    );
  }

  /** @param {number} at among the snapshots */
  goTo(at) {
    this.at = at;
    this.store.state.model.goTo(at);
    this.page.changed();
    this.show();
  }

  /** The epoch that the slider is at, and its accuracy on validation images; null at the end of training. */
  get past() {
    const { snapshots } = this.store.state.model.data;
    if (!snapshots || this.at === snapshots.epochs.length - 1) return null;
    const epoch = snapshots.epochs[this.at];
    return { epoch, accuracy: snapshots.accuracy[epoch - 1] };
  }

  /** Return to the end of training. */
  leave() {
    const { snapshots } = this.store.state.model.data;
    if (!snapshots) return;
    const end = snapshots.epochs.length - 1;
    if (this.at < end) this.goTo(end);
    this.slider.value = String(end);
  }

  /** The weights of the first neurons at this moment. */
  showFields() {
    const { network, data, encoding } = this.store.state.model;
    const n = network.sizes[0];
    const neurons = data.shown[0].slice(0, FIELDS);
    if (this.fields.childElementCount !== neurons.length)
      this.fields.replaceChildren(...neurons.map(() => make("canvas", { width: FIELD_SIDE, height: FIELD_SIDE })));
    neurons.forEach((i, at) => {
      const weights = network.weights[0].subarray(i * n, (i + 1) * n);
      const full = largest(weights) || 1;
      paintInputs(/** @type {HTMLCanvasElement} */ (this.fields.children[at]), weights, 0.8 * full, encoding.edges);
    });
  }

  show() {
    const { snapshots } = this.store.state.model.data;
    if (!snapshots) return;
    const epoch = snapshots.epochs[this.at];
    const moment =
      epoch === 0
        ? "Before training, its numbers are random"
        : this.at === snapshots.epochs.length - 1
          ? `At the end, after ${epoch} epochs`
          : `After ${epoch} ${epoch === 1 ? "epoch" : "epochs"}`;
    const right = this.replay.right();
    const score = `it reads ${right.filter(Boolean).length} of ${right.length} test images`;
    this.showFields();
    this.slider.setAttribute("aria-valuetext", moment);
    say(this.words, right.length ? `${moment}${epoch === 0 ? ", and" : ","} ${score}.` : `${moment}.`);
  }
}

/**
 * The charts of the epochs, beside those of the derivation’s own network.
 *
 * @param {Training} training
 * @param {boolean} isMse
 */
export function showHistory({ epoch, history, textbook }, isMse) {
  if (!history.length) {
    byId("history-words").textContent = "This model’s file holds no history of its epochs.";
    return;
  }
  byId("history-words").textContent =
    `${epoch} epochs: in each, gradient descent saw every training image once. Solid: this model. Dashed: ${textbook.words}.`;
  const [cost, learningRate, accuracy] = [0, 1, 2].map((column) => ({
    own: history.map((row) => row[column]).filter((value) => value !== undefined),
    other: textbook.history.map((row) => row[column]),
  }));
  /** @param {string} title @param {string} words @param {{own: number[], other: number[]}} values
   * @param {{low: number, high: number, format: (value: number) => string}} axes */
  const chart = (title, words, { own, other }, axes) => {
    const lines = [
      { name: "the textbook network", style: "other", values: other },
      { name: "this model", style: "own", values: own },
    ];
    const drawn = own.length
      ? [lineChart(lines, { ...axes, unit: "epoch" }), make("p", { class: "note" }, words)]
      : [make("p", { class: "note" }, "Not measured: no validation images were held out.")];
    byId("charts").append(make("div", {}, make("h3", {}, title), ...drawn));
  };
  const comparable = isMse ? cost : { own: cost.own, other: [] };
  const falls = cost.own[cost.own.length - 1] <= cost.own[0];
  chart(
    "Cost C",
    falls
      ? "It falls: with every epoch the outputs come nearer to the right answers."
      : "It rises: this training did not converge.",
    comparable,
    {
      low: 0,
      high: Math.max(...comparable.own, ...comparable.other),
      format: (value) => value.toFixed(3),
    },
  );
  const low = Math.floor(20 * Math.min(...accuracy.own, ...accuracy.other)) / 20;
  const [end, textbookEnd] = [accuracy.own[accuracy.own.length - 1], accuracy.other[accuracy.other.length - 1]];
  const misses = (/** @type {number} */ value) => Math.round(1000 * (1 - value));
  chart(
    "Accuracy on validation images",
    `At the end it misreads ${misses(end)} of 1,000 of its images, the textbook network ${misses(textbookEnd)} of MNIST’s.`,
    accuracy,
    { low, high: 1, format: (value) => percent(value) },
  );
  chart("Learning rate", "How large each step is: large ones to get near, small ones to settle.", learningRate, {
    low: 0,
    high: Math.max(...learningRate.own, ...learningRate.other),
    format: (value) => value.toFixed(1),
  });
}
