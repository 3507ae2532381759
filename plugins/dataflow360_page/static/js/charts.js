// Charts as SVG. Each has one sentence for those who cannot see it, and a table beside it.

import { h, s } from "./dom.js";
import { day, clock } from "./times.js";
import { number } from "./texts.js";
import { line, scaleLinear, scaleUtc } from "../vendor/vendor.js";

const HOUR = 3_600_000;
const GAP_HOURS = 3; // a longer one is a gap in the line

/**
 * Bars of two parts, one on the other.
 *
 * @param {string} label What it shows, in a sentence.
 * @param {{lower: number, upper: number, title: string}[]} bars From left to right.
 * @param {{width: number, height: number, marks?: string[]}} size In px of the drawing; a mark is
 *   written below its bar.
 */
export function bars(label, bars, { width, height, marks = null }) {
  const bottom = marks === null ? height - 1 : height - 14;
  const most = Math.max(1, ...bars.map(({ lower, upper }) => lower + upper));
  const y = scaleLinear([0, most], [0, bottom - 2]);
  const step = width / bars.length;
  const gap = step > 6 ? 2 : 1;
  const tall = (value) => (value === 0 ? 0 : Math.max(1, y(value)));
  const pieces = bars.map(({ lower, upper, title }, index) => {
    const x = index * step;
    const [low, high] = [tall(lower), tall(upper)];
    const box = { x, width: step - gap };
    return s(
      "g",
      {},
      s("title", {}, title),
      s("rect", { ...box, y: 0, height: bottom, class: "hit" }),
      s("rect", { ...box, y: bottom - low, height: low, class: "lower" }),
      s("rect", { ...box, y: bottom - low - high, height: high, class: "upper" }),
      marks?.[index]
        ? s("text", { x: x + (step - gap) / 2, y: height - 2, class: "mark" }, marks[index])
        : null,
    );
  });
  const base = s("line", { x1: 0, x2: width, y1: bottom + 0.5, y2: bottom + 0.5, class: "base" });
  return drawing("bars", label, width, height, pieces, base);
}

/**
 * Lines over time.
 *
 * @param {string} label What it shows, in a sentence.
 * @param {{name: string, points: {at: Date, value: number}[]}[]} series At most four.
 * @param {[Date, Date]} span From when to when.
 */
export function lines(label, series, span) {
  const [width, height, left, bottom] = [360, 130, 34, 18];
  const values = series.flatMap(({ points }) => points.map(({ value }) => value));
  const y = scaleLinear([Math.min(...values), Math.max(...values)], [height - bottom, 8]).nice(4);
  const x = scaleUtc(span, [left, width - 4]);
  const path = line(
    (point) => x(point.at),
    (point) => y(point.value),
  );
  const ticks = y.ticks(4);
  const digits = Math.max(0, -Math.floor(Math.log10(ticks[1] - ticks[0] || 1)));
  const grid = ticks.map((tick) => [
    s("line", { x1: left, x2: width - 4, y1: y(tick), y2: y(tick), class: "grid" }),
    s("text", { x: left - 5, y: y(tick) + 4, class: "tick" }, number(tick, digits)),
  ]);
  const days = x.ticks(7).filter((at) => at.getUTCHours() === 0);
  const marks = days.map((at) => [
    s("line", { x1: x(at), x2: x(at), y1: 8, y2: height - bottom, class: "grid" }),
    s("text", { x: x(at), y: height - 4, class: "mark" }, day(at.toISOString().slice(0, 10))),
  ]);
  const curves = series.map(({ name, points }, index) =>
    s(
      "g",
      { class: `curve curve-${index}` },
      s("title", {}, name),
      pieces(points).map((piece) =>
        piece.length === 1
          ? s("circle", { cx: x(piece[0].at), cy: y(piece[0].value), r: 2 })
          : s("path", { d: path(piece) }),
      ),
    ),
  );
  return drawing("lines", label, width, height, grid, marks, curves);
}

/** What stands for what: `[class of the sample, text]`. */
export function legend(entries) {
  return h(
    "ul",
    { class: "legend" },
    entries.map(([name, text]) => h("li", {}, h("span", { class: `sample ${name}` }), text)),
  );
}

/** Hour of a moment for a table: `24 Nov 14:00`. */
export function hour(iso) {
  return `${day(iso.slice(0, 10))} ${clock(iso)}`;
}

function drawing(name, label, width, height, ...children) {
  const box = { viewBox: `0 0 ${width} ${height}`, width, height };
  return s("svg", { class: `chart ${name}`, role: "img", "aria-label": label, ...box }, ...children);
}

function pieces(points) {
  const all = [];
  let last = null;
  for (const point of points) {
    if (last === null || point.at - last.at > GAP_HOURS * HOUR) {
      all.push([]);
    }
    all.at(-1).push(point);
    last = point;
  }
  return all;
}
