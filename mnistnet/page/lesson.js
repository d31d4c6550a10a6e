// @ts-check
/** Gradient descent on one image: the costs and outputs of each step, without display. */

import { argmax } from "./network.js";
import { readAs } from "./prediction.js";
/** @import { Network } from "./network.js" */

export const MAX_STEPS = 50; // after these, the lesson gives up
export const RATES = [0.01, 0.03, 0.1, 0.3, 1];
const SATURATED = 0.04; // σ′ of an output that is 96 % sure; its derivative is a sixth of the largest

export class Lesson {
  /**
   * @param {Network} network the page's own copy: its parameters change
   * @param {Float32Array} inputs
   * @param {number} label what the image shows
   */
  constructor(network, inputs, label) {
    this.network = network;
    this.inputs = inputs;
    this.label = label;
    this.pass = network.propagate(inputs);
    this.before = this.outputs;
    /** @type {number[]} C before the first step and after each */
    this.costs = [network.cost(this.pass, label)];
  }

  get outputs() {
    return /** @type {Float32Array} */ (this.pass.activations.at(-1));
  }

  /** The digit that the network reads now; null if it reads none. */
  get read() {
    return readAs(this.outputs);
  }

  /** Whether the wrong outputs are saturated: σ′, and with it the gradient, is near 0. */
  get isSaturated() {
    const { network, outputs, label } = this;
    const highest = argmax(outputs);
    const slope = (/** @type {number} */ a) => a - a * a;
    return (
      network.costFunction.hasSlope &&
      highest !== label &&
      slope(outputs[highest]) < SATURATED &&
      slope(outputs[label]) < SATURATED
    );
  }

  backpropagate() {
    return this.network.backpropagate(this.pass, this.label);
  }

  /** One step along −∇C. @param {number} rate η */
  step(rate) {
    const { network } = this;
    const { gradient } = this.backpropagate();
    gradient.forEach((derivative, at) => (network.parameters[at] -= rate * derivative));
    this.pass = network.propagate(this.inputs);
    this.costs.push(network.cost(this.pass, this.label));
  }
}
