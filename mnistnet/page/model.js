// @ts-check
/** A model on the page: a network, its input encoding, and what Python measured. */

import { Inputs } from "./inputs.js";
import { Network, argmax } from "./network.js";
/** @import { Thought } from "./store.js" */

/**
 * What Python writes of a model.
 *
 * @typedef {object} ModelData
 * @property {string} title
 * @property {number[]} sizes
 * @property {string} activation
 * @property {string} cost
 * @property {string} parameters float32, little-endian, in base64
 * @property {number[][]} shown for each layer from the second, the neurons that are drawn
 * @property {{encoding: string, scale: number, mean: string}} inputs
 * @property {number} rate η of a lesson
 * @property {number[][][]} strongest for each layer from the second, for each neuron drawn, images of the sprite
 * @property {number} accuracy on the images that it was measured on
 * @property {SnapshotData | null} snapshots of its training
 */

/**
 * @typedef {object} SnapshotData
 * @property {number[]} epochs trained at each snapshot; the last is the model itself
 * @property {{values: string, scales: number[]}[]} parameters int8 in base64, of all but the last
 * @property {number[]} accuracy on validation images, after each epoch
 */

/** @param {string} text base64 */
export function bytes(text) {
  const characters = atob(text);
  const values = new Uint8Array(characters.length);
  for (let at = 0; at < values.length; at++) values[at] = characters.charCodeAt(at);
  return values;
}

/** @param {string} text base64 */
const floats = (text) => new Float32Array(bytes(text).buffer);

export class Model {
  /** @param {ModelData} data */
  constructor(data) {
    this.data = data;
    this.trained = floats(data.parameters);
    this.network = new Network(data.sizes, data.activation, data.cost, this.trained.slice());
    this.inputs = new Inputs(data.inputs.encoding, data.inputs.scale, floats(data.inputs.mean));
  }

  get encoding() {
    return this.inputs.encoding;
  }

  /** Run the network on an image. @param {Uint8Array} image @returns {Thought} */
  think(image) {
    const deskewed = this.encoding.normalize(image);
    const features = this.encoding.features(deskewed);
    const inputs = this.inputs.fromFeatures(features);
    return { image, deskewed, features, inputs, pass: this.network.propagate(inputs) };
  }

  /** The digit that it reads. @param {Uint8Array} image */
  read(image) {
    return argmax(this.network.forward(this.inputs.from(image)));
  }

  /** Put the trained parameters back. */
  reset() {
    this.network.parameters.set(this.trained);
  }

  /** Whether a lesson has changed it. */
  get isTaught() {
    return this.trained.some((value, at) => value !== this.network.parameters[at]);
  }

  /** Go back to a moment of the training. @param {number} at among the snapshots */
  goTo(at) {
    const snapshot = this.data.snapshots?.parameters[at];
    if (!snapshot) return this.reset();
    const values = new Int8Array(bytes(snapshot.values).buffer);
    this.network.parameters.set(values);
    const { weights, biases } = this.network.views(this.network.parameters);
    [...weights, ...biases].forEach((view, which) =>
      view.forEach((value, i) => (view[i] = value * snapshot.scales[which])),
    );
  }
}
