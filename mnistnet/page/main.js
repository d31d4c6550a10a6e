// @ts-check
/** The page: what Python wrote, the models made of it, and what happens when somebody draws or taps. */

import { AnswerView } from "./answer.js";
import { Diagram } from "./diagram.js";
import { byId, isStill, make, rove, whileSeen } from "./dom.js";
import { PIXELS } from "./inputs.js";
import { Inspector } from "./inspector.js";
import { Learning, showHistory } from "./learning.js";
import { Mistakes } from "./mistakes.js";
import { Model, bytes } from "./model.js";
import { onNewColours } from "./paint.js";
import { answerOf, percent } from "./prediction.js";
import { Replay } from "./replay.js";
import { digitOf, readNumber } from "./segmentation.js";
import { SHEET, Sheet } from "./sheet.js";
import { Steps } from "./steps.js";
import { Store } from "./store.js";
import { THREE } from "./strokes.js";
import { Teaching } from "./teaching.js";
import { listenToTools, showExamples } from "./tools.js";
import { Tour } from "./tour.js";
/** @import { Training } from "./learning.js" */
/** @import { Measured } from "./mistakes.js" */
/** @import { ModelData } from "./model.js" */
/** @import { Thresholds } from "./prediction.js" */
/** @import { Digit } from "./segmentation.js" */
/** @import { State } from "./store.js" */

/**
 * What Python writes.
 *
 * @typedef {object} Data
 * @property {string} name of the model
 * @property {string} version
 * @property {ModelData[]} models the one that the page is about, and its pixel twin
 * @property {Thresholds} thresholds
 * @property {Training} training
 * @property {Measured} measured
 * @property {string} sprite the images, 784 bytes each, deflated, in base64
 */

const DELAY = 1200; // milliseconds from lifting the pen until the drawing is taken as finished

/** @type {Data} */
const data = JSON.parse(byId("data").textContent ?? "");
if (!("DecompressionStream" in window)) {
  byId("trouble").hidden = false;
  byId("trouble").textContent =
    "This browser is too old for this page: it can’t unpack the images in it. Any browser of 2023 or later can.";
  throw new Error("no DecompressionStream");
}
const sprite = await inflate(data.sprite);
/** @param {number} index */
const imageAt = (index) => sprite.subarray(index * PIXELS, (index + 1) * PIXELS);
const models = data.models.map((model) => new Model(model));

/** @param {string} text */
async function inflate(text) {
  const stream = new Blob([bytes(text)]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

const store = new Store({
  model: models[0],
  digits: [],
  chosen: 0,
  thought: null,
  playing: false,
  truth: null,
  pinned: null,
  pointed: null,
  link: null,
  place: null,
  backward: null,
  panel: "inside",
});
const stage = byId("stage");
const sheet = new Sheet(/** @type {HTMLCanvasElement} */ (byId("sheet")), { began, changed: soon, lifted });
const replay = new Replay(
  store,
  data.measured.replay.map(({ image, label }) => ({ image: imageAt(image), label })),
);
const steps = new Steps(byId("steps"), store, () => pin({ layer: 0, neuron: 0 }));
const answerView = new AnswerView(store, data.thresholds, (at) => {
  store.set({ chosen: at, thought: store.state.digits[at].thought });
  newDrawing(null);
});
const diagram = new Diagram(byId("diagram"), sheet.canvas, store, pin);
const inspector = new Inspector(byId("inspector"), store, imageAt, (image) => open(image, null));
const mistakes = new Mistakes(store, data.measured, imageAt, (image, truth) => {
  open(image, truth);
  choosePanel("teach");
  byId("until").focus({ preventScroll: true });
});
const teaching = new Teaching(byId("teach"), store, replay, {
  nextOffer: () => mistakes.nextOffer(),
  open,
  changed,
  taught: () => mistakes.markLearned(),
});
const learning = new Learning(byId("learn"), store, replay, {
  changed,
  toTwin: models.length > 1 ? () => chooseModel(1) : null,
});

const tour = new Tour(/** @type {HTMLDialogElement} */ (byId("tour")), store, choosePanel);

// From the drawing to the answer

/** @type {Map<string, Uint8Array>} images of the last call, see `readNumber` */
const known = new Map();
let isDue = false;

/** Update at most once a frame, however often the pen moves. */
function soon() {
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => isDue && update());
}

/** Read what is drawn, then show all that follows from it. */
function update() {
  isDue = false;
  const { model } = store.state;
  const think = (/** @type {Uint8Array} */ image) => model.think(image);
  const whole = { left: 0, top: 0, right: SHEET, bottom: SHEET };
  const digits = sheet.digit ? [digitOf(think(sheet.digit), whole)] : readNumber(sheet.ink, SHEET, think, known);
  const chosen = chosenOf(digits);
  const thought = digits[chosen]?.thought ?? null;
  store.set({ digits, chosen, thought });
}

/** The parameters have changed: read again. */
function changed() {
  update();
  showModels();
}

/** The digit that is being drawn, else the one that was chosen before. @param {Digit[]} digits */
function chosenOf(digits) {
  const [x, y] = sheet.line?.points.at(-1) ?? [-1, -1];
  const drawn = digits.findIndex(({ box }) => x >= box.left && x <= box.right && y >= box.top && y <= box.bottom);
  return drawn >= 0 ? drawn : Math.min(store.state.chosen, Math.max(digits.length - 1, 0));
}

// Views

store.subscribe(["model"], () => {
  diagram.build();
  steps.build();
});
const drawDiagram = whileSeen(byId("diagram"), () => diagram.draw());
store.subscribe(["thought", "model", "pinned", "pointed", "link", "backward"], drawDiagram);
const drawSteps = whileSeen(byId("steps"), () => steps.show());
store.subscribe(["thought", "model", "place"], drawSteps);
store.subscribe(["digits"], () => answerView.show());
store.subscribe(["digits", "chosen"], () => answerView.showBoxes());
const drawInspector = whileSeen(byId("inspector"), () => inspector.show());
store.subscribe(
  ["thought", "model", "pinned", "pointed", "link", "place", "panel"],
  ({ panel }) => panel === "inside" && drawInspector(),
);
store.subscribe(
  ["thought", "model", "panel", "playing", "backward"],
  ({ panel }) => panel === "teach" && teaching.show(),
);
store.subscribe(["model", "panel"], ({ panel }) => panel === "teach" && replay.show());
store.subscribe(["model", "panel"], ({ panel }) => panel === "learn" && learning.show());

// The sheet

/** @type {AbortController | null} */
let playing = null;
let timer = 0;

/** Write a 3, until somebody touches the sheet. */
async function play() {
  playing = new AbortController();
  store.set({ playing: true });
  try {
    if (isStill()) {
      sheet.write(THREE);
      update();
    } else await sheet.play(THREE, playing.signal);
  } catch (error) {
    if (!playing?.signal.aborted && playing) throw error;
  }
}

function endPlay() {
  if (!playing) return;
  playing.abort();
  playing = null;
  sheet.forget();
  store.set({ playing: false });
}

/** A line begins. */
function began() {
  endPlay();
  clearTimeout(timer);
  newDrawing(null);
}

/** @param {number | null} truth what it shows, where that is known */
function newDrawing(truth) {
  store.set({ truth, chosen: truth === null ? store.state.chosen : 0 });
  teaching.drawingChanged();
}

/** The pen is lifted: say what is read, and on a phone make room for the network. */
function lifted() {
  if (store.state.playing) return;
  clearTimeout(timer);
  timer = window.setTimeout(() => {
    answerView.speak();
    if (store.state.digits.length) shrink(true);
  }, DELAY);
}

function scrollToStage() {
  if (stage.getBoundingClientRect().top < 0) window.scrollTo({ top: 0 });
}

/** @param {boolean} isSmall whether a phone shows the sheet as a small copy */
function shrink(isSmall) {
  stage.classList.toggle("small", isSmall);
}

/** Put something on the sheet. @param {() => void} draw @param {number | null} truth */
function put(draw, truth) {
  endPlay();
  draw();
  newDrawing(truth);
  update();
}

/** Put an image of 28×28 into the network. @param {Uint8Array} image @param {number | null} truth */
function open(image, truth) {
  put(() => sheet.apply({ tool: "digit", image }), truth);
  scrollToStage();
}

/** @param {import("./strokes.js").Point[][]} strokes @param {number} [width] of the pen */
const write = (strokes, width) => put(() => sheet.write(strokes, width), null);

byId("undo").addEventListener("click", () => edit(() => sheet.undo()));
byId("clear").addEventListener("click", () => edit(() => sheet.clear()));
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "z") {
    event.preventDefault();
    edit(() => sheet.undo());
  } else if (event.key === "Escape") store.set({ pinned: null });
  else if (
    isProjector() &&
    (event.target === document.body || byId("tour").contains(/** @type {Node} */ (event.target))) &&
    tour.turn(event.key)
  )
    event.preventDefault();
});

const isProjector = () => document.documentElement.classList.contains("projector");
// On a phone the small copy stays in sight when somebody scrolls on.
document.addEventListener("scroll", () => {
  if (isNarrow() && sheet.canvas.getBoundingClientRect().top < 0) shrink(true);
});
// A tap on it makes it a sheet again.
sheet.canvas.addEventListener(
  "pointerdown",
  (event) => {
    if (!stage.classList.contains("small") || !isNarrow()) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    shrink(false);
    scrollToStage();
  },
  { capture: true },
);

/** @param {() => void} change of the drawing */
function edit(change) {
  if (playing) {
    endPlay();
    update();
  } else change();
  newDrawing(null);
  shrink(false);
}

// Choices

/** Pin a neuron, or release it. @param {import("./store.js").Place} place */
function pin(place) {
  const { pinned } = store.state;
  const isSame = pinned?.layer === place.layer && pinned.neuron === place.neuron;
  store.set({ pinned: isSame ? null : place });
  if (isSame) return;
  choosePanel("inside");
  const button = diagram.buttonOf(place);
  // On a phone the panel comes from below: the neuron stays above it.
  if (button && isNarrow()) window.scrollBy({ top: button.getBoundingClientRect().top - 0.35 * innerHeight });
}

const isNarrow = () => matchMedia("(max-width: 60rem)").matches;

/** @param {State["panel"]} panel */
function choosePanel(panel) {
  if (panel !== "learn") learning.leave();
  if (panel !== "teach") teaching.stop();
  for (const tab of byId("tabs").querySelectorAll("button")) {
    const isChosen = tab.dataset.panel === panel;
    tab.setAttribute("aria-selected", String(isChosen));
    byId(/** @type {string} */ (tab.getAttribute("aria-controls"))).hidden = !isChosen;
  }
  byId("panel").classList.add("open");
  store.set(panel === "inside" ? { panel } : { panel, pinned: null });
}

/** @param {number} at among the models */
function chooseModel(at) {
  if (store.state.model === models[at]) return;
  learning.leave();
  store.set({ model: models[at], digits: [], thought: null, pinned: null, pointed: null, link: null, place: null });
  teaching.begin();
  learning.begin();
  showModels();
  update();
}

function showModels() {
  const { model } = store.state;
  for (const [at, button] of [...byId("models").children].entries())
    button.setAttribute("aria-pressed", String(models[at] === model));
  byId("model-words").textContent = `Inputs: ${model.encoding.edges ? "edges" : "pixels"}; ${score(model)}.`;
}

/** The accuracy with the current parameters, in words. @param {Model} model */
function score(model) {
  const { past } = learning;
  if (past?.epoch === 0) return "it guesses: before training, its numbers are random";
  if (past) return `it reads ${percent(past.accuracy)} of its validation images after epoch ${past.epoch}`;
  return `${model.isTaught ? "before the lesson it read" : "it reads"} ${percent(model.data.accuracy)} of ${data.measured.data}`;
}

byId("models").append(...models.map((model, at) => make("button", { click: () => chooseModel(at) }, model.data.title)));
for (const tab of byId("tabs").querySelectorAll("button"))
  tab.addEventListener("click", () => {
    history.replaceState(null, "", `#${tab.getAttribute("aria-controls")}`);
    choosePanel(/** @type {State["panel"]} */ (tab.dataset.panel));
  });
byId("close").addEventListener("click", () => byId("panel").classList.remove("open"));
byId("projector").addEventListener("click", () => {
  byId("projector").blur(); // the arrow keys turn the cards of the tour
  const isLarge = document.documentElement.classList.toggle("projector");
  byId("projector").setAttribute("aria-pressed", String(isLarge));
});
for (const id of ["tools", "examples", "models", "tabs"]) rove(byId(id), "button, input");

// Places of the page

const PANELS = /** @type {const} */ ({ "#inspector": "inside", "#teach": "teach", "#learn": "learn" });

/** @param {string} hash */
function goTo(hash) {
  if (location.hash !== hash) history.replaceState(null, "", hash);
  if (hash in PANELS) {
    choosePanel(PANELS[/** @type {keyof typeof PANELS} */ (hash)]);
    scrollToStage();
  } else if (hash.startsWith("#tour-")) {
    tour.show(Number(hash.slice(6)) - 1);
    scrollToStage();
  }
}
window.addEventListener("hashchange", () => goTo(location.hash));
byId("tour-begin").addEventListener("click", () => goTo("#tour-1"));

// For scripts, and for the curious: open the console and try.

/** The inputs of the network for an image. @param {Uint8Array} pixels */
function inputsOf(pixels) {
  if (!(pixels instanceof Uint8Array) || pixels.length !== PIXELS)
    throw new TypeError(`expected a Uint8Array of ${PIXELS}`);
  return store.state.model.inputs.from(pixels);
}

Object.assign(window, {
  mnistnet: {
    /** The ten outputs for an image. @param {Uint8Array} pixels 28×28, ink bright */
    outputs: (pixels) => store.state.model.network.forward(inputsOf(pixels)),
    /**
     * ∇C for an image, in the order of `Network.parameters`.
     *
     * @param {Uint8Array} pixels
     * @param {number} label 0 to 9
     */
    gradient: (pixels, label) => {
      if (!Number.isInteger(label) || label < 0 || label > 9)
        throw new RangeError(`the label is ${label}, expected 0 to 9`);
      const { network } = store.state.model;
      return network.backpropagate(network.propagate(inputsOf(pixels)), label).gradient;
    },
    /** What is read in the drawing: null where nothing is drawn, and while the page writes itself. */
    answer: () => {
      if (isDue) update();
      return store.state.playing ? null : answerOf(store.state.digits, data.thresholds);
    },
  },
});

byId("numbers").textContent = models[0].network.parameters.length.toLocaleString("en");
byId("about").textContent =
  `Made by mnistnet ${data.version} from ${data.name}: ${data.models[0].sizes.join("-")}, ${data.models[0].activation}, ${data.models[0].cost}, inputs: ${data.models[0].inputs.encoding}. ` +
  "Nothing you draw leaves this page. For scripts: window.mnistnet has outputs(pixels), gradient(pixels, label) and answer().";
listenToTools(sheet);
showExamples(data.measured, imageAt, { write, open });
showHistory(data.training, data.models[0].cost === "mse");
teaching.begin();
learning.begin();
showModels();
onNewColours(() => {
  sheet.show();
  inspector.forget();
  store.set({ thought: store.state.thought });
  mistakes.list();
  showExamples(data.measured, imageAt, { write, open });
});
choosePanel("inside");
byId("panel").classList.remove("open");
play();
goTo(location.hash);
document.documentElement.dataset.ready = "true";
