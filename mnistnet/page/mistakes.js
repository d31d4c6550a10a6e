// @ts-check
/** What the network gets wrong: confusion matrix, misread digits, figures for each digit, reliability. */

import { reliabilityChart } from "./charts.js";
import { light } from "./diagram.js";
import { byId, make, rove } from "./dom.js";
import { digitList } from "./inspector.js";
import { percent } from "./prediction.js";
/** @import { Store } from "./store.js" */

/**
 * What Python measured.
 *
 * @typedef {object} Measured
 * @property {string} data the data set, in words
 * @property {number} images
 * @property {number} correct
 * @property {number} accuracy
 * @property {number[][]} confusion 10×10; rows are the true digits
 * @property {{digit: number, precision: number, recall: number, f1: number, support: number}[]} digits
 * @property {{images: number, probability: number, accuracy: number}[]} bins
 * @property {{right: number, wrong: number}} unsure how many of the right and of the wrong answers are marked unsure
 * @property {Mistake[]} mistakes the most confident first
 * @property {number} wrong how many there are in all
 * @property {{image: number, label: number}[]} replay test images that are read again after every step of a lesson
 * @property {number | null} sloppy a 9 that is read right, but only just
 */

/**
 * @typedef {{image: number, true: number, read: number, probability: number, unsure: boolean}} Mistake `image` is
 *     an index in the sprite
 */

export class Mistakes {
  /** @param {Store} store @param {Measured} measured @param {(index: number) => Uint8Array} imageAt
   * @param {(image: Uint8Array, truth: number) => void} open */
  constructor(store, measured, imageAt, open) {
    this.store = store;
    this.measured = measured;
    this.imageAt = imageAt;
    this.open = open;
    this.offered = 0;
    /** @type {{true: number, read: number} | null} the cell of the matrix that was tapped */
    this.cell = null;
    const { images, correct, accuracy, data } = measured;
    byId("mistakes-words").textContent =
      `Measured on ${data}: ${correct.toLocaleString("en")} of ${images.toLocaleString("en")} read right, ${percent(accuracy, 2)}. Tap a digit to put it into the network and teach it.`;
    this.showConfusion();
    const rows = measured.digits.map(({ digit, precision, recall, f1, support }) => [
      String(digit),
      percent(precision),
      percent(recall),
      percent(f1),
      String(support),
    ]);
    fillTable("digits", "How well each digit is read", ["digit", "precision", "recall", "F1", "images"], rows);
    this.showReliability();
    this.list();
  }

  /** The misread images in the list. */
  get chosen() {
    const { measured, cell } = this;
    return measured.mistakes.filter(
      (mistake) => !cell || (mistake.true === cell.true && mistake.read === cell.read),
    );
  }

  /** List the misread images, or those of one cell of the matrix. What a lesson has mended is marked. */
  list() {
    const { measured, cell, imageAt, chosen } = this;
    byId("misread-title").textContent = cell
      ? `${cell.true} read as ${cell.read}: ${measured.confusion[cell.true][cell.read]}`
      : "Misread, the most confident first";
    const items = chosen.map(({ image, true: truth, read, probability, unsure }) => ({
      image: imageAt(image),
      truth,
      words: `${truth} → ${read}\n${percent(probability, 0)}${unsure ? " ?" : ""}`,
      name: "True digit and digit read: ",
    }));
    const list = digitList(items, ({ image, truth }) => this.open(image, truth), "many");
    byId("misread").replaceChildren(list);
    this.markLearned();
    const all = cell ? measured.confusion[cell.true][cell.read] : measured.wrong;
    const limit = chosen.length < all ? `${chosen.length} of ${all} are in this page: the most confident. ` : "";
    byId("misread-note").textContent = measured.wrong
      ? `${limit}True digit → digit read, and how sure; ? where marked unsure.`
      : "It misread none.";
  }

  /** Mark the images that are read right by now. */
  markLearned() {
    const { store, imageAt, chosen } = this;
    const { model } = store.state;
    const { isTaught } = model;
    byId("misread")
      .querySelectorAll("button")
      .forEach((button, at) => {
        const { image, true: truth } = chosen[at];
        const isLearned = isTaught && model.read(imageAt(image)) === truth;
        button.classList.toggle("learned", isLearned);
        if (isLearned) button.title = "Read right since the lesson";
        else button.removeAttribute("title");
      });
  }

  /** The next misread image to teach. */
  nextOffer() {
    const { mistakes } = this.measured;
    if (!mistakes.length) return null;
    const { model } = this.store.state;
    for (let tries = 0; tries < mistakes.length; tries++) {
      const { image, true: truth } = mistakes[this.offered++ % mistakes.length];
      const read = model.read(this.imageAt(image));
      if (read !== truth) return { image: this.imageAt(image), truth, read };
    }
    return null;
  }

  showConfusion() {
    const { confusion } = this.measured;
    const most = Math.max(...confusion.flatMap((row, truth) => row.filter((_, read) => read !== truth)), 1);
    const table = byId("confusion");
    const head = make(
      "tr",
      {},
      make("td"),
      ...confusion.map((_, digit) => make("th", { scope: "col" }, String(digit))),
    );
    const rows = confusion.map((counts, truth) => {
      const cells = counts.map((count, read) => {
        if (truth === read || !count) return make("td", {}, make("span", {}, count ? String(count) : ""));
        const button = make(
          "button",
          { class: "negative", "aria-label": `${truth} read as ${read}: ${count}`, "aria-pressed": "false" },
          String(count),
        );
        light(button, -0.15 - (0.85 * count) / most);
        button.addEventListener("click", () => {
          const isChosen = button.getAttribute("aria-pressed") !== "true";
          for (const other of table.querySelectorAll("button"))
            other.setAttribute("aria-pressed", String(isChosen && other === button));
          this.cell = isChosen ? { true: truth, read } : null;
          this.list();
        });
        return make("td", {}, button);
      });
      return make("tr", {}, make("th", { scope: "row" }, String(truth)), ...cells);
    });
    table.replaceChildren(
      make("caption", {}, "Rows: the true digit. Columns: the digit read. Tap a cell to see its images."),
      make("thead", {}, head),
      make("tbody", {}, ...rows),
    );
    rove(table);
  }

  showReliability() {
    const { bins, unsure, correct, wrong } = this.measured;
    byId("reliability").replaceChildren(reliabilityChart(bins));
    // Only where it is less than 97 % sure: nearly all images lie above that, and would hide the others.
    const doubtful = bins.filter(({ images, probability }) => images && probability < 0.97);
    const total = doubtful.reduce((sum, { images }) => sum + images, 0) || 1;
    const lead =
      doubtful.reduce((sum, { images, accuracy, probability }) => sum + images * (accuracy - probability), 0) / total;
    const conclusion =
      lead > 0.03
        ? "Dots above the line: it is too modest."
        : lead < -0.03
          ? "Dots below the line: it is too confident."
          : "Dots near the line: its percentages can be trusted.";
    byId("reliability-note").textContent =
      `${conclusion} On the dashed line, “80 % sure” is right 80 times in 100. Large dots stand for many images.`;
    const row = (/** @type {string} */ words, /** @type {number} */ marked, /** @type {number} */ all) => [
      words,
      all.toLocaleString("en"),
      `${marked.toLocaleString("en")}${all ? ` (${percent(marked / all)})` : ""}`,
    ];
    fillTable(
      "unsure",
      "How many answers are marked unsure",
      ["answers", "all", "marked unsure"],
      [row("right", unsure.right, correct), row("wrong", unsure.wrong, wrong)],
    );
  }
}

/** @param {string} id @param {string} caption @param {string[]} head @param {string[][]} rows */
function fillTable(id, caption, head, rows) {
  byId(id).replaceChildren(
    make("caption", {}, caption),
    make("thead", {}, make("tr", {}, ...head.map((text) => make("th", { scope: "col" }, text)))),
    make(
      "tbody",
      {},
      ...rows.map(([first, ...others]) =>
        make("tr", {}, make("th", { scope: "row" }, first), ...others.map((text) => make("td", {}, text))),
      ),
    ),
  );
}
