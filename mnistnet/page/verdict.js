// @ts-check
/** What a lesson has come to, in words. */

import { number } from "./bars.js";
import { MAX_STEPS } from "./lesson.js";
import { readAs } from "./prediction.js";
/** @import { Lesson } from "./lesson.js" */

/** @param {number | null} digit */
export const readInWords = (digit) => (digit === null ? "no digit" : `a ${digit}`);

/**
 * What a lesson has come to.
 *
 * @param {Lesson | null} lesson
 * @param {number | null} label the digit that was meant
 * @param {number | null} read the digit that the network reads now
 * @param {boolean} isRunning whether the lesson goes on
 */
export function verdictOf(lesson, label, read, isRunning) {
  if (!lesson || lesson.costs.length < 2)
    return label !== null && read === label ? "It reads that already; a step makes it surer." : "";
  const steps = lesson.costs.length - 1;
  const [first, last] = [lesson.costs[0], lesson.costs[steps]];
  const cost = `The cost C went from ${number(first, 3)} to ${number(last, 3)}`;
  const count = `${steps} ${steps === 1 ? "step" : "steps"}`;
  if (last > lesson.costs[steps - 1])
    return `${cost}: the step was too long and went past the lowest point. Try a smaller η.`;
  if (read === label && readAs(lesson.before) !== label)
    return (
      `It changed its mind after ${count}: now it reads a ${label}. Each step moved all its numbers a little, so that ` +
      `the error of its outputs, the cost C, fell from ${number(first, 3)} to ${number(last, 3)}.`
    );
  if (lesson.isSaturated)
    return `${cost} in ${count}. It is so sure that it hardly learns: where σ is flat, its slope σ′ is near 0, and so is the gradient.`;
  if (!isRunning && steps >= MAX_STEPS) return `${cost} in ${count}, and it still reads ${readInWords(read)}.`;
  return `${cost} in ${count}.`;
}
