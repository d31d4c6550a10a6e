// @ts-check
/** A tour of seven cards, each with a task, that lights up what it is about. */

import { byId, make, say } from "./dom.js";
import { argmax } from "./network.js";
import { readAs } from "./prediction.js";
/** @import { State, Store } from "./store.js" */

/**
 * @typedef {object} Card
 * @property {string} about selector of what lights up
 * @property {State["panel"] | null} panel that must be open
 * @property {string} title
 * @property {string} words
 * @property {string} task
 * @property {(store: Store) => boolean} isDone
 */

/** @type {Card[]} */
const CARDS = [
  {
    about: ".paper",
    panel: null,
    title: "A drawing",
    words: "Whatever you draw goes through the network, and the answer appears at once.",
    task: "Draw a 7.",
    isDone: ({ state }) => !state.playing && readOf(state) === 7,
  },
  {
    about: "#steps",
    panel: null,
    title: "784 numbers",
    words: "The network can only calculate. So the drawing is centred, set upright, and turned into 784 numbers.",
    task: "Touch the last small picture, and see which part of the digit each place stands for.",
    isDone: ({ state }) => state.place !== null,
  },
  {
    about: ".network",
    panel: null,
    title: "Neurons",
    words:
      "Each circle is a neuron. It multiplies what comes in by its weights and adds it up: blue excites it, orange inhibits it. The number in it says how excited it is, from 0 to 1.",
    task: "Tap a neuron in the first column.",
    isDone: ({ state }) => state.pinned?.layer === 1,
  },
  {
    about: "#inspector",
    panel: "inside",
    title: "A sum, squeezed",
    words: "The sum can be any number. The curve σ squeezes it between 0 and 1, and that is what the neuron passes on.",
    task: "Tap an output, and find the neuron that excites it most.",
    isDone: ({ state }) => state.pinned?.layer === state.model.network.sizes.length - 1,
  },
  {
    about: "#answer",
    panel: null,
    title: "The answer",
    words:
      "Ten outputs, one for each digit and each on its own, so they needn’t add up to 100 %: the highest is the answer. Where all ten are low, the network says that it doesn’t know.",
    task: "Draw something that is not a digit, or tap A under the sheet.",
    isDone: ({ state }) =>
      !state.playing &&
      state.digits.length > 0 &&
      state.digits.every(({ outputs }) => readAs(outputs) === null),
  },
  {
    about: "#teach",
    panel: "teach",
    title: "Learning",
    words:
      "The cost C measures how wrong the outputs are. The network works out how C changes with each of its numbers, and moves each number a little the other way.",
    task: "Press “Teach it” and watch it change its mind. Did it forget anything?",
    isDone: ({ state }) => state.model.isTaught,
  },
  {
    about: "#learn",
    panel: "learn",
    title: "From nothing",
    words:
      "At the start all its numbers were random. Thousands of such steps, on tens of thousands of images, made it what it is.",
    task: "Draw your own digit, then slide back to the start.",
    isDone: ({ state }) =>
      state.panel === "learn" && Number(/** @type {HTMLInputElement} */ (byId("epoch")).value) === 0,
  },
];

/** @param {State} state */
function readOf({ digits }) {
  return digits.length === 1 ? argmax(digits[0].outputs) : null;
}

export class Tour {
  /** @param {HTMLDialogElement} dialog @param {Store} store @param {(panel: State["panel"]) => void} choosePanel */
  constructor(dialog, store, choosePanel) {
    this.dialog = dialog;
    this.store = store;
    this.choosePanel = choosePanel;
    this.at = 0;
    this.isDone = false;
    this.title = make("h2", { id: "tour-title", tabindex: "-1" });
    this.words = make("p");
    this.task = make("p", { class: "task", role: "status" });
    this.place = make("span", { class: "note" });
    this.previous = make("button", { click: () => this.show(this.at - 1) }, "Back");
    this.next = make("button", {
      class: "main",
      click: () => (this.at + 1 < CARDS.length ? this.show(this.at + 1) : this.close()),
    });
    const close = make("button", { class: "small", click: () => this.close() }, "Close");
    dialog.append(
      make("div", { class: "head-line" }, this.title, close),
      this.words,
      this.task,
      make("div", { class: "actions" }, this.previous, this.next, this.place),
    );
    dialog.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
    });
    store.subscribe(["digits", "place", "pinned", "panel", "thought", "playing"], () => dialog.open && this.check());
  }

  /** @param {number} at among the cards, from 0 */
  show(at) {
    if (!(at in CARDS)) return;
    this.at = at;
    this.isDone = false;
    const { about, panel, title, words } = CARDS[at];
    this.dim();
    if (panel) this.choosePanel(panel);
    else byId("panel").classList.remove("open");
    const lit = document.querySelector(about);
    lit?.classList.add("lit-up");
    lit?.scrollIntoView({ block: about === "#steps" ? "end" : "nearest" }); // the card may cover what is above
    say(this.title, title);
    say(this.words, words);
    say(this.place, `${at + 1} of ${CARDS.length}`);
    say(this.next, at + 1 < CARDS.length ? "Next" : "Done");
    this.previous.disabled = at === 0;
    this.dialog.dataset.about = about;
    history.replaceState(null, "", `#tour-${at + 1}`);
    if (!this.dialog.open) this.dialog.show();
    this.title.focus({ preventScroll: true });
    this.check();
  }

  /** Mark the task when it is done; it stays so. */
  check() {
    const { task, isDone } = CARDS[this.at];
    this.isDone ||= isDone(this.store);
    say(this.task, this.isDone ? `✓ ${task}` : task);
    this.task.classList.toggle("done", this.isDone);
  }

  dim() {
    document.querySelector(".lit-up")?.classList.remove("lit-up");
  }

  close() {
    this.dim();
    this.dialog.close();
    history.replaceState(null, "", location.pathname + location.search);
    byId("tour-begin").focus();
  }

  /** Whether an arrow key leads to another card. @param {string} key */
  turn(key) {
    const step = { ArrowRight: 1, PageDown: 1, ArrowLeft: -1, PageUp: -1 }[key];
    if (!step) return false;
    if (this.dialog.open) this.show(this.at + step);
    else this.show(step > 0 ? 0 : CARDS.length - 1);
    return true;
  }
}
