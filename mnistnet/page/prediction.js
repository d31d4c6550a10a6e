// @ts-check
/** The answer, and the words for it; the JavaScript beside `prediction.py`. */

import { argmax } from "./network.js";
/** @import { Digit } from "./segmentation.js" */

/**
 * @typedef {object} Thresholds
 * @property {number} sure an answer below it is unsure
 * @property {number} lead an answer that leads the second by less is unsure, too
 */

const MIN_DIGIT = 0.25; // best output; 87 % of letters and blots have less, and 0.2 % of MNIST's digits

/** Every digit with its output, the highest first. @param {Float32Array} outputs */
export function ranking(outputs) {
  return Array.from(outputs, (output, digit) => ({ digit, output })).sort((one, other) => other.output - one.output);
}

/** The digit with the highest output; null if that is below MIN_DIGIT. @param {Float32Array} outputs */
export function readAs(outputs) {
  const digit = argmax(outputs);
  return outputs[digit] < MIN_DIGIT ? null : digit;
}

/** Whether the answer is unsure. @param {Float32Array} outputs @param {Thresholds} thresholds */
export function isUnsure(outputs, { sure, lead }) {
  const [best, second] = ranking(outputs);
  return best.output < sure || best.output - second.output < lead;
}

/**
 * @typedef {object} Answer
 * @property {string | null} number null if no digit has an output of MIN_DIGIT
 * @property {number} probability of the least probable digit
 * @property {boolean} unsure
 */

/** The answer for some digits; null if there are none. @param {Digit[]} digits @param {Thresholds} thresholds
 * @returns {Answer | null} */
export function answerOf(digits, thresholds) {
  if (!digits.length) return null;
  const best = digits.map(({ outputs }) => ranking(outputs)[0]);
  const probability = Math.min(...best.map(({ output }) => output));
  if (digits.every(({ outputs }) => readAs(outputs) === null)) return { number: null, probability, unsure: true };
  return {
    number: best.map(({ digit }) => digit).join(""),
    probability,
    unsure: digits.some(({ outputs }) => isUnsure(outputs, thresholds)),
  };
}

/**
 * The answer in words, without the number.
 *
 * @param {Digit[]} digits
 * @param {Answer | null} answer
 * @param {Thresholds} thresholds
 */
export function inWords(digits, answer, thresholds) {
  if (!answer) return "Nothing is drawn yet";
  if (answer.number === null) return "Not a digit I know";
  if (!answer.unsure) return `${percent(answer.probability)} sure`;
  if (digits.length > 1) return `only ${percent(answer.probability)} sure`;
  const [, second] = ranking(digits[0].outputs);
  const { sure, lead } = thresholds;
  const rival = second.output >= sure - lead && answer.probability - second.output < lead;
  return `only ${percent(answer.probability)} sure${rival ? `; or is it a ${second.digit}?` : ""}`;
}

/** @param {number} share 0 to 1 @param {number} [decimals] */
export const percent = (share, decimals = 1) => `${(100 * share).toFixed(decimals)} %`;
