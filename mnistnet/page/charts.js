// @ts-check
/** Small diagrams as SVG, without a library: lines over epochs, and the diagram of reliability. */

/**
 * A line over the epochs.
 *
 * @typedef {object} Line
 * @property {string} name
 * @property {string} style a class of the style sheet: `own` or `other`
 * @property {number[]} values one for each epoch
 */

const [LEFT, RIGHT, TOP, BOTTOM] = [40, 312, 12, 150];

/**
 * A diagram of lines over epochs.
 *
 * @param {Line[]} lines
 * @param {{low: number, high: number, tell: (value: number) => string}} scale
 */
export function epochChart(lines, { low, high, tell }) {
  const epochs = Math.max(...lines.map(({ values }) => values.length), 2);
  /** @param {number} i */
  const across = (i) => LEFT + (i / (epochs - 1)) * (RIGHT - LEFT);
  /** @param {number} value */
  const up = (value) => BOTTOM - (Math.min(Math.max(value, low), high) - low) / (high - low || 1) * (BOTTOM - TOP);
  const grid = [low, (low + high) / 2, high]
    .map((value) => `<path class="grid" d="M${LEFT} ${up(value)}H${RIGHT}"/><text x="${LEFT - 5}" y="${up(value) + 3.5}" text-anchor="end">${tell(value)}</text>`)
    .join("");
  const drawn = lines
    .filter(({ values }) => values.length)
    .map(({ style, values }) => {
      const points = values.map((value, i) => `${across(i).toFixed(1)},${up(value).toFixed(1)}`).join(" ");
      const end = style === "own" ? `<circle class="dot" r="3.5" cx="${across(values.length - 1)}" cy="${up(values[values.length - 1])}"/>` : "";
      return `<polyline class="${style}" points="${points}"/>${end}`;
    })
    .join("");
  const said = lines.filter(({ values }) => values.length).map(({ name, values }) => `${name}: from ${tell(values[0])} to ${tell(values[values.length - 1])}`);
  return (
    `<svg class="chart" viewBox="0 0 320 172" role="img" aria-label="${said.join("; ")}">${grid}${drawn}` +
    `<text x="${LEFT}" y="166">epoch 1</text><text x="${RIGHT}" y="166" text-anchor="end">${epochs}</text></svg>`
  );
}

/**
 * How often answers of each confidence are right.
 *
 * @param {{images: number, probability: number, accuracy: number}[]} bins
 */
export function reliabilityChart(bins) {
  /** @param {number} x */
  const across = (x) => LEFT + x * (RIGHT - LEFT);
  /** @param {number} y */
  const up = (y) => 200 - y * 188;
  const most = Math.max(...bins.map(({ images }) => images));
  const ticks = [0, 0.5, 1]
    .map((tick) => `<path class="grid" d="M${LEFT} ${up(tick)}H${RIGHT}"/><text x="${LEFT - 5}" y="${up(tick) + 3.5}" text-anchor="end">${100 * tick} %</text><text x="${across(tick)}" y="214" text-anchor="middle">${100 * tick} %</text>`)
    .join("");
  const dots = bins
    .filter(({ images }) => images)
    .map(({ images, probability, accuracy }) => `<circle class="dot" r="${(2.5 + 7.5 * Math.sqrt(images / most)).toFixed(1)}" cx="${across(probability).toFixed(1)}" cy="${up(accuracy).toFixed(1)}"><title>${images} images: on average ${(100 * probability).toFixed(0)} % sure, ${(100 * accuracy).toFixed(1)} % right</title></circle>`)
    .join("");
  return (
    `${ticks}<path class="other" d="M${LEFT} ${up(0)}L${RIGHT} ${up(1)}"/>${dots}` +
    `<text x="${(LEFT + RIGHT) / 2}" y="232" text-anchor="middle">how sure it says it is</text><text x="${LEFT}" y="6">how often it is right</text>`
  );
}
