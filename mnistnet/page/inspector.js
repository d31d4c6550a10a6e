// @ts-check
/** One neuron looked into: its sum with numbers, what it looks for, the images that excite it most. */

import { SIDE } from "./inputs.js";
import { colours, contextOf, paintInk, paintRoses, paintSigned, placesOf } from "./paint.js";
import { element } from "./diagram.js";
/** @import { Network, Pass } from "./network.js" */

const MOST_LISTED = 20; // inputs of a neuron told one by one

/** @param {string} id */
export const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** @param {number} value @param {number} [decimals] */
export const number = (value, decimals = 2) => value.toFixed(decimals).replace(/^-(?=0\.0*$)/, "").replace("-", "−");

/** Z²₃ and the like: a letter with its layer above and its neuron below. @param {string} letter @param {number} layer
 * @param {string} index */
const symbol = (letter, layer, index) => `${letter}<sup>${layer}</sup><sub>${index}</sub>`;

/**
 * Tell all about a neuron.
 *
 * @param {Network} network
 * @param {{layer: number, neuron: number}} which layer 1 for the first hidden one; neuron counted from 0
 * @param {Pass} pass what the network does now; of an average image where nothing is drawn
 * @param {{lit: boolean, shown: Uint8Array | null, roses: boolean}} look whether something is drawn, and the digit upright
 */
export function tellNeuron(network, { layer, neuron }, pass, { lit, shown, roses }) {
  const last = layer === network.sizes.length - 1;
  const [z, a] = [pass.sums[layer][neuron], pass.activations[layer][neuron]];
  const bias = network.biases[layer - 1][neuron];
  const name = last ? `Output ${neuron}` : `Neuron ${neuron + 1} of layer ${layer + 1}`;
  byId("neuron-title").textContent = `Inside a neuron: ${name.toLowerCase()}`;

  const [l, i] = [layer + 1, String(neuron + 1)];
  const A = symbol("A", l, i);
  const Z = symbol("Z", l, i);
  const B = symbol("B", l, i);
  const sigma = last && network.costFunction.sharesOut ? "softmax" : "σ";
  const lines = [`${Z} = Σ<sub>j</sub> ${symbol("W", l, `${i},j`)} ${symbol("A", l - 1, "j")} + ${B}`];
  if (lit) lines.push(`&nbsp;&nbsp;= ${number(z - bias)} + (${number(bias)}) = <b>${number(z)}</b>`);
  else lines.push(`${B} = ${number(bias)}: its bias, before it sees anything`);
  lines.push(lit ? `${A} = ${sigma}(${Z}) = ${sigma}(${number(z)}) = <b>${number(a, 3)}</b>` : `${A} = ${sigma}(${Z})`);
  byId("neuron-sum").innerHTML = lines.map((line) => `<p>${line}</p>`).join("");
  drawCurve(network, last, lit ? z : null, a);
  byId("curve-note").textContent = last ? network.costFunction.outputs : network.activation.equation;

  lookFor(network, { layer, neuron }, pass, shown, roses);
  listInputs(network, { layer, neuron }, pass, lit);
}

/** The activation as a curve, and where on it the neuron is. @param {Network} network @param {boolean} last
 * @param {number | null} z @param {number} a */
function drawCurve(network, last, z, a) {
  // Of outputs that add up to 1, each is σ of its sum less what the others make together, which shifts the curve.
  const others = network.costFunction.sharesOut ? z === null ? Math.log(network.sizes[network.sizes.length - 1] - 1) : z - Math.log(a / (1 - a)) : 0;
  const output = (/** @type {number} */ x) => 1 / (1 + Math.exp(others - x));
  const curve = last ? output : network.activation.activate;
  const [low, high] = [Math.min(curve(-8), 0), Math.max(curve(3), 1)];
  /** @param {number} x */
  const across = (x) => 160 + Math.min(Math.max(x, -8), 8) * 18;
  /** @param {number} y */
  const up = (y) => 135 - ((Math.min(y, high) - low) / (high - low)) * 115;
  const points = Array.from({ length: 97 }, (_, i) => (i - 48) / 6).map((x) => `${across(x)},${up(curve(x)).toFixed(1)}`);
  const dot = z === null ? "" : `<path class="grid" d="M${across(z)} 135V${up(a)}"/><circle class="dot" r="5" cx="${across(z)}" cy="${up(a)}"/>`;
  const svg = byId("curve");
  svg.innerHTML =
    `<path class="grid" d="M16 135H304M160 15V140"/><polyline class="own" points="${points.join(" ")}"/>${dot}` +
    `<text x="304" y="150" text-anchor="end">Z = 8</text><text x="16" y="150">−8</text><text x="160" y="152" text-anchor="middle">0</text>` +
    `<text x="166" y="${up(high) + 4}">${high.toFixed(0)}</text>`;
  svg.setAttribute("aria-label", z === null ? "The activation as a curve" : `The activation of ${number(z)} is ${number(a, 3)}`);
}

/** What the neuron looks for, drawn over the digit. @param {Network} network @param {{layer: number, neuron: number}} which
 * @param {Pass} pass @param {Uint8Array | null} shown @param {boolean} roses */
function lookFor(network, { layer, neuron }, pass, shown, roses) {
  const weights = network.sensitivity(pass, layer, neuron);
  const full = Math.max(...weights.map(Math.abs)) || 1;
  const canvas = /** @type {HTMLCanvasElement} */ (byId("looks-for"));
  const palette = colours();
  const context = contextOf(canvas);
  if (roses) paintRoses(canvas, weights, full * 0.8, palette);
  else {
    const small = element("canvas");
    small.width = small.height = SIDE;
    const pixels = contextOf(small).createImageData(SIDE, SIDE);
    paintSigned(pixels, weights, placesOf(false), full, palette);
    contextOf(small).putImageData(pixels, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.imageSmoothingEnabled = false;
    context.drawImage(small, 0, 0, canvas.width, canvas.height);
  }
  if (shown) {
    const digit = element("canvas");
    paintInk(digit, shown);
    context.globalCompositeOperation = "destination-over";
    context.globalAlpha = 0.22;
    context.imageSmoothingEnabled = true;
    context.drawImage(digit, 0, 0, canvas.width, canvas.height);
    context.globalAlpha = 1;
    context.globalCompositeOperation = "source-over";
  }
  const what = roses ? "outline that runs this way" : "ink here";
  const through = layer > 1 ? ", through the layers before it (dZ/dA¹)" : "";
  canvas.setAttribute("aria-label", `What the neuron looks for${through}`);
  byId("looks-note").innerHTML =
    `<b>What it looks for</b>${through}. <span class="key positive">${what} raises its sum</span> ` +
    `<span class="key negative">${what} lowers it</span>` +
    (roses ? ". A petal lies along the outline, with the ink on its right." : ".");
}

/** The inputs of the neuron, each with what it brings to the sum. @param {Network} network
 * @param {{layer: number, neuron: number}} which @param {Pass} pass @param {boolean} lit */
function listInputs(network, { layer, neuron }, pass, lit) {
  const below = pass.activations[layer - 1];
  const n = below.length;
  const weights = network.weights[layer - 1].subarray(neuron * n, (neuron + 1) * n);
  const box = byId("neuron-inputs");
  if (!lit) {
    box.replaceChildren(element("p", "note", "Nothing is drawn: nothing comes in."));
    return;
  }
  const brought = Array.from(weights, (weight, j) => ({ j, weight, value: weight * below[j] }));
  if (layer === 1) {
    let [above, under] = [0, 0];
    for (const { value } of brought) {
      if (value > 0) above += value;
      else under += value;
    }
    const sums = [["speak for it", above], ["speak against it", under]];
    box.replaceChildren(bars(sums.map(([words, value]) => ({ label: String(words), value: Number(value) }))));
    box.append(element("p", "note", `All ${n} of its connections are in the square beside it, above.`));
    return;
  }
  const listed = brought.sort((one, other) => Math.abs(other.value) - Math.abs(one.value)).slice(0, MOST_LISTED);
  listed.sort((one, other) => one.j - other.j);
  box.replaceChildren(
    bars(listed.map(({ j, weight, value }) => ({ label: `${j + 1}:  ${number(weight, 1)} × ${number(below[j])}`, value }))),
  );
  box.append(element("p", "note", n > MOST_LISTED ? `Weight × activation of the ${MOST_LISTED} strongest of ${n}.` : "Neuron: weight × activation."));
}

/** @param {{label: string, value: number}[]} rows */
function bars(rows) {
  const box = element("div", "bars");
  const full = Math.max(...rows.map(({ value }) => Math.abs(value))) || 1;
  for (const { label, value } of rows) {
    const bar = element("span", "bar");
    const part = bar.appendChild(element("i", value < 0 ? "negative" : "positive"));
    const width = (50 * Math.abs(value)) / full;
    part.style.left = `${value < 0 ? 50 - width : 50}%`;
    part.style.width = `${width}%`;
    box.append(element("span", "", label), bar, element("span", "", number(value)));
  }
  return box;
}

/** Digits to tap, each with a line of words. @param {HTMLElement} box @param {{image: Uint8Array, words: string, name: string}[]} digits
 * @param {(image: Uint8Array) => void} open */
export function listDigits(box, digits, open) {
  box.replaceChildren(
    ...digits.map(({ image, words, name }) => {
      const button = element("button");
      const canvas = button.appendChild(element("canvas"));
      paintInk(canvas, image);
      button.append(words);
      button.setAttribute("aria-label", `${name}: put it into the network`);
      button.addEventListener("click", () => open(image));
      return button;
    }),
  );
}
