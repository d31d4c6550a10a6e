// @ts-check
/** The state of the page, and the views that are called when a part of it changes. */

import { argmax } from "./network.js";
/** @import { Digit } from "./segmentation.js" */
/** @import { Model } from "./model.js" */
/** @import { Pass } from "./network.js" */
/** @import { Flow } from "./diagram.js" */

/**
 * @typedef {{layer: number, neuron: number}} Place a neuron, from 0; layer 1 is the first hidden one, layer 0 stands
 *     for all inputs
 */

/**
 * @typedef {object} State
 * @property {Model} model the chosen one
 * @property {Digit[]} digits on the sheet, from left to right
 * @property {number} chosen which of them goes through the network
 * @property {Thought | null} thought its forward pass; null if the sheet is blank
 * @property {boolean} playing whether the page writes the digit itself
 * @property {number | null} truth what the drawing shows, where that is known
 * @property {Place | null} pinned the neuron that was tapped
 * @property {Place | null} pointed the neuron under the pointer or with the focus
 * @property {{layer: number, neuron: number, input: number} | null} link one connection that is pointed at
 * @property {number | null} place the one of the 7×7 grid points that is pointed at
 * @property {Flow | null} backward the derivatives, while a lesson shows backpropagation
 * @property {"inside" | "teach" | "learn"} panel
 */

/**
 * @typedef {object} Thought
 * @property {Uint8Array} image 28×28
 * @property {Uint8Array} deskewed 28×28, what the network is shown
 * @property {Uint8Array} features 784
 * @property {Float32Array} inputs
 * @property {Pass} pass
 */

export class Store {
  /** @param {State} state */
  constructor(state) {
    this.state = state;
    /** @type {{keys: (keyof State)[], view: (state: State) => void}[]} */
    this.views = [];
  }

  /** Call a view when one of these parts changes. @param {(keyof State)[]} keys @param {(state: State) => void} view */
  subscribe(keys, view) {
    this.views.push({ keys, view });
  }

  /** Change some parts. @param {Partial<State>} changes */
  set(changes) {
    Object.assign(this.state, changes);
    for (const { keys, view } of this.views) if (keys.some((key) => key in changes)) view(this.state);
  }

  /**
   * The neuron that is inspected: the one that was tapped, the one pointed at, else the winning output.
   *
   * @returns {Place}
   */
  get focus() {
    const { pointed, pinned, thought, model } = this.state;
    if (pinned ?? pointed) return /** @type {Place} */ (pinned ?? pointed);
    const layer = model.network.sizes.length - 1;
    const outputs = thought?.pass.activations[layer];
    return { layer, neuron: outputs ? argmax(outputs) : 3 };
  }
}
