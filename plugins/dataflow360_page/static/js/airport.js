// One airport: its latest weather and air, seven days of curves, departures, delays by hour.

import { bars, hour, legend, lines } from "./charts.js";
import { foreign, h } from "./dom.js";
import { foldable, part, plain, scrolling } from "./parts.js";
import { href } from "./routes.js";
import { number, percent, t } from "./texts.js";
import { ago, day, moment } from "./times.js";

const CURVES = ["temperature", "humidity", "wind_speed", "pressure"];
const UNITS = {
  temperature: "°C", humidity: "%", pressure: "hPa", wind_speed: "km/h", wind_direction: "°", clouds: "%",
};
const WEEK = 7 * 86_400_000;

/** The content of `api/airports/{iata}`. */
export function renderAirport(answer, now, measureName) {
  const { airport } = answer;
  return [
    h(
      "div",
      { class: "title" },
      h("h2", { id: "airport-name", tabindex: "-1" }, `${airport.city} (${airport.iata})`),
      h("a", { id: "airport-close", href: href("map", "", { measure: measureName }) }, t("airport.close")),
    ),
    h("p", { class: "note" }, `${airport.country} · ${airport.icao} · ${airport.timezone}`),
    some(t("airport.weather"), answer.weather, (weather) => weatherNow(weather, now)),
    some(t("airport.air"), answer.air, (air) => airNow(air, now)),
    some(t("airport.curves"), answer.curves, (series) => curves(withPage(series, answer), now)),
    answer.page_curve.available ? null : part(t("airport.pageCurve"), answer.page_curve, () => []),
    some(t("airport.board"), answer.board, (board) => boardTable(board, now)),
    some(t("airport.delays"), answer.delays, delays),
  ];
}

function some(heading, state, content) {
  return part(heading, state, () =>
    state.data === null ? h("p", { class: "empty" }, t("airport.nothing")) : content(state.data),
  );
}

function withPage(series, { page_curve: page }) {
  return page.available && page.data !== null ? [...series, page.data] : series;
}

function weatherNow(weather, now) {
  const fields = ["temperature", "humidity", "pressure", "wind_speed", "wind_direction", "clouds"];
  return [
    weather.conditions === null ? null : h("p", {}, foreign(weather.conditions)),
    figures(fields.filter((key) => weather[key] !== null).map((key) => [t(`weather.${key}`), valued(key, weather[key])])),
    h("p", { class: "note" }, moment(weather.at, now), ` · ${ago(weather.at, now)} · `, from(weather.provenance)),
  ];
}

function airNow(air, now) {
  const parts = Object.entries(air.components).map(([name, value]) => [substance(name), `${number(value, 1)} µg/m³`]);
  return [
    h("p", {}, h("strong", {}, t(`air.${air.aqi}`)), ` (${t("air.index", { aqi: air.aqi })})`),
    figures(parts),
    h("p", { class: "note" }, moment(air.at, now), ` · ${ago(air.at, now)}`),
  ];
}

function curves(series, now) {
  const span = [new Date(now - WEEK), now];
  const shown = series.filter(({ points }) => points.length > 0);
  if (shown.length === 0) {
    return h("p", { class: "empty" }, t("airport.nothing"));
  }
  const names = shown.map(({ provenance }, index) => [`curve-${index}`, from(provenance)]);
  const charts = CURVES.map((key) => curve(key, shown, span)).filter(Boolean);
  return [legend(names), h("div", { class: "charts" }, charts), foldable("curves-table", t("chart.table"), hours(shown))];
}

function curve(key, series, span) {
  const own = series.map(({ provenance, points }) => ({
    name: from(provenance),
    points: points
      .filter((point) => point[key] !== null && new Date(point.at) >= span[0])
      .map((point) => ({ at: new Date(point.at), value: point[key] })),
  }));
  const values = own.flatMap(({ points }) => points.map(({ value }) => value));
  if (values.length === 0) {
    return null;
  }
  const heading = `${t(`weather.${key}`)} (${UNITS[key]})`;
  const label = t("chart.range", {
    name: heading,
    low: number(Math.min(...values), 1),
    high: number(Math.max(...values), 1),
  });
  return h("figure", {}, h("figcaption", {}, heading), lines(label, own, span));
}

function hours(series) {
  const rows = series
    .flatMap(({ provenance, points }) => points.map((point) => [point, provenance]))
    .sort(([one], [other]) => (one.at < other.at ? 1 : -1))
    .map(([point, provenance]) => [
      hour(point.at),
      from(provenance),
      ...CURVES.map((key) => (point[key] === null ? "–" : number(point[key], 1))),
    ]);
  const heads = [t("column.hour"), t("column.provenance"), ...CURVES.map((key) => `${t(`weather.${key}`)} (${UNITS[key]})`)];
  return scrolling("curves-scroll", t("airport.curves"), plain(heads, rows));
}

function boardTable(board, now) {
  if (board.flights.length === 0) {
    return h("p", { class: "empty" }, t("board.none"));
  }
  const rows = board.flights.map((flight) => [
    `${day(flight.date)} ${flight.departure}`,
    foreign(flight.flight),
    foreign(flight.airline),
    foreign(flight.destination_city === null ? flight.destination : `${flight.destination_city} (${flight.destination})`),
    flight.arrival ?? "–",
  ]);
  const heads = ["departure", "flight", "airline", "destination", "arrival"].map((key) => t(`column.${key}`));
  return [
    h(
      "p",
      { class: "note" },
      t("board.local"),
      board.read_at === null ? null : [" · ", t("board.read"), " ", moment(board.read_at, now)],
    ),
    scrolling("board-scroll", t("airport.board"), plain(heads, rows)),
  ];
}

function delays({ first_day: first, last_day: last, hours: all }) {
  const flights = all.reduce((sum, each) => sum + each.flights, 0);
  const late = all.reduce((sum, each) => sum + each.delayed, 0);
  if (flights === 0) {
    return h("p", { class: "empty" }, t("delays.none"));
  }
  const label = t("delays.label", { flights: number(flights), share: percent(late / flights) });
  const clockHour = (each) => `${String(each.hour).padStart(2, "0")}:00`;
  const drawn = all.map((each) => ({
    lower: each.flights - each.delayed,
    upper: each.delayed,
    title: t("delays.hour", { hour: clockHour(each), flights: number(each.flights), delayed: number(each.delayed) }),
  }));
  const marks = all.map((each) => (each.hour % 3 === 0 ? String(each.hour) : null));
  const rows = all
    .filter((each) => each.flights > 0)
    .map((each) => [clockHour(each), number(each.flights), number(each.delayed), number(each.mean_delay, 1)]);
  const heads = [t("column.hour"), t("delays.flights"), t("delays.delayed"), t("delays.mean")];
  return [
    h("p", { class: "note" }, `${day(first)} – ${day(last)} · ${label}`),
    bars(label, drawn, { width: 360, height: 90, marks }),
    legend([
      ["lower", t("delays.onTime")],
      ["upper", t("delays.delayed")],
    ]),
    foldable("delays-table", t("chart.table"), scrolling("delays-scroll", t("airport.delays"), plain(heads, rows))),
  ];
}

function figures(pairs) {
  return h("dl", { class: "figures" }, pairs.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));
}

function valued(key, value) {
  const digits = key === "temperature" || key === "wind_speed" ? 1 : 0;
  return `${number(value, digits)} ${UNITS[key]}`;
}

function from(provenance) {
  const known = ["openweather", "open-meteo", "synthetique", "fichier", "visualcrossing"];
  return known.includes(provenance) ? t(`provenance.${provenance}`) : provenance;
}

function substance(name) {
  const names = { co: "CO", no: "NO", no2: "NO₂", o3: "O₃", so2: "SO₂", pm2_5: "PM2.5", pm10: "PM10", nh3: "NH₃" };
  return names[name] ?? name;
}
