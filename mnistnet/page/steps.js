// @ts-check
/** The steps from the image to the inputs, with a small canvas for each. */

import { make } from "./dom.js";
import { SIDE } from "./inputs.js";
import { pointAtCells } from "./inspector.js";
import { colours, paintCell, paintEdges, paintInk } from "./paint.js";
/** @import { Store } from "./store.js" */

const EDGES_SIDE = 280; // pixels of the canvas of the edges

export class Steps {
  /** @param {HTMLElement} root @param {Store} store @param {() => void} tapped called when the inputs are tapped */
  constructor(root, store, tapped) {
    this.root = root;
    this.store = store;
    this.tapped = tapped;
    /** @type {HTMLCanvasElement[]} */
    this.canvases = [];
    this.build();
  }

  /** Make the steps of the model's encoding. */
  build() {
    const { edges, steps } = this.store.state.model.encoding;
    this.canvases = steps.map((_, at) => {
      const side = edges && at === steps.length - 1 ? EDGES_SIDE : SIDE;
      const canvas = make("canvas", { width: side, height: side, "aria-hidden": "true" });
      if (this.hasCells(at)) pointAtCells(canvas, this.store);
      return canvas;
    });
    const items = this.canvases.map((canvas, at) => {
      const words = make("span", {}, steps[at]);
      if (at < steps.length - 1) return make("li", {}, canvas, words);
      return make("li", {}, make("button", { title: "Look at the inputs", click: this.tapped }, canvas, words));
    });
    this.root.replaceChildren(...items);
  }

  /** Whether a step has the 7×7 cells of the inputs; an image that will be deskewed has not. @param {number} at */
  hasCells(at) {
    return at > 0 || !this.store.state.model.encoding.edges;
  }

  show() {
    const { thought, place } = this.store.state;
    const { ink } = colours();
    const pictures = [thought?.image ?? null, thought?.deskewed ?? null];
    this.canvases.forEach((canvas, at) => {
      if (canvas.width === EDGES_SIDE)
        paintEdges(canvas, thought?.features ?? [], 160, { positive: ink, negative: ink }, place);
      else paintInk(canvas, pictures[at]);
      if (place !== null && this.hasCells(at)) paintCell(canvas, place);
    });
  }
}
