// @ts-check
/** Small charts as SVG, without a library: lines over epochs or steps, and the reliability diagram. */

import { makeSvg } from "./dom.js";

/**
 * A line over epochs or steps.
 *
 * @typedef {object} Line
 * @property {string} name
 * @property {string} style a class of the style sheet: `own` or `other`
 * @property {number[]} values one for each epoch or step
 */

/**
 * @typedef {object} Axes
 * @property {number} low
 * @property {number} high
 * @property {(value: number) => string} format
 * @property {string} unit `epoch` or `step`
 * @property {number} [first] the first one's number, 1 by default
 * @property {number} [height] of the chart; its width is 320
 * @property {number} [length] of the axis, in epochs or steps; more values make it longer
 */

const [LEFT, RIGHT, TOP] = [44, 310, 10];

/** A chart of lines. @param {Line[]} lines @param {Axes} axes */
export function lineChart(lines, { low, high, format, unit, first = 1, height = 172, length = 2 }) {
  const bottom = height - 24;
  const drawn = lines.filter(({ values }) => values.length);
  const count = Math.max(...drawn.map(({ values }) => values.length), length, 2);
  const across = (/** @type {number} */ i) => LEFT + (i / (count - 1)) * (RIGHT - LEFT);
  const up = (/** @type {number} */ value) =>
    bottom - ((Math.min(Math.max(value, low), high) - low) / (high - low || 1)) * (bottom - TOP);
  const descriptions = drawn.map(
    ({ name, values }) => `${name}: from ${format(values[0])} to ${format(values[values.length - 1])}`,
  );
  const chart = makeSvg("svg", {
    class: "chart",
    viewBox: `0 0 320 ${height}`,
    role: "img",
    "aria-label": descriptions.join("; "),
  });
  for (const value of [low, (low + high) / 2, high]) {
    chart.append(
      makeSvg("path", { class: "grid", d: `M${LEFT} ${up(value)}H${RIGHT}` }),
      label(LEFT - 5, up(value) + 3.5, format(value), "end"),
    );
  }
  for (const { style, values } of drawn) {
    const points = values.map((value, i) => `${across(i).toFixed(1)},${up(value).toFixed(1)}`).join(" ");
    chart.append(makeSvg("polyline", { class: style, points }));
    if (style === "own")
      chart.append(
        makeSvg("circle", { class: "dot", r: 3.5, cx: across(values.length - 1), cy: up(values[values.length - 1]) }),
      );
  }
  chart.append(
    label(LEFT, height - 6, `${unit} ${first}`, "start"),
    label(RIGHT, height - 6, String(count - 1 + first), "end"),
  );
  return chart;
}

/** @param {number} x @param {number} y @param {string} text @param {"start" | "middle" | "end"} anchor */
const label = (x, y, text, anchor) => makeSvg("text", { x, y, "text-anchor": anchor }, text);

/**
 * How often answers of each confidence are right.
 *
 * @param {{images: number, probability: number, accuracy: number}[]} bins
 */
export function reliabilityChart(bins) {
  const across = (/** @type {number} */ x) => LEFT + x * (RIGHT - LEFT);
  const up = (/** @type {number} */ y) => 200 - y * 180;
  const most = Math.max(...bins.map(({ images }) => images));
  const chart = makeSvg("svg", {
    class: "chart",
    viewBox: "0 0 320 240",
    role: "img",
    "aria-label": "How often answers of each confidence are right",
  });
  for (const tick of [0, 0.5, 1]) {
    const text = `${100 * tick} %`;
    chart.append(
      makeSvg("path", { class: "grid", d: `M${LEFT} ${up(tick)}H${RIGHT}` }),
      label(LEFT - 5, up(tick) + 3.5, text, "end"),
      label(across(tick), 214, text, "middle"),
    );
  }
  chart.append(makeSvg("path", { class: "other", d: `M${LEFT} ${up(0)}L${RIGHT} ${up(1)}` }));
  for (const { images, probability, accuracy } of bins.filter((bin) => bin.images)) {
    const words = `${images} images: on average ${(100 * probability).toFixed(0)} % sure, ${(100 * accuracy).toFixed(1)} % right`;
    const r = (2.5 + 7.5 * Math.sqrt(images / most)).toFixed(1);
    chart.append(
      makeSvg(
        "circle",
        { class: "dot", r, cx: across(probability).toFixed(1), cy: up(accuracy).toFixed(1) },
        makeSvg("title", {}, words),
      ),
    );
  }
  chart.append(
    label((LEFT + RIGHT) / 2, 232, "how sure it says it is", "middle"),
    label(LEFT, 10, "how often it is right", "start"),
  );
  return chart;
}

const REACH = 8; // largest |Z| in the chart of an activation

/** The curve of an activation, with a dot at a neuron's sum Z. @param {(z: number) => number} curve
 * @param {string} name of the activation */
export function activationChart(curve, name) {
  const [low, high] = [Math.min(curve(-REACH), 0), Math.max(curve(REACH), 1)];
  const across = (/** @type {number} */ x) => 92 + (Math.min(Math.max(x, -REACH), REACH) / REACH) * 84;
  const up = (/** @type {number} */ y) => 60 - ((Math.min(Math.max(y, low), high) - low) / (high - low)) * 50;
  const points = Array.from({ length: 97 }, (_, i) => ((i - 48) / 48) * REACH).map(
    (x) => `${across(x).toFixed(1)},${up(curve(x)).toFixed(1)}`,
  );
  const dot = makeSvg("circle", { class: "dot", r: 5 });
  const chart = makeSvg("svg", {
    class: "chart activation",
    viewBox: "0 0 184 76",
    role: "img",
    "aria-label": `${name} as a curve`,
  });
  chart.append(
    makeSvg("path", { class: "grid", d: `M8 ${up(0)}H176M92 6V64` }),
    makeSvg("polyline", { class: "own", points: points.join(" ") }),
    dot,
  );
  chart.append(
    label(8, 74, `−${REACH}`, "start"),
    label(92, 74, "0", "middle"),
    label(176, 74, String(REACH), "end"),
    label(96, 14, high.toFixed(0), "start"),
  );
  /** @param {number | null} z */
  const move = (z) => {
    dot.setAttribute("visibility", z === null ? "hidden" : "visible");
    dot.setAttribute("cx", across(z ?? 0).toFixed(1));
    dot.setAttribute("cy", up(curve(z ?? 0)).toFixed(1));
  };
  return { chart, move };
}
