// @ts-check
/** Elements: find them, make them, move among them with the arrow keys, draw them only where they are seen. */

/** @param {string} id */
export const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** @typedef {Record<string, string | number | boolean | null | ((event: any) => void)>} Attributes */
/** @typedef {(Node | string)[]} Children */

/**
 * Fill a new element. A function becomes a listener to the event of that name; null and false are left out.
 *
 * @template {Element} E
 * @param {E} element
 * @param {Attributes} attributes
 * @param {Children} children
 */
function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children);
  return element;
}

/** Make an HTML element. @template {keyof HTMLElementTagNameMap} Tag @param {Tag} tag @param {Attributes} [attributes]
 * @param {Children} children */
export const make = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);

/** Make an SVG element. @template {keyof SVGElementTagNameMap} Tag @param {Tag} tag @param {Attributes} [attributes]
 * @param {Children} children */
export const makeSvg = (tag, attributes = {}, ...children) =>
  fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

/** Make a MathML element. @param {string} tag @param {Children} children */
const makeMath = (tag, ...children) =>
  fill(document.createElementNS("http://www.w3.org/1998/Math/MathML", tag), {}, children);

const TOKEN =
  /d(C)\/d([ZWBA](?:\^\w+)?)|(ln|tanh|max|[A-Za-zσηΣ]′?|[)|])((?:[\^_]\{[^}]*\}|[\^_]\w)*)|([0-9.]+|½)|(\S)/g;

/**
 * An equation as MathML: `dC/dW^4 = A_{1}^3`, with ^ and _ before one word or one group in braces.
 *
 * @param {string} text
 */
export function equation(text) {
  return makeMath("math", makeMath("mrow", ...terms(text)));
}

/** @param {string} text @returns {Element[]} */
function terms(text) {
  return Array.from(text.matchAll(TOKEN), ([, above, below, letter, scripts, number, sign]) => {
    if (above)
      return makeMath(
        "mfrac",
        makeMath("mrow", makeMath("mi", "d"), ...terms(above)),
        makeMath("mrow", makeMath("mi", "d"), ...terms(below)),
      );
    if (number) return makeMath("mn", number);
    if (sign) return makeMath("mo", sign);
    const [up, down] = ["\\^", "_"]
      .map((mark) => scripts.match(`${mark}(?:\\{([^}]*)\\}|(\\w+))`))
      .map((found) => found && (found[1] ?? found[2]));
    const base = makeMath(/\W/.test(letter[0]) && !/[σηΣ]/.test(letter) ? "mo" : "mi", letter);
    const row = (/** @type {string} */ script) => makeMath("mrow", ...terms(script));
    if (up && down) return makeMath("msubsup", base, row(down), row(up));
    if (up) return makeMath("msup", base, row(up));
    return down ? makeMath("msub", base, row(down)) : base;
  });
}

/**
 * Roving tabindex: the Tab key stops at one of the buttons, and the arrow keys move among them.
 *
 * @param {HTMLElement} root
 * @param {string} [selector]
 * @param {(from: HTMLElement, key: string) => HTMLElement | null | undefined} [next] where a key leads
 */
export function rove(root, selector = "button", next) {
  const all = () =>
    /** @type {HTMLElement[]} */ ([...root.querySelectorAll(selector)]).filter(
      (one) => !one.matches(":disabled, [hidden]"),
    );
  const settle = () => {
    const found = all();
    const stop = found.find((one) => one.tabIndex === 0 && one.dataset.stop) ?? found[0];
    for (const one of found) setStop(one, one === stop);
  };
  /** @param {HTMLElement} one @param {boolean} is */
  const setStop = (one, is) => {
    one.tabIndex = is ? 0 : -1;
    if (is) one.dataset.stop = "true";
    else delete one.dataset.stop;
  };
  root.addEventListener("focusin", (event) => {
    const found = all();
    if (found.includes(/** @type {HTMLElement} */ (event.target)))
      for (const one of found) setStop(one, one === event.target);
  });
  root.addEventListener("keydown", (event) => {
    const found = all();
    const at = found.indexOf(/** @type {HTMLElement} */ (event.target));
    if (at < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
    if (found[at] instanceof HTMLInputElement && /Up|Down/.test(event.key)) return; // they move its slider
    const ends = { Home: found[0], End: found[found.length - 1] }[event.key];
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const to = ends ?? (step && (next ? next(found[at], event.key) : found[(at + step + found.length) % found.length]));
    if (!to) return;
    event.preventDefault();
    to.focus();
  });
  new MutationObserver(settle).observe(root, { childList: true, subtree: true });
  settle();
}

/** Draw a part of the page only while it is in sight, and again when it comes into sight. @param {Element} element
 * @param {() => void} draw @returns {() => void} */
export function whileSeen(element, draw) {
  let seen = true;
  let due = false;
  new IntersectionObserver(
    (entries) => {
      seen = entries[entries.length - 1].isIntersecting;
      if (seen && due) draw();
      if (seen) due = false;
    },
    { rootMargin: "50px" },
  ).observe(element);
  return () => {
    if (seen) draw();
    else due = true;
  };
}

/**
 * Set an element's text if it differs: setting the same text would make the browser lay it out again.
 *
 * @param {Element} element
 * @param {string} text
 */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Whether the user prefers reduced motion. */
export const isStill = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/**
 * Wait; reject when the signal aborts.
 *
 * @param {number} milliseconds
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
export function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        reject(signal.reason);
      },
      { once: true },
    );
  });
}
