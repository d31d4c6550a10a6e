// @ts-check
/** The page: what was filled in by Python, the network made of it, and what happens when somebody draws or taps. */

import { epochChart } from "./charts.js";
import { Sheet, SHEET } from "./sheet.js";
import { Inputs, PIXELS } from "./inputs.js";
import { showMistakes } from "./mistakes.js";
import { Network } from "./network.js";
import { byId, listDigits, tellNeuron } from "./inspector.js";
import { colours, contextOf, onNewColours, paintInk, paintRoses } from "./paint.js";
import { asText, isUnsure, percent, ranking } from "./prediction.js";
import { drawLikeMnist } from "./normalization.js";
import { Lesson, RATES } from "./teaching.js";
import { Diagram, element } from "./diagram.js";
/** @import { Measured } from "./mistakes.js" */
/** @import { Thresholds } from "./prediction.js" */

/**
 * What Python fills in.
 *
 * @typedef {object} Data
 * @property {string} name of the model
 * @property {string} version
 * @property {number[]} sizes
 * @property {string} activation
 * @property {string} cost
 * @property {string} parameters float32, little-endian, in base64
 * @property {number[][]} shown for each layer from the second, the neurons that are drawn
 * @property {{kind: string, scale: number, mean: string}} inputs
 * @property {number} rate η of "Teach it" at first
 * @property {Thresholds} thresholds
 * @property {{epoch: number, history: number[][], textbook: {history: number[][], words: string}}} training rows of cost,
 *     learning rate and, where it was measured, validation accuracy
 * @property {Measured} measured
 * @property {string} sprite the images, 784 bytes each, deflated, in base64
 */

/** @type {Data} */
const data = JSON.parse(byId("data").textContent ?? "");
const network = new Network(data.sizes, data.activation, data.cost, floats(data.parameters));
const inputs = new Inputs(data.inputs.kind, data.inputs.scale, floats(data.inputs.mean));
const { roses } = inputs.kind;
const sprite = await inflate(data.sprite);
/** @param {number} index */
const imageAt = (index) => sprite.subarray(index * PIXELS, (index + 1) * PIXELS);

const AVERAGE = new Float32Array(PIXELS); // inputs of 0: the average image, or with `pixels` a blank one
const selected = { layer: 1, neuron: data.shown[0][0] };
/** @type {Uint8Array | null} what is shown to the network: 28×28 */
let image = null;

/** @param {string} text */
function bytes(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** @param {string} text */
function floats(text) {
  return new Float32Array(bytes(text).buffer);
}

/** @param {string} text */
async function inflate(text) {
  const stream = new Blob([bytes(text)]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

const sheet = new Sheet(/** @type {HTMLCanvasElement} */ (byId("sheet")), () => soon());
const diagram = new Diagram(byId("diagram"), network, data.shown, roses, select);
const blame = new Diagram(byId("blame"), network, data.shown, roses, null);
const lesson = new Lesson(network, blame, () => update());

// What the network is shown, step by step: a small canvas for each.
const steps = inputs.kind.steps.map((name, at) => {
  const item = byId("steps").appendChild(element("li"));
  const last = roses && at === inputs.kind.steps.length - 1;
  const canvas = item.appendChild(element("canvas", last ? "roses" : ""));
  canvas.width = canvas.height = last ? 448 : 1;
  item.append(element("span", "", `${at + 1}. ${name}`));
  return canvas;
});
byId("steps-note").textContent = roses
  ? "Each rose tells how the outline runs at its place: petals lie along it, with the ink on their right. 16 directions at 7×7 places make the 784 inputs."
  : "The 28×28 pixels of the last step are the 784 inputs.";

let waiting = false;

/** Update once before the browser paints, however many moves of the pen came. */
function soon() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    update();
  });
}

/** From what is drawn to everything that is seen. */
function update() {
  const start = performance.now();
  image = sheet.digit ?? drawLikeMnist({ width: SHEET, height: SHEET, bytes: sheet.ink });
  const shown = image && inputs.kind.shown(image);
  const features = shown && inputs.kind.features(shown);
  const x = features && inputs.of(features);
  const pass = network.propagate(x ?? AVERAGE);

  byId("hint").hidden = sheet.deeds.length > 0 && sheet.deeds[sheet.deeds.length - 1].tool !== "clear";
  showSteps(shown, features);
  showAnswer(image && pass.activations[pass.activations.length - 1]);
  const all = network.sizes.length;
  diagram.show(
    x && {
      values: pass.activations,
      carried: (l, i, j) => network.weights[l][i * network.sizes[l] + j] * pass.activations[l][j],
      full: Array(all).fill(1),
      fullFlow: [1, ...Array(all - 2).fill(4)],
    },
  );
  tellNeuron(network, selected, pass, { lit: image !== null, shown, roses });
  for (const button of byId("meant").children) /** @type {HTMLButtonElement} */ (button).disabled = !image;
  showLessonButtons();
  const milliseconds = performance.now() - start;
  byId("diagram-note").textContent =
    `${network.parameters.length.toLocaleString("en")} weights and biases at work, and this page redrawn, in ${milliseconds.toFixed(1)} ms. ` + partNote;
  byId("diagram-note").dataset.milliseconds = String(milliseconds);
}

const wide = data.shown.some((shown, l) => shown.length < network.sizes[l + 1]);
const partNote =
  "The small squares beside the first neurons hold all 784 connections of each; of the lines from the picture, each is the sum of 16." +
  (wide ? " Of wide layers only the neurons with the largest weights into the next layer are drawn; all take part." : "");

/** @param {Uint8Array | null} shown @param {Uint8Array | null} features */
function showSteps(shown, features) {
  const [fitted, upright, directions] = steps;
  paintInk(fitted, image);
  if (upright) paintInk(upright, shown);
  if (directions) {
    const { ink } = colours();
    paintRoses(directions, Float32Array.from(features ?? AVERAGE), 160, { positive: ink, negative: ink });
  }
}

/** @param {Float32Array | null} outputs */
function showAnswer(outputs) {
  const digit = byId("digit");
  digit.className = !outputs ? "nothing" : isUnsure(outputs, data.thresholds) ? "unsure" : "";
  const text = outputs ? asText(outputs, data.thresholds) : "Nothing is drawn yet.";
  digit.textContent = outputs ? text[0] : "?";
  if (byId("answer").textContent !== text) byId("answer").textContent = text;
  const best = outputs && ranking(outputs)[0].digit;
  diagram.outputs.forEach((output, i) => {
    output.classList.toggle("best", i === best);
    /** @type {Element} */ (output.lastElementChild).textContent = outputs ? percent(outputs[i], 1) : "";
  });
}

/** @param {number} layer @param {number} neuron */
function select(layer, neuron) {
  Object.assign(selected, { layer, neuron });
  diagram.mark(layer, neuron);
  showStrongest();
  update();
}

function showStrongest() {
  const images = data.measured.strongest[selected.layer - 1][data.shown[selected.layer - 1].indexOf(selected.neuron)];
  const digits = images.map((index, at) => ({ image: imageAt(index), words: "", name: `Image ${at + 1} of those that excite this neuron most` }));
  listDigits(byId("strongest"), digits, open);
}

/** Put a digit of 28×28 into the living network. @param {Uint8Array} digit */
function open(digit) {
  sheet.do({ tool: "digit", image: digit });
  byId("draw").scrollIntoView();
}

// Tools

for (const tool of /** @type {const} */ (["pen", "eraser"])) {
  byId(tool).addEventListener("click", () => {
    sheet.tool = tool;
    for (const name of ["pen", "eraser"]) byId(name).setAttribute("aria-pressed", String(name === tool));
  });
}
byId("width").addEventListener("input", (event) => (sheet.width = Number(/** @type {HTMLInputElement} */ (event.target).value)));
byId("undo").addEventListener("click", () => sheet.undo());
byId("clear").addEventListener("click", () => sheet.clear());
byId("save").addEventListener("click", save);
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "z") {
    event.preventDefault();
    sheet.undo();
  }
});

/** Save what is drawn as a picture: black ink on white, for `mnistnet predict`. */
function save() {
  const canvas = element("canvas");
  canvas.width = canvas.height = SHEET;
  const pixels = contextOf(canvas).createImageData(SHEET, SHEET);
  sheet.ink.forEach((ink, at) => pixels.data.set([255 - ink, 255 - ink, 255 - ink, 255], 4 * at));
  contextOf(canvas).putImageData(pixels, 0, 0);
  const link = element("a");
  link.href = canvas.toDataURL("image/png");
  link.download = "digit.png";
  link.click();
}

// Teach it

let meant = 0;
const rate = /** @type {HTMLSelectElement} */ (byId("rate"));
rate.append(...RATES.map((value) => element("option", "", String(value))));
rate.value = String(data.rate);
byId("meant").append(
  ...Array.from({ length: 10 }, (_, digit) => {
    const button = element("button", "", String(digit));
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", () => teach(digit));
    return button;
  }),
);
byId("again").addEventListener("click", () => {
  lesson.take(); // whoever is faster than the lesson has seen enough of it; another digit takes its place untaken
  teach(meant);
});
byId("back").addEventListener("click", () => lesson.back());

/** @param {number} digit that was meant */
function teach(digit) {
  meant = digit;
  for (const [at, button] of [...byId("meant").children].entries()) button.setAttribute("aria-pressed", String(at === digit));
  if (image) lesson.step(inputs.from(image), digit, Number(rate.value));
}

function showLessonButtons() {
  const chosen = byId("meant").querySelector('[aria-pressed="true"]');
  /** @type {HTMLButtonElement} */ (byId("again")).disabled = !image || !chosen;
  /** @type {HTMLButtonElement} */ (byId("back")).disabled = lesson.before.length === 0;
}

// How it learned

function showHistory() {
  const { epoch, history, textbook } = data.training;
  if (!history.length) {
    byId("history-words").textContent = "This model’s file holds no history of its epochs.";
    return;
  }
  byId("history-words").textContent =
    `${epoch} epochs: in each, gradient descent saw every training image once. Blue: this model. Dashed: ${textbook.words}.`;
  const [cost, learningRate, accuracy] = [0, 1, 2].map((column) => ({
    own: history.map((row) => row[column]).filter((value) => value !== undefined),
    other: textbook.history.map((row) => row[column]),
  }));
  /** @param {string} title @param {{own: number[], other: number[]}} values @param {{low: number, high: number, tell: (value: number) => string}} scale */
  const chart = (title, { own, other }, scale) => {
    const lines = [
      { name: "the textbook network", style: "other", values: other },
      { name: "this model", style: "own", values: own },
    ];
    const box = byId("charts").appendChild(element("div"));
    box.append(element("h3", "", title));
    if (own.length) box.insertAdjacentHTML("beforeend", epochChart(lines, scale));
    else box.append(element("p", "note", "It was not measured: no images were held out."));
  };
  const comparable = data.cost === "mse" ? cost : { own: cost.own, other: [] };
  chart("Cost C", comparable, { low: 0, high: Math.max(...comparable.own, ...comparable.other), tell: (value) => value.toFixed(3) });
  const low = Math.floor(20 * Math.min(...accuracy.own, ...accuracy.other)) / 20;
  chart("Accuracy on images held out", accuracy, { low, high: 1, tell: (value) => percent(value, 1) });
  chart("Learning rate", learningRate, { low: 0, high: Math.max(...learningRate.own, ...learningRate.other), tell: (value) => value.toFixed(1) });
}

// For scripts, and for the curious: open the console and try.

/** @param {Uint8Array} pixels */
function check(pixels) {
  if (!(pixels instanceof Uint8Array) || pixels.length !== PIXELS) throw new TypeError(`expected a Uint8Array of ${PIXELS}`);
  return pixels;
}

Object.assign(window, {
  mnistnet: {
    /** The ten outputs for an image. @param {Uint8Array} pixels 28×28, ink bright */
    outputs: (pixels) => network.forward(inputs.from(check(pixels))),
    /** ∇C for an image, in the order of `Network.parameters`. @param {Uint8Array} pixels @param {number} label */
    gradient: (pixels, label) => network.backpropagate(network.propagate(inputs.from(check(pixels))), label).gradient,
    /** What is read in the drawing, null where nothing is drawn. */
    answer: () => {
      if (!image) return null;
      const outputs = network.forward(inputs.from(image));
      const [{ digit, output }] = ranking(outputs);
      return { number: String(digit), probability: output, unsure: isUnsure(outputs, data.thresholds) };
    },
  },
});

byId("numbers").textContent = network.parameters.length.toLocaleString("en");
byId("about").textContent =
  `Made by mnistnet ${data.version} of ${data.name}: ${data.sizes.join("-")}, ${data.activation}, ${data.cost}, inputs: ${data.inputs.kind}. ` +
  "For scripts: window.mnistnet has outputs(pixels), gradient(pixels, label) and answer().";
showHistory();
showMistakes(data.measured, imageAt, open);
onNewColours(() => {
  sheet.show();
  select(selected.layer, selected.neuron);
  showMistakes(data.measured, imageAt, open);
});
sheet.show();
select(selected.layer, selected.neuron);
