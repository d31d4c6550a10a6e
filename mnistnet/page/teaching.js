// @ts-check
/** One step of gradient descent, told as it happens: C, then back through the layers, then the step, then C again. */

import { SIDE } from "./inputs.js";
import { byId, number } from "./inspector.js";
import { colours, contextOf, paintSigned, placesOf } from "./paint.js";
import { element, light } from "./diagram.js";
/** @import { Network } from "./network.js" */
/** @import { Diagram } from "./diagram.js" */

export const RATES = [0.01, 0.03, 0.1, 0.3, 1];
const PAUSE = 650; // milliseconds from one line of the lesson to the next

/** @param {number} value */
const cost = (value) => (value < 0.001 ? value.toPrecision(3) : value.toFixed(4));

/** @param {Float32Array} values */
const largest = (values) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

export class Lesson {
  /**
   * @param {Network} network the page's own copy: its parameters change
   * @param {Diagram} diagram where blame flows back
   * @param {() => void} stepped called when the parameters have changed
   */
  constructor(network, diagram, stepped) {
    this.network = network;
    this.diagram = diagram;
    this.stepped = stepped;
    /** @type {Float32Array[]} parameters before each step, for going back */
    this.before = [];
    this.running = 0;
    /** Take the step that is being told. */
    this.take = () => {};
  }

  /** Take the last step back. */
  back() {
    const parameters = this.before.pop();
    if (!parameters) return;
    this.running++;
    this.take = () => {};
    this.network.parameters.set(parameters);
    this.stepped();
  }

  /**
   * Show one step, line by line.
   *
   * @param {Float32Array} inputs
   * @param {number} label the digit that was meant
   * @param {number} rate η
   */
  async step(inputs, label, rate) {
    const turn = ++this.running;
    const { network } = this;
    const pass = network.propagate(inputs);
    const before = network.cost(pass, label);
    const { deltas, gradient } = network.backpropagate(pass, label);
    const { weights } = network.views(gradient);
    const lines = this.write(pass.activations, deltas, weights, label);
    byId("cost").innerHTML = `C = <b>${cost(before)}</b>`;
    this.diagram.show(null);
    this.take = () => {
      this.take = () => {};
      this.before.push(network.parameters.slice());
      gradient.forEach((derivative, at) => (network.parameters[at] -= rate * derivative));
      this.stepped();
      const after = network.cost(network.propagate(inputs), label);
      byId("cost").innerHTML =
        `C = <b>${cost(before)}</b> → <b>${cost(after)}</b> ` +
        (after < before ? `after one step of ${network.parameters.length.toLocaleString("en")} numbers` : "the step was too long: it went past the lowest point. Try a smaller η.");
    };

    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    for (const { line, layer } of lines) {
      if (!still) await new Promise((resolve) => setTimeout(resolve, PAUSE));
      if (turn !== this.running) return;
      line.classList.remove("waiting");
      this.diagram.show({
        values: [inputs, ...deltas.slice(1)].map((values, l) => (l >= layer ? values : null)),
        carried: (l, i, j) => (l === 0 ? weights[0][i * inputs.length + j] : deltas[l + 1][i] * network.weights[l][i * network.sizes[l] + j]),
        told: false,
        full: [1, ...deltas.slice(1).map((delta) => largest(delta) || 1)],
        fullFlow: network.weights.map((_, l) => (largest(deltas[l + 1]) || 1) * (l === 0 ? 2 : largest(network.weights[l]) / 2)),
      });
    }
    this.take();
  }

  /**
   * The lines of the lesson, each waiting for its turn.
   *
   * @param {Float32Array[]} activations
   * @param {Float32Array[]} deltas
   * @param {Float32Array[]} weightGradients
   * @param {number} label
   * @returns {{line: HTMLElement, layer: number}[]} each with the lowest layer that blame has reached by then
   */
  write(activations, deltas, weightGradients, label) {
    const { network } = this;
    const list = byId("lesson");
    list.replaceChildren();
    const last = network.sizes.length - 1;
    /** @type {{line: HTMLElement, layer: number}[]} */
    const lines = [];
    /** @param {number} layer @param {string} equation @param {string} words @param {HTMLElement} shown */
    const add = (layer, equation, words, shown) => {
      const line = list.appendChild(element("li", "waiting"));
      const head = line.appendChild(element("div", "equations"));
      head.innerHTML = `<span>${equation}</span><small>${words}${shown.dataset.unit ?? ""}</small>`;
      line.append(shown);
      lines.push({ line, layer });
    };
    const wrong = activations[last].map((a, i) => a - (i === label ? 1 : 0));
    add(last, network.costFunction.equation.replaceAll("ᴸ", superscript(last + 1)), "the cost: how far A is from Y", cells(wrong, last));
    for (let l = last; l > 0; l--) {
      const up = superscript(l + 1);
      const equation =
        l === last
          ? `dC/dZ${up} = ${network.costFunction.deltaEquation.replaceAll("ᴸ", up)}`
          : `dC/dZ${up} = dC/dZ${superscript(l + 2)} W${superscript(l + 2)} ⊙ σ′(Z${up})`;
      add(l, equation, l === last ? "the blame of each output" : `the blame of layer ${l + 1}`, cells(deltas[l], l, this.diagram.shown[l - 1]));
    }
    for (let l = last; l > 0; l--) {
      const [up, below] = [superscript(l + 1), superscript(l)];
      add(
        l - 1,
        `dC/dW${up} = (dC/dZ${up})ᵀ (A${below})ᵀ &nbsp; dC/dB${up} = dC/dZ${up}`,
        `equations 7 and 8: ${(network.sizes[l] * (network.sizes[l - 1] + 1)).toLocaleString("en")} numbers`,
        l === 1 ? maps(weightGradients[0], this.diagram) : matrix(weightGradients[l - 1], network.sizes[l - 1]),
      );
    }
    const [w, b] = ["W", "B"].map((letter) => `${letter} ← ${letter} − η dC/d${letter}`);
    add(0, `${w} &nbsp; ${b}`, "one step, against the gradient", element("span"));
    return lines;
  }
}

/** A whole number, written high. @param {number} digit */
const superscript = (digit) => Array.from(String(digit), (character) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(character)]).join("");

/** Numbers in a row of ten, each coloured. @param {Float32Array} values @param {number} layer @param {number[]} [shown] */
function cells(values, layer, shown) {
  const row = element("div", "cells");
  const full = largest(values) || 1;
  // Derivatives can be small: all of a row are told in one power of ten, the largest from 1 to 10.
  const power = Math.floor(Math.log10(full));
  if (power < 0) row.dataset.unit = `; times 10⁻${superscript(-power)}`;
  for (const i of shown ?? values.keys()) {
    const cell = row.appendChild(element("span", "", number(values[i] / 10 ** Math.min(power, 0), 1)));
    cell.title = `layer ${layer + 1}, neuron ${i + 1}: ${values[i]}`;
    light(cell, values[i] / full);
  }
  return row;
}

/** dC/dW² as a square of 784 for each neuron. @param {Float32Array} gradient @param {Diagram} diagram */
function maps(gradient, { network, shown, roses }) {
  const box = element("div", "maps");
  const n = network.sizes[0];
  const [full, places, palette] = [largest(gradient) || 1, placesOf(roses), colours()];
  for (const i of shown[0]) {
    const canvas = box.appendChild(element("canvas"));
    canvas.width = canvas.height = SIDE;
    const pixels = contextOf(canvas).createImageData(SIDE, SIDE);
    paintSigned(pixels, gradient.subarray(i * n, (i + 1) * n), places, full, palette);
    contextOf(canvas).putImageData(pixels, 0, 0);
  }
  return box;
}

/** dC/dW as a table of colours: a row for each neuron. @param {Float32Array} gradient @param {number} columns */
function matrix(gradient, columns) {
  const box = element("div", "maps");
  const canvas = box.appendChild(element("canvas", "matrix"));
  const rows = gradient.length / columns;
  [canvas.width, canvas.height] = [columns, rows];
  const pixels = contextOf(canvas).createImageData(columns, rows);
  const places = Uint16Array.from(gradient, (_, at) => at);
  paintSigned(pixels, gradient, places, largest(gradient) || 1, colours());
  contextOf(canvas).putImageData(pixels, 0, 0);
  return box;
}
