// @ts-check
/**
 * The equations: parameters, forward pass, backpropagation; the JavaScript beside `network.py`.
 *
 * One image at a time. Layer 1 is the input; W^l and B^l lead into layer l and are `weights[l - 2]` and
 * `biases[l - 2]`. Sums are made in float64 and kept in float32.
 */

/** The largest absolute value. @param {Float32Array} values */
export const largest = (values) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** The digit with the highest output. @param {Float32Array} outputs */
export const argmax = (outputs) => outputs.indexOf(Math.max(...outputs));

/**
 * The activation of a hidden layer, and its derivative, which follows from A alone.
 *
 * @typedef {object} Activation
 * @property {(z: number) => number} activate A from Z
 * @property {(a: number) => number} derivative σ′(Z) from A
 * @property {string} name
 * @property {string} equation
 */

/** Those of `network.py`, by the same names. @type {Record<string, Activation>} */
export const ACTIVATIONS = {
  sigmoid: {
    activate: (z) => 0.5 * Math.tanh(0.5 * z) + 0.5, // the same function as 1 / (1 + e^−z)
    derivative: (a) => a - a * a,
    name: "σ",
    equation: "σ(z) = 1 / (1 + e^{−z})",
  },
  tanh: {
    activate: Math.tanh,
    derivative: (a) => 1 - a * a,
    name: "tanh",
    equation: "tanh(z)",
  },
  relu: {
    activate: (z) => Math.max(z, 0),
    derivative: (a) => (a > 0 ? 1 : 0),
    name: "ReLU",
    equation: "max(0, z)",
  },
};

const { activate: sigmoid, derivative: sigmoidSlope } = ACTIVATIONS.sigmoid;

/**
 * A cost and what belongs to it: the activation of the outputs and the derivative dC/dZ^L.
 *
 * @typedef {object} Cost
 * @property {(z: Float32Array) => Float32Array} activate the outputs A^L from Z^L
 * @property {(z: Float32Array, y: Float32Array) => number} value C, from Z^L and the target Y
 * @property {(a: Float32Array, y: Float32Array) => Float32Array} delta dC/dZ^L, from A^L and Y
 * @property {string} equation
 * @property {string} deltaEquation
 * @property {string} outputs the equation of the outputs' activation
 * @property {string} name of the outputs' activation
 * @property {boolean} sumsToOne whether they add up to 1
 * @property {boolean} hasSlope whether σ′ is a factor of dC/dZ^L
 */

/** Those of `network.py`, by the same names. @type {Record<string, Cost>} */
export const COSTS = {
  mse: {
    activate: (z) => z.map(sigmoid),
    value: (z, y) => z.reduce((sum, zi, i) => sum + (sigmoid(zi) - y[i]) ** 2, 0) / 2,
    delta: (a, y) => a.map((ai, i) => (ai - y[i]) * sigmoidSlope(ai)),
    equation: "C = ½ |A^L − Y|^2",
    deltaEquation: "(A^L − Y) ⊙ σ′(Z^L)",
    outputs: ACTIVATIONS.sigmoid.equation,
    name: "σ",
    hasSlope: true,
    sumsToOne: false,
  },
  "cross-entropy": {
    activate: (z) => z.map(sigmoid),
    // −ln σ(z) = ln(1 + e^−z), from Z^L: where A^L is rounded to 0 or 1 its logarithm is lost.
    value: (z, y) =>
      z.reduce((sum, zi, i) => sum + Math.max(zi, 0) + Math.log1p(Math.exp(-Math.abs(zi))) - y[i] * zi, 0),
    delta: (a, y) => a.map((ai, i) => ai - y[i]),
    equation: "C = −Σ (Y ln A^L + (1 − Y) ln(1 − A^L))",
    deltaEquation: "A^L − Y",
    outputs: ACTIVATIONS.sigmoid.equation,
    name: "σ",
    hasSlope: false,
    sumsToOne: false,
  },
  softmax: {
    activate: (z) => {
      const most = Math.max(...z); // the same outputs, and e^z can't overflow
      const powers = z.map((zi) => Math.exp(zi - most));
      const sum = powers.reduce((total, power) => total + power, 0);
      return powers.map((power) => power / sum);
    },
    value: (z, y) => {
      const most = Math.max(...z);
      const logOfSum = most + Math.log(z.reduce((sum, zi) => sum + Math.exp(zi - most), 0));
      return z.reduce((sum, zi, i) => sum + y[i] * (logOfSum - zi), 0);
    },
    delta: (a, y) => a.map((ai, i) => ai - y[i]),
    equation: "C = −Σ Y ln A^L",
    deltaEquation: "A^L − Y",
    name: "softmax",
    outputs: "a_i = e^{z_i} / Σ e^{z_j}",
    hasSlope: false,
    sumsToOne: true,
  },
};

/**
 * The sums and activations of a forward pass, the input's first.
 *
 * @typedef {object} Pass
 * @property {Float32Array[]} sums Z^2 … Z^L at 1 … L − 1; at 0 the inputs
 * @property {Float32Array[]} activations A^1 … A^L; A^1 are the inputs
 */

/** Layers of neurons, each a weighted sum of the layer before it, plus a bias, put through an activation. */
export class Network {
  /**
   * @param {number[]} sizes neurons in each layer, the input first
   * @param {string} activation of the hidden layers, by its name
   * @param {string} cost by its name
   * @param {Float32Array} parameters every weight, then every bias, in the order of the derivation's ∇C
   */
  constructor(sizes, activation, cost, parameters) {
    this.sizes = sizes;
    this.activation = ACTIVATIONS[activation];
    this.costFunction = COSTS[cost];
    this.parameters = parameters;
    const { weights, biases } = this.views(parameters);
    this.weights = weights;
    this.biases = biases;
  }

  /** Views of the weights (n_out × n_in, row by row) and biases into any vector in the order of `parameters`.
   * @param {Float32Array} vector */
  views(vector) {
    let start = 0;
    /** @param {number} length */
    const next = (length) => vector.subarray(start, (start += length));
    const weights = this.sizes.slice(1).map((size, l) => next(size * this.sizes[l]));
    const biases = this.sizes.slice(1).map((size) => next(size));
    return { weights, biases };
  }

  /** Z and A of every layer. @param {Float32Array} inputs @returns {Pass} */
  propagate(inputs) {
    const sums = [inputs];
    const activations = [inputs];
    this.weights.forEach((weights, l) => {
      const below = activations[l];
      const z = this.biases[l].map((bias, i) => bias + dot(weights, i * below.length, below)); // Z^l = W^l A^(l−1) + B^l
      sums.push(z);
      const last = l === this.weights.length - 1;
      activations.push(last ? this.costFunction.activate(z) : z.map(this.activation.activate)); // A^l = σ(Z^l)
    });
    return { sums, activations };
  }

  /** The outputs A^L. @param {Float32Array} inputs */
  forward(inputs) {
    return /** @type {Float32Array} */ (this.propagate(inputs).activations.at(-1));
  }

  /** The cost C of one image. @param {Pass} pass @param {number} label */
  cost(pass, label) {
    return this.costFunction.value(/** @type {Float32Array} */ (pass.sums.at(-1)), this.oneHot(label));
  }

  /** The target Y: 1 for the digit, 0 for the others. @param {number} label */
  oneHot(label) {
    return new Float32Array(this.sizes[this.sizes.length - 1]).fill(1, label, label + 1);
  }

  /**
   * Backpropagation.
   *
   * @param {Pass} pass of the image
   * @param {number} label what the image shows
   * @returns {{deltas: Float32Array[], gradient: Float32Array}} dC/dZ^2 … dC/dZ^L at 1 … L − 1, and ∇C
   */
  backpropagate({ activations }, label) {
    const gradient = new Float32Array(this.parameters.length);
    const { weights: weightGradients, biases: biasGradients } = this.views(gradient);
    const last = this.weights.length - 1;
    /** @type {Float32Array[]} */
    const deltas = [];
    // dC/dZ^L = (A^L − Y) ⊙ σ′(Z^L) for the mean squared error
    deltas[last + 1] = this.costFunction.delta(activations[last + 1], this.oneHot(label));

    for (let l = last; l >= 0; l--) {
      const delta = deltas[l + 1];
      const below = activations[l];
      // dC/dW^l = (dC/dZ^l)^T (A^(l−1))^T, equation 7
      delta.forEach((d, i) => below.forEach((a, j) => (weightGradients[l][i * below.length + j] = d * a)));
      // dC/dB^l = dC/dZ^l, equation 8
      biasGradients[l].set(delta);
      if (l > 0) {
        // dC/dZ^(l−1) = dC/dZ^l W^l ⊙ σ′(Z^(l−1)): one layer further back
        deltas[l] = this.back(delta, l).map((sum, j) => sum * this.activation.derivative(below[j]));
      }
    }
    return { deltas, gradient };
  }

  /** A row vector times W: what reaches the layer below. @param {Float32Array} row @param {number} l of `weights` */
  back(row, l) {
    const n = this.sizes[l];
    const sums = new Float64Array(n);
    row.forEach((d, i) => {
      for (let j = 0; j < n; j++) sums[j] += d * this.weights[l][i * n + j];
    });
    return new Float32Array(sums);
  }

  /**
   * dZ/dX of one neuron: how much its sum grows with each of the inputs, as the network is now.
   *
   * @param {Pass} pass
   * @param {number} layer 1 for the first hidden layer
   * @param {number} neuron counted from 0
   * @returns {Float32Array} of the length of the inputs; for the first hidden layer its row of W^2
   */
  sensitivity({ activations }, layer, neuron) {
    let row = new Float32Array(this.sizes[layer]).fill(1, neuron, neuron + 1);
    for (let l = layer - 1; l >= 0; l--) {
      row = this.back(row, l);
      if (l > 0) row = row.map((sum, j) => sum * this.activation.derivative(activations[l][j]));
    }
    return row;
  }
}

/** The product of a vector and the matrix row that begins at `start`. @param {Float32Array} matrix @param {number} start
 * @param {Float32Array} vector */
function dot(matrix, start, vector) {
  let sum = 0;
  for (let j = 0; j < vector.length; j++) sum += matrix[start + j] * vector[j];
  return sum;
}
