// @ts-check
/**
 * Teach it: gradient descent on the drawing until the network reads the digit that was meant, and what it forgets.
 */

import { lineChart } from "./charts.js";
import { isStill, make, pause, rove, say } from "./dom.js";
import { listEquations } from "./equations.js";
import { Lesson, MAX_STEPS, RATES } from "./lesson.js";
import { largest } from "./network.js";
import { paintInk } from "./paint.js";
import { percent, readAs } from "./prediction.js";
import { readInWords, verdictOf } from "./verdict.js";
/** @import { Replay } from "./replay.js" */
/** @import { Store } from "./store.js" */

const BACKWARDS =
  "Backwards through the layers: how much each neuron contributed to C. Orange ones should rise, blue ones fall.";
const STEP_TIME = 500; // milliseconds from one step to the next
const LAYER_TIME = 350; // milliseconds for each layer of backpropagation

/** @typedef {{image: Uint8Array, truth: number, read: number}} Offer a misread image */

/**
 * What the rest of the page does for a lesson.
 *
 * @typedef {object} Page
 * @property {() => Offer | null} nextOffer an image that is misread
 * @property {(image: Uint8Array, truth: number) => void} open puts an image into the network
 * @property {() => void} changed called when the parameters have changed
 * @property {() => void} taught called when a lesson is over
 */

export class Teaching {
  /**
   * @param {HTMLElement} root
   * @param {Store} store
   * @param {Replay} replay
   * @param {Page} page
   */
  constructor(root, store, replay, page) {
    this.root = root;
    this.store = store;
    this.replay = replay;
    this.page = page;
    /** @type {Lesson | null} */
    this.lesson = null;
    /** @type {AbortController | null} of the lesson that runs */
    this.running = null;
    this.isPaused = this.isSkipped = false;
    /** @type {Offer | null} */
    this.offer = null;
    this.offerBox = make("div", { class: "offer" });
    this.question = make("p", { id: "question" }, "What did you mean?");
    this.digits = make("div", { id: "meant", role: "toolbar", "aria-labelledby": "question" });
    for (let digit = 0; digit < 10; digit++) {
      this.digits.append(make("button", { "aria-pressed": "false", click: () => this.mean(digit) }, String(digit)));
    }
    rove(this.digits);
    this.one = make("button", { id: "one-step", click: () => this.run(false) }, "One step");
    this.until = make(
      "button",
      { id: "until", class: "main", click: () => this.run(true) },
      "Until it changes its mind",
    );
    this.pausing = make("button", { click: () => this.togglePause() }, "Pause");
    this.skip = make("button", { click: () => this.skipAhead() }, "Skip");
    this.resetting = make("button", { id: "reset", click: () => this.reset() }, "Reset");
    this.rate = make(
      "select",
      { change: () => this.show() },
      ...RATES.map((rate) => make("option", { value: rate }, String(rate))),
    );
    this.verdict = make("p", { id: "verdict", class: "verdict", role: "status" });
    this.bars = make("ol", { class: "bars before-after", "aria-label": "The ten outputs, before and now" });
    this.rows = Array.from({ length: 10 }, (_, digit) => {
      const [before, now, value] = [
        make("i", { class: "before" }),
        make("i", { class: "positive" }),
        make("span", { class: "value" }),
      ];
      this.bars.append(
        make("li", {}, make("b", {}, String(digit)), make("span", { class: "bar" }, before, now), value),
      );
      return { before, now, value };
    });
    this.curve = make("div", { id: "cost-curve" });
    this.forgotten = make("figure", { class: "replay" }, this.replay.words, this.replay.canvas);
    this.equations = make("div");
    this.details = make(
      "details",
      { toggle: () => this.showEquations() },
      make("summary", {}, "Show the equations"),
      make("label", {}, "Learning rate η ", this.rate),
      this.equations,
    );
    this.result = make("div", { class: "result" }, this.bars, make("div", {}, this.forgotten, this.curve));
    this.root.replaceChildren(
      this.offerBox,
      this.question,
      this.digits,
      make("div", { class: "actions" }, this.one, this.until, this.pausing, this.skip, this.resetting),
      this.verdict,
      this.result,
      this.details,
    );
  }

  get label() {
    const pressed = this.digits.querySelector('[aria-pressed="true"]');
    return pressed ? Number(pressed.textContent) : null;
  }

  get chosenRate() {
    return Number(this.rate.value);
  }

  /** Teach another model, with its own learning rate. */
  begin() {
    this.stop();
    this.lesson = null;
    this.rate.value = String(this.store.state.model.data.rate);
    this.replay.begin();
  }

  /** Stop the running lesson. */
  stop() {
    this.running?.abort();
    this.running = null;
  }

  /** Forget the lesson, because the drawing has changed. */
  drawingChanged() {
    this.mean(this.store.state.truth);
  }

  /** Choose the digit that was meant. @param {number | null} digit */
  mean(digit) {
    this.stop();
    this.lesson = null;
    for (const [at, button] of [...this.digits.children].entries())
      button.setAttribute("aria-pressed", String(at === digit));
    this.show();
  }

  /** Run a lesson. @param {boolean} until it reads the digit that was meant; else for one step, layer by layer */
  async run(until) {
    this.stop();
    const { thought } = this.store.state;
    const label = this.label;
    if (!thought || label === null) return;
    const { signal } = (this.running = new AbortController());
    this.isPaused = this.isSkipped = false;
    const lesson = (this.lesson ??= new Lesson(this.store.state.model.network, thought.inputs, label));
    try {
      for (let step = 0; step < MAX_STEPS; step++) {
        this.show();
        if (!until) await this.showBackpropagation(lesson, signal);
        lesson.step(this.chosenRate);
        this.page.changed();
        this.replay.show();
        if (!until || lesson.read === label) break;
        this.show();
        await this.wait(STEP_TIME, signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
      return;
    }
    this.running = null;
    this.page.taught();
    this.show();
  }

  /** @param {number} milliseconds @param {AbortSignal} signal */
  async wait(milliseconds, signal) {
    do {
      await pause(this.isSkipped || isStill() ? 0 : milliseconds, signal);
    } while (this.isPaused);
  }

  togglePause() {
    this.isPaused = !this.isPaused;
    this.show();
  }

  skipAhead() {
    this.isSkipped = true;
    this.isPaused = false;
  }

  reset() {
    this.stop();
    this.lesson = null;
    this.store.state.model.reset();
    this.page.changed();
    this.replay.show();
    this.page.taught();
    this.show();
  }

  /**
   * Let the derivatives flow back through the diagram, layer by layer.
   *
   * @param {Lesson} lesson
   * @param {AbortSignal} signal
   */
  async showBackpropagation({ network, inputs, ...lesson }, signal) {
    if (isStill()) return;
    const { deltas, gradient } = network.backpropagate(lesson.pass, lesson.label);
    const { weights } = network.views(gradient);
    const values = [inputs, ...deltas.slice(1)];
    const { sizes } = network;
    try {
      for (let reached = sizes.length - 1; reached >= 0; reached--) {
        this.store.set({
          backward: {
            values: values.map((layer, l) => (l >= reached ? layer : null)),
            carried: (l, i, j) =>
              l === 0 ? weights[0][i * sizes[0] + j] : deltas[l + 1][i] * network.weights[l][i * sizes[l] + j],
            full: values.map((layer, l) => (l ? largest(layer) || 1 : 1)),
            fullFlow: network.weights.map(
              (w, l) => (l ? (largest(deltas[l + 1]) * largest(w)) / 2 : largest(weights[0])) || 1,
            ),
            numbered: false,
          },
        });
        await this.wait(LAYER_TIME, signal);
      }
    } finally {
      this.store.set({ backward: null });
    }
  }

  /** Show the lesson, or offer one. */
  show() {
    const { store, lesson, running, label } = this;
    const { thought, truth, model, playing } = store.state;
    const drawn = thought !== null && !playing;
    const outputs = drawn ? /** @type {Float32Array} */ (thought.pass.activations.at(-1)) : null;
    const read = outputs && readAs(outputs);
    this.showOffer(drawn);
    say(this.question, truth === null ? "What did you mean?" : `This is a ${truth}, and it reads ${readInWords(read)}.`);
    for (const button of this.digits.children) /** @type {HTMLButtonElement} */ (button).disabled = !drawn;
    const { one, until, pausing, skip, resetting } = this;
    one.disabled = !drawn || label === null || running !== null;
    until.disabled = one.disabled || read === label;
    pausing.hidden = skip.hidden = running === null;
    say(pausing, this.isPaused ? "Go on" : "Pause");
    resetting.disabled = !model.isTaught || running !== null;
    say(this.verdict, store.state.backward ? BACKWARDS : verdictOf(lesson, label, read, running !== null));
    const wasHidden = this.result.hidden;
    this.result.hidden = !outputs;
    if (outputs && wasHidden) this.replay.show();
    if (outputs) this.showResult(lesson?.before ?? outputs, outputs);
    this.curve.replaceChildren(...(lesson ? [costChart(lesson.costs)] : []));
    this.showEquations();
  }

  /** @param {boolean} drawn */
  showOffer(drawn) {
    const box = this.offerBox;
    if (drawn && (this.store.state.truth !== null || this.label !== null)) return void box.replaceChildren();
    if (box.firstChild && this.offer) return;
    this.offer = this.page.nextOffer();
    const { offer } = this;
    if (!offer) return;
    const canvas = make("canvas", { "aria-hidden": "true" });
    paintInk(canvas, offer.image);
    const teach = () => {
      this.page.open(offer.image, offer.truth);
      this.run(true);
    };
    const another = () => {
      box.replaceChildren();
      this.showOffer(false);
    };
    box.replaceChildren(
      canvas,
      make("p", {}, `It reads this ${offer.truth} as a ${offer.read}.`),
      make("button", { id: "teach-it", class: "main", click: teach }, "Teach it"),
      make("button", { click: another }, "Another"),
    );
  }

  /** @param {Float32Array} before @param {Float32Array} now */
  showResult(before, now) {
    this.rows.forEach((row, digit) => {
      row.before.style.setProperty("--part", before[digit].toFixed(3));
      row.now.style.setProperty("--part", now[digit].toFixed(3));
      const moved = Math.abs(now[digit] - before[digit]) >= 0.005;
      say(row.value, moved ? `${percent(before[digit], 0)} → ${percent(now[digit], 0)}` : percent(now[digit], 0));
    });
  }

  showEquations() {
    const { details, equations } = this;
    if (!details.open) return;
    const { thought, model } = this.store.state;
    const label = this.label;
    if (!thought || label === null)
      return void equations.replaceChildren(make("p", { class: "note" }, "Draw a digit and say which one you meant."));
    equations.replaceChildren(
      listEquations(this.lesson ?? new Lesson(model.network, thought.inputs, label), model, this.chosenRate),
    );
  }
}

/** C over the steps. @param {number[]} costs */
const costChart = (costs) =>
  lineChart([{ name: "Cost C", style: "own", values: costs }], {
    low: 0,
    high: Math.max(...costs),
    format: (value) => value.toFixed(2),
    unit: "Cost C, step",
    first: 0,
    height: 90,
    length: 5,
  });
