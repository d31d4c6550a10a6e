// @ts-check
/** What the network says, in words; the JavaScript beside `prediction.py` and `cli/answers.py`. */

/**
 * @typedef {object} Thresholds
 * @property {number} sure an answer below it is unsure
 * @property {number} lead and so is one that leads the second by less
 */

/** Every digit with its output, the highest first. @param {Float32Array} outputs */
export function ranking(outputs) {
  return Array.from(outputs, (output, digit) => ({ digit, output })).sort((one, other) => other.output - one.output);
}

/** Whether the answer is not to be relied on. @param {Float32Array} outputs @param {Thresholds} thresholds */
export function isUnsure(outputs, { sure, lead }) {
  const [best, second] = ranking(outputs);
  return best.output < sure || best.output - second.output < lead;
}

/** The answer as `mnistnet predict` puts it. @param {Float32Array} outputs @param {Thresholds} thresholds */
export function asText(outputs, thresholds) {
  const [best, second] = ranking(outputs);
  if (!isUnsure(outputs, thresholds)) return `${best.digit} (${percent(best.output, 1)})`;
  return `${best.digit} (${percent(best.output, 0)}, unsure: ${second.digit} at ${percent(second.output, 0)})`;
}

/** @param {number} part 0 to 1 @param {number} decimals */
export const percent = (part, decimals) => `${(100 * part).toFixed(decimals)} %`;
