// @ts-check
/** The answer: large, in words, for screen readers, and as boxes around the digits of a number. */

import { byId, make, say } from "./dom.js";
import { argmax } from "./network.js";
import { answerOf, inWords } from "./prediction.js";
import { SHEET } from "./sheet.js";
/** @import { Thresholds } from "./prediction.js" */
/** @import { Store } from "./store.js" */

const MARGIN = 4; // pixels of the sheet between the ink of a digit and its box

export class AnswerView {
  /** @param {Store} store @param {Thresholds} thresholds @param {(at: number) => void} choose one of the digits */
  constructor(store, thresholds, choose) {
    this.choose = choose;
    this.store = store;
    this.thresholds = thresholds;
  }

  show() {
    const { digits } = this.store.state;
    const answer = answerOf(digits, this.thresholds);
    const [big, words] = byId("answer").children;
    say(big, answer ? (answer.number ?? "?") : "");
    say(words, inWords(digits, answer, this.thresholds));
    byId("answer").classList.toggle("unsure", answer?.unsure ?? true);
    byId("hint").hidden = digits.length > 0;
  }

  /** Boxes around the digits of a number, each with a button that sends its digit through the network. */
  showBoxes() {
    const { digits, chosen } = this.store.state;
    const boxes = digits.map(({ box, outputs }, at) => {
      const digit = argmax(outputs);
      const name = `Send the ${digit} through the network`;
      const button = make(
        "button",
        { "aria-pressed": String(at === chosen), title: name, click: () => this.choose(at) },
        String(digit),
      );
      const frame = make("div", { class: "box" }, button);
      const percentage = (/** @type {number} */ pixels) => `${(100 * pixels) / SHEET}%`;
      frame.style.left = percentage(box.left - MARGIN);
      frame.style.top = percentage(box.top - MARGIN);
      frame.style.width = percentage(box.right - box.left + 2 * MARGIN);
      frame.style.height = percentage(box.bottom - box.top + 2 * MARGIN);
      return frame;
    });
    byId("boxes").replaceChildren(...(digits.length > 1 ? boxes : []));
  }

  /** Announce the answer to screen readers. */
  speak() {
    const { digits } = this.store.state;
    const answer = answerOf(digits, this.thresholds);
    const words = inWords(digits, answer, this.thresholds);
    say(byId("spoken"), answer?.number ? `${answer.number}, ${words}` : words);
  }
}
