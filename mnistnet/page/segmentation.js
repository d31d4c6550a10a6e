// @ts-check
/**
 * The digits of a number on the sheet; a small form of Python's `pictures/`: connected components, joined where one
 * is above the other, and the best path through the lattice of neighbouring ones (Viterbi).
 */

import { VISIBLE, toMnist } from "./normalization.js";
/** @import { Thought } from "./store.js" */

/** @typedef {{left: number, top: number, right: number, bottom: number}} Box */
/** @typedef {Box & {labels: number[], mass: number}} Group components that are one stroke or above each other */
/**
 * @typedef {{box: Box, thought: Thought, outputs: Float32Array}} Digit a part of the drawing and its forward pass
 */

// Chosen on pictures that people drew; SEVERAL and MIN_OUTPUT are those of Python's decoding.
const SEVERAL = 0.8; // cost of more digits than one
const RIVAL = 0.2; // cost of another digit's output being high, too
const MIN_OUTPUT = 1e-4;
const MAX_JOINED = 3; // groups that may be one digit: a 4 or a 5 in loose strokes
const MIN_OVERLAP = 0.5; // of two components / width of the narrower; with more, they are joined
const MIN_TALL = 0.35; // height / height of the tallest group; lower ones join their neighbour

/**
 * Read what is drawn.
 *
 * @param {Uint8Array} ink side × side
 * @param {number} side
 * @param {(image: Uint8Array) => Thought} think
 * @param {Map<string, Uint8Array>} known cache of the last call's images; this call's replace them
 * @returns {Digit[]} from left to right
 */
export function readNumber(ink, side, think, known) {
  const { labels, boxes } = findComponents(ink, side);
  const groups = joinGroups(boxes);
  const made = new Map();
  /** @type {{cost: number, digits: Digit[]}[]} the cheapest path to each place between groups */
  const best = [{ cost: 0, digits: [] }];
  for (let stop = 1; stop <= groups.length; stop++) {
    best[stop] = { cost: Infinity, digits: [] };
    for (let start = Math.max(0, stop - MAX_JOINED); start < stop; start++) {
      const group = groups.slice(start, stop).reduce(join);
      const key = [group.left, group.top, group.right, group.bottom, group.mass].join();
      const image = known.get(key) ?? toMnist(cutOut(ink, labels, side, group));
      if (!image) continue;
      made.set(key, image);
      const digit = digitOf(think(image), group);
      const before = best[start];
      const cost = before.cost + costOf(digit.outputs) + (before.digits.length === 1 ? SEVERAL : 0);
      if (cost < best[stop].cost) best[stop] = { cost, digits: [...before.digits, digit] };
    }
  }
  known.clear();
  for (const [key, image] of made) known.set(key, image);
  return best[groups.length].digits;
}

/** @param {Thought} thought @param {Box} box @returns {Digit} */
export const digitOf = (thought, box) => ({
  box,
  thought,
  outputs: /** @type {Float32Array} */ (thought.pass.activations.at(-1)),
});

/** The cost of a digit with these outputs. @param {Float32Array} outputs */
function costOf(outputs) {
  const [second, best] = Array.from(outputs)
    .sort((one, other) => one - other)
    .slice(-2);
  return -Math.log(Math.max(best, MIN_OUTPUT)) - RIVAL * Math.log(Math.max(1 - second, MIN_OUTPUT));
}

/** Connected components of the visible ink, with eight neighbours. @param {Uint8Array} ink @param {number} side
 * @returns {{labels: Uint16Array, boxes: Group[]}} the label of each pixel, from 1, and a box for each label */
export function findComponents(ink, side) {
  const labels = new Uint16Array(ink.length);
  /** @type {Group[]} */
  const boxes = [];
  /** @type {number[]} */
  const stack = [];
  for (let start = 0; start < ink.length; start++) {
    if (labels[start] || ink[start] < VISIBLE) continue;
    const label = boxes.length + 1;
    const box = { left: side, top: side, right: 0, bottom: 0, labels: [label], mass: 0 };
    boxes.push(box);
    labels[start] = label;
    stack.push(start);
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      const [x, y] = [at % side, (at / side) | 0];
      if (x < box.left) box.left = x;
      if (x >= box.right) box.right = x + 1;
      if (y < box.top) box.top = y;
      if (y >= box.bottom) box.bottom = y + 1;
      box.mass += ink[at];
      for (let v = Math.max(y - 1, 0); v <= Math.min(y + 1, side - 1); v++) {
        for (let u = Math.max(x - 1, 0); u <= Math.min(x + 1, side - 1); u++) {
          const near = v * side + u;
          if (labels[near] || ink[near] < VISIBLE) continue;
          labels[near] = label;
          stack.push(near);
        }
      }
    }
  }
  return { labels, boxes };
}

/** @param {Group} one @param {Group} other @returns {Group} */
const join = (one, other) => ({
  left: Math.min(one.left, other.left),
  top: Math.min(one.top, other.top),
  right: Math.max(one.right, other.right),
  bottom: Math.max(one.bottom, other.bottom),
  labels: [...one.labels, ...other.labels],
  mass: one.mass + other.mass,
});

/** Join components that are above each other, and loose parts with their neighbour. @param {Group[]} boxes */
function joinGroups(boxes) {
  const groups = [...boxes];
  const tallest = Math.max(...groups.map(({ top, bottom }) => bottom - top));
  /** @param {(one: Group, other: Group) => boolean} belong */
  const joinWhere = (belong) => {
    for (let i = 0; i < groups.length; i++) {
      for (let j = groups.length - 1; j >= 0; j--) {
        if (i === j || !belong(groups[i], groups[j])) continue;
        groups[Math.min(i, j)] = join(groups[i], groups[j]);
        groups.splice(Math.max(i, j), 1);
        i = -1; // the joined one may belong with others
        break;
      }
    }
  };
  const space = (/** @type {Group} */ one, /** @type {Group} */ other) =>
    Math.max(one.left, other.left) - Math.min(one.right, other.right);
  joinWhere(
    (one, other) => -space(one, other) > MIN_OVERLAP * Math.min(one.right - one.left, other.right - other.left),
  );
  joinWhere((one, other) => {
    const nearest = Math.min(...groups.filter((group) => group !== one).map((group) => space(one, group)));
    return one.bottom - one.top < MIN_TALL * tallest && space(one, other) === nearest;
  });
  return groups.sort((one, other) => one.left - other.left);
}

/**
 * The ink of a group alone.
 *
 * @param {Uint8Array} ink
 * @param {Uint16Array} labels
 * @param {number} side
 * @param {Group} group
 */
function cutOut(ink, labels, side, group) {
  // The faint edge of a stroke belongs to it, and has no label.
  const [left, top] = [Math.max(group.left - 1, 0), Math.max(group.top - 1, 0)];
  const [width, height] = [Math.min(group.right + 1, side) - left, Math.min(group.bottom + 1, side) - top];
  const mine = new Set([0, ...group.labels]);
  const bytes = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (top + y) * side + left + x;
      if (mine.has(labels[at])) bytes[y * width + x] = ink[at];
    }
  }
  return { width, height, bytes };
}
