// @ts-check
/** What the network gets wrong: confusion matrix, misread digits, figures for each digit, reliability. */

import { reliabilityChart } from "./charts.js";
import { byId, listDigits } from "./inspector.js";
import { percent } from "./prediction.js";
import { element, light } from "./diagram.js";

/**
 * What Python measured.
 *
 * @typedef {object} Measured
 * @property {string} data what on, in words
 * @property {number} images
 * @property {number} correct
 * @property {number} accuracy
 * @property {number[][]} confusion 10×10; rows are the true digits
 * @property {{digit: number, precision: number, recall: number, f1: number, support: number}[]} digits
 * @property {{images: number, probability: number, accuracy: number}[]} bins
 * @property {{right: number, wrong: number}} unsure how many of the right and of the wrong answers are marked unsure
 * @property {{image: number, true: number, read: number, probability: number, unsure: boolean}[]} mistakes the most
 *     confident first; `image` counts in the sprite
 * @property {number} wrong how many there are in all
 * @property {number[][][]} strongest for each layer from the second, for each neuron, images in the sprite
 */

/** @param {Measured} measured @param {(index: number) => Uint8Array} imageAt @param {(image: Uint8Array) => void} open */
export function showMistakes(measured, imageAt, open) {
  const { images, correct, accuracy, data, mistakes, wrong } = measured;
  byId("mistakes-words").textContent =
    `Measured on ${data}: ${correct.toLocaleString("en")} of ${images.toLocaleString("en")} read right, ${percent(accuracy, 2)}. ` +
    "Tap a digit to put it into the network above.";
  /** @param {{true: number, read: number} | null} cell */
  const list = (cell) => {
    const chosen = mistakes.filter((mistake) => !cell || (mistake.true === cell.true && mistake.read === cell.read));
    byId("misread-title").textContent = cell
      ? `${cell.true} read as ${cell.read}: ${measured.confusion[cell.true][cell.read]}`
      : "Misread, the most confident first";
    listDigits(
      byId("misread"),
      chosen.map(({ image, true: truth, read, probability, unsure }) => ({
        image: imageAt(image),
        words: `${truth} → ${read}\n${percent(probability, 0)}${unsure ? " ?" : ""}`,
        name: `A ${truth} read as ${read}, ${percent(probability, 0)} sure`,
      })),
      open,
    );
    const all = cell ? measured.confusion[cell.true][cell.read] : wrong;
    const part = chosen.length < all ? `${chosen.length} of ${all} are in this page: the most confident. ` : "";
    byId("misread-note").textContent = wrong ? `${part}True digit → what was read, and how sure; ? where marked unsure.` : "Not one.";
  };
  showConfusion(measured.confusion, list);
  list(null);
  showDigits(measured);
  byId("reliability").innerHTML = reliabilityChart(measured.bins);
  byId("reliability").setAttribute("aria-label", "How often answers of each confidence are right");
  byId("reliability-note").textContent =
    "A dot on the dashed line would keep its word: of answers that are 80 % sure, 80 % right. Large dots stand for many images.";
  showUnsure(measured);
}

/** @param {number[][]} confusion @param {(cell: {true: number, read: number} | null) => void} list */
function showConfusion(confusion, list) {
  const table = byId("confusion");
  const head = element("tr");
  head.append(element("th"), ...confusion.map((_, digit) => element("th", "", String(digit))));
  const most = Math.max(...confusion.flatMap((row, truth) => row.filter((_, read) => read !== truth)), 1);
  const rows = confusion.map((counts, truth) => {
    const row = element("tr");
    row.append(element("th", "", String(truth)));
    counts.forEach((count, read) => {
      const cell = row.appendChild(element("td"));
      if (truth === read || !count) {
        cell.append(element("span", "", count ? String(count) : ""));
        return;
      }
      const button = cell.appendChild(element("button", "", String(count)));
      light(button, 0.15 + (0.85 * count) / most);
      button.style.removeProperty("--colour");
      button.setAttribute("aria-label", `${truth} read as ${read}: ${count}`);
      button.setAttribute("aria-pressed", "false");
      button.addEventListener("click", () => {
        const chosen = button.getAttribute("aria-pressed") !== "true";
        for (const other of table.querySelectorAll("button")) other.setAttribute("aria-pressed", String(chosen && other === button));
        list(chosen ? { true: truth, read } : null);
      });
    });
    return row;
  });
  table.replaceChildren(head, ...rows);
}

/** @param {Measured} measured */
function showDigits({ digits }) {
  const rows = digits.map(({ digit, precision, recall, f1, support }) => [String(digit), percent(precision, 1), percent(recall, 1), percent(f1, 1), String(support)]);
  fillTable("digits", ["digit", "precision", "recall", "F1", "images"], rows);
}

/** @param {Measured} measured */
function showUnsure({ unsure, correct, wrong }) {
  /** @param {string} words @param {number} marked @param {number} all */
  const row = (words, marked, all) => [words, all.toLocaleString("en"), `${marked.toLocaleString("en")}${all ? ` (${percent(marked / all, 1)})` : ""}`];
  fillTable("unsure", ["answers", "all", "marked unsure"], [row("right", unsure.right, correct), row("wrong", unsure.wrong, wrong)]);
}

/** @param {string} id @param {string[]} head @param {string[][]} rows */
function fillTable(id, head, rows) {
  const top = element("tr");
  top.append(...head.map((text) => element("th", "", text)));
  byId(id).replaceChildren(
    top,
    ...rows.map(([first, ...others]) => {
      const row = element("tr");
      row.append(element("th", "", first), ...others.map((text) => element("td", "", text)));
      return row;
    }),
  );
}
