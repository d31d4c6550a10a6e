// @ts-check
/** The equations of one step of gradient descent, each with its numbers; named as in the derivation. */

import { light } from "./diagram.js";
import { equation, make } from "./dom.js";
import { SIDE } from "./inputs.js";
import { largest } from "./network.js";
import { colours, contextOf, paintSigned, placesOf } from "./paint.js";
/** @import { Lesson } from "./lesson.js" */
/** @import { Model } from "./model.js" */

/** A derivative as a plain number. @param {number} value */
function plain(value) {
  const size = Math.abs(value);
  const text = size >= 0.995 ? size.toFixed(2) : size >= 0.0995 ? size.toFixed(2) : size.toFixed(4).replace(/0+$/, "");
  return size < 0.00005 ? "0" : (value < 0 ? "−" : "") + text;
}

/**
 * The lines of the next step: C, back through the layers, the gradient, the step.
 *
 * @param {Lesson} lesson
 * @param {Model} model
 * @param {number} rate
 */
export function listEquations(lesson, model, rate) {
  const { network, label, pass, outputs } = lesson;
  const { deltas, gradient } = lesson.backpropagate();
  const { weights } = network.views(gradient);
  const last = network.sizes.length - 1;
  const list = make("ol", { class: "equations" });
  /** @param {string[]} equations @param {string} words @param {Node[]} shown */
  const add = (equations, words, ...shown) =>
    list.append(
      make(
        "li",
        {},
        make("p", {}, words),
        make("p", {}, ...equations.flatMap((text) => [equation(text), " "])),
        ...shown,
      ),
    );
  const named = (/** @type {string} */ text) => text.replaceAll("^L", `^${last + 1}`);
  add(
    [named(network.costFunction.equation)],
    `The cost C measures the error: how far the outputs A are from the right answer Y. Below is A − Y; C is ${plain(network.cost(pass, label))}.`,
    cells(
      outputs.map((a, i) => a - (i === label ? 1 : 0)),
      last,
    ),
  );
  for (let l = last; l > 0; l--) {
    const text =
      l === last
        ? `dC/dZ^${l + 1} = ${named(network.costFunction.deltaEquation)}`
        : `dC/dZ^${l + 1} = dC/dZ^${l + 2} W^${l + 2} ⊙ σ′ (Z^${l + 1})`;
    add(
      [text],
      l === last
        ? "How much each output contributed to C."
        : `How much each neuron of layer ${l + 1} contributed: one layer further back.`,
      cells(deltas[l], l, model.data.shown[l - 1]),
    );
  }
  for (let l = last; l > 0; l--) {
    const count = (network.sizes[l] * (network.sizes[l - 1] + 1)).toLocaleString("en");
    const shown = l === 1 ? maps(weights[0], model) : matrix(weights[l - 1], network.sizes[l - 1]);
    add(
      [`dC/dW^${l + 1} = (dC/dZ^${l + 1})^T (A^${l})^T`, `dC/dB^${l + 1} = dC/dZ^${l + 1}`],
      `${count} derivatives (equations 7 and 8).`,
      shown,
    );
  }
  add(["W ← W − η dC/dW", "B ← B − η dC/dB"], `The step: each number moves against its derivative, times η = ${rate}.`);
  return list;
}

/** Numbers in rows, each coloured. @param {Float32Array} values @param {number} layer @param {number[]} [shown] */
function cells(values, layer, shown) {
  const row = make("div", { class: "cells" });
  const full = largest(values) || 1;
  for (const i of shown ?? values.keys()) {
    const cell = make("span", { title: `layer ${layer + 1}, neuron ${i + 1}: ${values[i]}` }, plain(values[i]));
    light(cell, values[i] / full);
    row.append(cell);
  }
  return row;
}

/** dC/dW² as a square of 784 for each neuron. @param {Float32Array} gradient @param {Model} model */
function maps(gradient, { network, data, encoding }) {
  const n = network.sizes[0];
  const full = largest(gradient) || 1;
  const places = placesOf(encoding.edges);
  return make(
    "div",
    { class: "maps" },
    ...data.shown[0].map((i) => paintMatrix(SIDE, SIDE, gradient.subarray(i * n, (i + 1) * n), places, full)),
  );
}

/** dC/dW as a table of colours: a row for each neuron. @param {Float32Array} gradient @param {number} columns */
function matrix(gradient, columns) {
  const places = Uint16Array.from(gradient, (_, at) => at);
  const canvas = paintMatrix(columns, gradient.length / columns, gradient, places, largest(gradient) || 1);
  canvas.className = "matrix";
  return make("div", { class: "maps" }, canvas);
}

/**
 * @param {number} width
 * @param {number} height
 * @param {Float32Array} values
 * @param {Uint16Array} places
 * @param {number} full
 */
function paintMatrix(width, height, values, places, full) {
  const canvas = make("canvas", { width, height, "aria-hidden": "true" });
  const pixels = contextOf(canvas).createImageData(width, height);
  paintSigned(pixels, values, places, full, colours());
  contextOf(canvas).putImageData(pixels, 0, 0);
  return canvas;
}
