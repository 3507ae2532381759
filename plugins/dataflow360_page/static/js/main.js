// The page: its head, the view that the address asks for, and the refreshing.

import { setRoot, tellShell } from "./airflow.js";
import { renderAirport } from "./airport.js";
import { ask } from "./api.js";
import { h, replace } from "./dom.js";
import { loadLand, MEASURE_NAMES, renderMap } from "./map.js";
import { renderOverview } from "./overview.js";
import { Panel } from "./panel.js";
import { problem } from "./parts.js";
import { quarantinePath, renderQuarantine } from "./quarantine.js";
import { renderRecord } from "./record.js";
import { currentRoute, href, VIEWS } from "./routes.js";
import { renderKafka, renderKinesis } from "./streams.js";
import { startTexts, t } from "./texts.js";
import { startTheme } from "./theme.js";
import { moment } from "./times.js";

const REFRESH = 30_000;

const head = document.getElementById("head");
const main = document.getElementById("main");
const refreshed = h("span", { id: "refreshed" });
const selected = new Set();

let me = null;
let panels = [];
let shownAt = 0;
let turns = 0;

startTheme();
try {
  await startTexts(() => show());
  me = await ask("api/me");
  setRoot(me.root);
  addEventListener("hashchange", () => show());
  document.addEventListener("visibilitychange", () => refreshIfOld());
  setInterval(() => refreshIfOld(), 1000);
  await show();
} catch (error) {
  replace(main, problem(error));
  if (error.status === undefined) {
    throw error;
  }
}

async function show() {
  const route = currentRoute();
  const turn = ++turns;
  const before = main.dataset.route;
  main.dataset.route = `${route.view}/${route.id}`;
  drawHead(route);
  tellShell();
  const wanted = await panelsOf(route);
  if (turn !== turns) {
    return; // the reader has gone on
  }
  panels = wanted;
  replace(main, panels.map(({ element }) => element));
  main.className = route.view === "map" && route.id ? "map-and-airport" : route.view;
  await refresh();
  if (before !== undefined && before !== main.dataset.route) {
    // A reader who cannot see the change hears of it.
    (document.getElementById("airport-name") ?? main).focus({ preventScroll: false });
  }
}

async function panelsOf({ view, id, query }) {
  if (view === "map") {
    const asked = query.get("measure");
    const measure = MEASURE_NAMES.includes(asked) ? asked : MEASURE_NAMES[0];
    await loadLand();
    const map = new Panel("api/map", (answer) => renderMap(answer, measure, id), "map");
    if (!id) {
      return [map];
    }
    const path = `api/airports/${encodeURIComponent(id)}`;
    return [map, new Panel(path, (answer, now) => renderAirport(answer, now, measure), "airport")];
  }
  if (view === "quarantine" && id) {
    const render = (answer, now) => renderRecord(answer, now, me, refresh);
    return [new Panel(`api/quarantine/${encodeURIComponent(id)}`, render, "record")];
  }
  if (view === "quarantine") {
    const render = (answer, now) => renderQuarantine(answer, now, query, me, selected, refresh);
    return [new Panel(quarantinePath(query), render, "quarantine")];
  }
  return [
    new Panel("api/overview", renderOverview, "sources"),
    new Panel("api/kafka", renderKafka, "kafka"),
    new Panel("api/kinesis", renderKinesis, "kinesis"),
  ];
}

async function refresh() {
  shownAt = Date.now();
  await Promise.all(panels.map((panel) => panel.refresh()));
  replace(refreshed, t("refreshed"), " ", moment(new Date().toISOString()));
}

function refreshIfOld() {
  if (!document.hidden && Date.now() - shownAt >= REFRESH) {
    refresh();
  }
}

function drawHead({ view }) {
  const toMain = (event) => {
    event.preventDefault();
    main.focus();
  };
  const tabs = VIEWS.map((name) =>
    h("a", { id: `tab-${name}`, href: href(name), "aria-current": name === view ? "page" : null }, t(`tab.${name}`)),
  );
  document.title = `${t(`tab.${view}`)} – DataFlow360`;
  replace(
    head,
    h("a", { class: "skip", href: "#main", onclick: toMain }, t("skip")),
    h("h1", {}, "DataFlow360"),
    h("nav", { class: "tabs", "aria-label": t("tabs") }, tabs),
    h(
      "div",
      { class: "refresh" },
      refreshed,
      h("button", { id: "refresh", onclick: refresh }, t("refresh")),
    ),
  );
}
