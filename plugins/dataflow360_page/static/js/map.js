// The map of West Africa: each airport in the colour of the measure that the reader picks.

import { h, s } from "./dom.js";
import { badge, foldable, part, plain } from "./parts.js";
import { href } from "./routes.js";
import { number, percent, t } from "./texts.js";
import { feature, geoGraticule, geoMercator, geoPath, mesh, scaleThreshold } from "../vendor/vendor.js";

const [WIDTH, HEIGHT, RADIUS] = [960, 520, 8];
// The corners of what is shown, in degrees of longitude and latitude.
const SHOWN = [
  [-25.6, 2.6],
  [9.6, 20.6],
];
// Where the label of an airport goes that has others, or the sea, close by; else to the right.
const SIDES = {
  left: "DSS BJL OXB CKY FNA ROB NKC",
  aboveLeft: "LFW",
  below: "ABJ",
  belowLeft: "ACC",
  belowRight: "COO",
};
const SIDE = Object.fromEntries(
  Object.entries(SIDES).flatMap(([side, codes]) => codes.split(" ").map((iata) => [iata, side])),
);
const OFFSET = {
  left: { x: -RADIUS - 5, y: 4 },
  right: { x: RADIUS + 5, y: 4 },
  aboveLeft: { x: 4, y: -RADIUS - 5 },
  below: { x: 0, y: RADIUS + 15 },
  belowLeft: { x: 6, y: RADIUS + 15 },
  belowRight: { x: -6, y: RADIUS + 15 },
};

const NONE = "none";
const MEASURES = {
  temperature: classes(
    [22, 26, 30, 34, 38],
    ["#4575b4", "#91bfdb", "#e0f3f8", "#fee090", "#fc8d59", "#d73027"],
    ({ weather }) => weather?.temperature ?? null,
    (value) => `${number(value)} °C`,
    (value) => `${number(value)}°`,
  ),
  air: classes(
    [2, 3, 4, 5],
    ["#2c7bb6", "#abd9e9", "#ffffbf", "#fdae61", "#d7191c"],
    ({ air }) => air?.aqi ?? null,
    (value) => t(`air.${value}`),
    (value) => number(value),
    [1, 2, 3, 4, 5],
  ),
  delays: classes(
    [0.1, 0.2, 0.3, 0.5],
    ["#ffffcc", "#fed976", "#fd8d3c", "#e31a1c", "#800026"],
    ({ departures }) => (departures?.flights ? departures.delayed / departures.flights : null),
    (value) => percent(value),
    (value) => percent(value),
  ),
  freshness: {
    value: ({ freshness }) => freshness,
    colour: (value) => ({ on_time: "#2c7bb6", late: "#fdae61", never: "#d7191c" })[value],
    text: (value) => t(`state.${value}`),
    short: (value) => ({ on_time: "✓", late: "!", never: "✕" })[value],
    legend: () => ["on_time", "late", "never"].map((value) => [value, t(`state.${value}`)]),
  },
};

let land = null;

/** The names of the measures. */
export const MEASURE_NAMES = Object.keys(MEASURES);

/** Fetch the coastlines and borders, once. */
export async function loadLand() {
  if (land === null) {
    const answer = await fetch("static/vendor/west-africa.json");
    if (!answer.ok) {
      throw new Error(t("map.noLand", { status: answer.status }));
    }
    land = await answer.json();
  }
}

/** The content of `api/map`. */
export function renderMap(answer, measureName, chosen) {
  const measure = MEASURES[measureName];
  const off = ["weather", "air", "departures"].filter((name) => !answer[name].available);
  return [
    picker(measureName, chosen),
    off.map((name) => part(t(`map.${name}`), answer[name], () => [])),
    h(
      "div",
      { id: "map-scroll", class: "scroll", tabindex: "0", role: "region", "aria-label": t("map.label") },
      drawing(answer.airports, measure, measureName, chosen),
    ),
    key(measure),
    foldable("map-table", t("map.table"), tableOf(answer.airports, measureName)),
  ];
}

function picker(current, chosen) {
  const options = MEASURE_NAMES.map((name) =>
    h("option", { value: name, selected: name === current }, t(`measure.${name}`)),
  );
  const change = (event) => {
    location.hash = href("map", chosen, { measure: event.target.value });
  };
  return h(
    "div",
    { class: "fields" },
    h("label", { for: "measure" }, t("map.measure")),
    h("select", { id: "measure", onchange: change }, options),
  );
}

function drawing(airports, measure, measureName, chosen) {
  const corners = { type: "MultiPoint", coordinates: SHOWN };
  const projection = geoMercator().fitSize([WIDTH, HEIGHT], corners);
  projection.clipExtent([[0, 0], [WIDTH, HEIGHT]]);
  const path = geoPath(projection);
  const countries = land.objects.countries;
  const borders = mesh(land, countries, (one, other) => one !== other);
  const coast = mesh(land, countries, (one, other) => one === other);
  // The chosen one last, so that none is drawn over it.
  const order = [...airports].sort((one, other) => (one.airport.iata === chosen) - (other.airport.iata === chosen));
  return s(
    "svg",
    { class: "atlas", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "group", "aria-label": t("map.label") },
    s("path", { class: "graticule", d: path(geoGraticule().step([5, 5])()) }),
    s("path", { class: "land", d: path(feature(land, countries)) }),
    s("path", { class: "border", d: path(borders) }),
    s("path", { class: "coast", d: path(coast) }),
    order.map((each) => place(each, projection, measure, measureName, chosen)),
  );
}

function place(now, projection, measure, measureName, chosen) {
  const { iata, city, longitude, latitude } = now.airport;
  const [x, y] = projection([longitude, latitude]);
  const value = measure.value(now);
  const text = value === null ? t("unknown") : measure.text(value);
  const side = SIDE[iata] ?? "right";
  return s(
    "a",
    {
      id: `place-${iata}`,
      class: `place ${iata === chosen ? "chosen" : ""}`,
      transform: `translate(${x} ${y})`,
      href: href("map", iata, { measure: measureName }),
      "aria-current": iata === chosen ? "true" : null,
    },
    s("title", {}, `${city} (${iata}): ${text}`),
    s("circle", { r: 14, class: "hit" }),
    s("circle", { r: RADIUS, class: value === null ? NONE : "known", fill: value === null ? null : measure.colour(value) }),
    s(
      "text",
      { class: side, ...OFFSET[side], "aria-hidden": "true" },
      iata,
      value === null ? null : s("tspan", { class: "value", dx: 4 }, measure.short(value)),
    ),
  );
}

function key(measure) {
  const sample = (value) => {
    const dot = s("circle", { cx: 7, cy: 7, r: 6, class: value === null ? NONE : "known" });
    if (value !== null) {
      dot.setAttribute("fill", measure.colour(value));
    }
    return s("svg", { width: 14, height: 14, "aria-hidden": "true" }, dot);
  };
  const entries = [...measure.legend(), [null, t("unknown")]];
  return h(
    "ul",
    { class: "legend", "aria-label": t("map.legend") },
    entries.map(([value, text]) => h("li", {}, sample(value), text)),
  );
}

function tableOf(airports, measureName) {
  const text = (name, now) => {
    const value = MEASURES[name].value(now);
    if (value === null) {
      return "–";
    }
    return name === "freshness" ? badge(value) : MEASURES[name].text(value);
  };
  const rows = airports.map((now) => [
    h("a", { href: href("map", now.airport.iata, { measure: measureName }) }, `${now.airport.city} (${now.airport.iata})`),
    ...MEASURE_NAMES.map((name) => text(name, now)),
  ]);
  return h(
    "div",
    { id: "map-table-scroll", class: "scroll", tabindex: "0", role: "region", "aria-label": t("map.table") },
    plain([t("column.airport"), ...MEASURE_NAMES.map((name) => t(`measure.${name}`))], rows),
  );
}

function classes(limits, colours, value, text, short, values = null) {
  const scale = scaleThreshold(limits, colours);
  const ranges = () => [
    [limits[0] - 1e-6, t("map.below", { limit: text(limits[0]) })],
    ...limits.map((limit, index) => {
      const next = limits[index + 1];
      return next === undefined
        ? [limit, t("map.from", { limit: text(limit) })]
        : [limit, t("map.between", { low: text(limit), high: text(next) })];
    }),
  ];
  const single = () => values.map((each) => [each, text(each)]);
  return { value, text, short, colour: scale, legend: values === null ? ranges : single };
}
