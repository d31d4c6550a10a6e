// @ts-check
/** Some test images, read again after every step: what the network forgets while it learns something new. */

import { make, say } from "./dom.js";
import { SIDE } from "./inputs.js";
import { argmax } from "./network.js";
import { colours, contextOf, paintInk, rgba } from "./paint.js";
/** @import { Store } from "./store.js" */

const COLUMNS = 25;

export class Replay {
  /** @param {Store} store @param {{image: Uint8Array, label: number}[]} images */
  constructor(store, images) {
    this.store = store;
    this.images = images;
    const rows = Math.max(Math.ceil(images.length / COLUMNS), 1);
    this.canvas = make("canvas", {
      width: COLUMNS * SIDE,
      height: rows * SIDE,
      role: "img",
      "aria-label": "The test images; those that it misreads are marked",
    });
    this.words = make("figcaption", { id: "replay-words" });
    /** @type {Float32Array[] | null} the model's inputs for the images; made when first needed */
    this.inputs = null;
  }

  /** Use another model. */
  begin() {
    this.inputs = null;
  }

  /** Which of the images are read right. */
  right() {
    const { network, inputs } = this.store.state.model;
    this.inputs ??= this.images.map(({ image }) => inputs.from(image));
    return this.inputs.map((x, at) => {
      const outputs = network.forward(x);
      return argmax(outputs) === this.images[at].label;
    });
  }

  show() {
    if (!this.canvas.offsetParent || !this.images.length) return;
    const right = this.right();
    const context = contextOf(this.canvas);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    const digit = make("canvas");
    this.images.forEach(({ image }, at) => {
      const [x, y] = [(at % COLUMNS) * SIDE, Math.floor(at / COLUMNS) * SIDE];
      if (!right[at]) {
        context.fillStyle = rgba(colours().negative, 0.6);
        context.fillRect(x, y, SIDE, SIDE);
      }
      paintInk(digit, image);
      context.drawImage(digit, x, y);
    });
    const { isTaught } = this.store.state.model;
    say(
      this.words,
      `It ${isTaught ? "still " : ""}reads ${right.filter(Boolean).length} of ${this.images.length} test images.`,
    );
  }
}
