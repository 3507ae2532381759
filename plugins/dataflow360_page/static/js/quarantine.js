// The records that were refused: how many of what, and one by one.

import { decide } from "./decision.js";
import { foreign, h } from "./dom.js";
import { badge, bounded, part, table } from "./parts.js";
import { href } from "./routes.js";
import { number, t, tn } from "./texts.js";
import { moment } from "./times.js";

const STATES = ["open", "replayed", "dismissed"];
const FILTERS = ["state", "dag_id", "record_type", "reason_kind"];

/** The backend's route for a view's query. */
export function quarantinePath(query) {
  const given = [...FILTERS, "after"].map((name) => [name, query.get(name)]).filter(([, value]) => value);
  if (query.get("record_type") && !query.get("reason_kind")) {
    given.push(["reason_kind", ""]); // a group of its own: refused without a reason
  }
  return `api/quarantine?${new URLSearchParams(given)}`;
}

/**
 * The content of `api/quarantine`.
 *
 * @param {object} answer What the backend has answered.
 * @param {Date} now Its time.
 * @param {URLSearchParams} query The view's query.
 * @param {object} me The user.
 * @param {Set<string>} selected Ids of the records that are ticked; changed by the reader.
 * @param {() => Promise<void>} refresh Shows the numbers anew.
 */
export function renderQuarantine(answer, now, query, me, selected, refresh) {
  const state = query.get("state") ?? "open";
  return [
    h("nav", { class: "states", "aria-label": t("quarantine.states") }, STATES.map((each) => stateLink(each, state))),
    part(null, answer.page, () => {
      const { groups, records, next } = answer.page.data;
      const here = records.map(({ quarantine_id: id }) => id);
      [...selected].filter((id) => !here.includes(id)).forEach((id) => selected.delete(id));
      const mayDecide = me.may_replay && state === "open" && records.length > 0;
      return [
        h("h2", {}, t("quarantine.groups")),
        groups.length === 0 ? h("p", { class: "empty" }, t(`quarantine.none.${state}`)) : groupTable(groups, query),
        filters(query),
        records.length === 0
          ? h("p", { class: "empty" }, t("quarantine.noRecords"))
          : [
              h("h2", {}, t("quarantine.records")),
              mayDecide ? decisions(me, here, selected, refresh) : null,
              recordTable(records, now, mayDecide ? selected : null),
              pages(query, next),
            ],
        me.may_replay ? null : h("p", { class: "note" }, t("quarantine.readOnly")),
      ];
    }),
  ];
}

function stateLink(each, current) {
  const chosen = each === current ? "page" : null;
  const link = href("quarantine", "", { state: each === "open" ? null : each });
  return h("a", { id: `state-${each}`, href: link, "aria-current": chosen }, t(`state.${each}`));
}

function groupTable(groups, query) {
  const state = query.get("state");
  const columns = [
    [t("column.source")],
    [t("column.recordType")],
    [t("column.reason"), "reason"],
    [t("column.count"), "number"],
  ];
  const rows = groups.map((group) => {
    const source = { state, dag_id: group.dag_id };
    const kind = { ...source, record_type: group.record_type, reason_kind: group.reason_kind };
    const reason = group.reason_kind ? foreign(group.reason_kind, "en") : t("quarantine.noReason");
    return [
      h("a", { href: href("quarantine", "", source) }, group.dag_id),
      group.record_type,
      h("a", { href: href("quarantine", "", kind) }, reason),
      bounded(group.count),
    ];
  });
  return table(t("quarantine.groups"), columns, rows, "groups");
}

function filters(query) {
  const given = FILTERS.slice(1).filter((name) => query.get(name));
  if (given.length === 0) {
    return null;
  }
  const all = href("quarantine", "", { state: query.get("state") });
  return h(
    "p",
    { class: "filters" },
    `${t("quarantine.only")} `,
    given.map((name, index) => [index ? " · " : "", foreign(query.get(name))]),
    " ",
    h("a", { id: "all-records", href: all }, t("quarantine.all")),
  );
}

function decisions(me, here, selected, refresh) {
  const start = (kind) => () => decide(kind, [...selected], me, refresh);
  const replay = h("button", { id: "replay", class: "main", onclick: start("replay") }, t("decide.replay"));
  const dismiss = h("button", { id: "dismiss", onclick: start("dismiss") }, t("decide.dismiss"));
  const count = h("span", { id: "selected", role: "status" });
  const all = h("input", { type: "checkbox", id: "select-all" });
  const show = () => {
    count.textContent = tn("decide.selected", selected.size);
    [replay, dismiss].forEach((button) => (button.disabled = selected.size === 0));
    all.checked = selected.size === here.length;
    all.indeterminate = selected.size > 0 && !all.checked;
  };
  all.addEventListener("change", () => {
    here.forEach((id) => (all.checked ? selected.add(id) : selected.delete(id)));
    for (const box of document.querySelectorAll("input.tick")) {
      box.checked = all.checked;
    }
    show();
  });
  const bar = h(
    "div",
    { class: "decisions", onticked: show },
    h("label", {}, all, ` ${t("decide.all", { count: number(here.length) })}`),
    count,
    replay,
    dismiss,
  );
  show();
  return bar;
}

function recordTable(records, now, selected) {
  const columns = [
    [t("column.source")],
    [t("column.reason"), "reason"],
    [t("column.content"), "content"],
    [t("column.seen")],
  ];
  const rows = records.map((record) => [
    [
      selected === null ? null : tick(record, selected),
      h("span", {}, record.dag_id),
      h("span", { class: "note" }, `${record.record_type} · ${t("record.position", { position: number(record.position) })}`),
      record.source_name === null ? null : h("span", { class: "note" }, foreign(record.source_name)),
      record.state === "open" ? null : badge(record.state),
    ],
    foreign(record.reasons, "en"),
    h(
      "a",
      { id: `record-${record.quarantine_id}`, href: href("quarantine", record.quarantine_id), class: "bytes" },
      record.preview || t("record.empty"),
    ),
    moment(record.last_seen, now),
  ]);
  return table(t("quarantine.records"), columns, rows, "records");
}

function tick(record, selected) {
  const id = record.quarantine_id;
  const change = (event) => {
    if (event.target.checked) {
      selected.add(id);
    } else {
      selected.delete(id);
    }
    document.querySelector(".decisions").dispatchEvent(new Event("ticked"));
  };
  const label = t("record.select", { type: record.record_type, position: number(record.position) });
  return h("input", {
    type: "checkbox",
    class: "tick",
    id: `tick-${id}`,
    checked: selected.has(id),
    "aria-label": label,
    onchange: change,
  });
}

function pages(query, next) {
  const given = Object.fromEntries(FILTERS.map((name) => [name, query.get(name)]));
  const newest = query.get("after")
    ? h("a", { id: "newest", href: href("quarantine", "", given) }, t("quarantine.newest"))
    : null;
  const older = next
    ? h("a", { id: "older", href: href("quarantine", "", { ...given, after: next }) }, t("quarantine.older"))
    : null;
  return newest || older ? h("nav", { class: "pages", "aria-label": t("quarantine.pages") }, newest, older) : null;
}
