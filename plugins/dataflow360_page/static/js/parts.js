// Small pieces that several views have.

import { airflowLink } from "./airflow.js";
import { foreign, h } from "./dom.js";
import { number, t } from "./texts.js";

const TONES = {
  on_time: "good", late: "warn", never: "bad", unwatched: "mute",
  reconciled: "good", failed: "bad", skipped: "mute",
  success: "good", running: "busy", queued: "mute",
  open: "warn", replayed: "good", dismissed: "mute",
};

/** A state as a word in its colour. */
export function badge(state) {
  return h("span", { class: `badge ${TONES[state] ?? "mute"}` }, t(`state.${state}`));
}

/** What failed, as a sentence; with the way to log in when that is why. */
export function problem(error) {
  const login =
    error.status === 401 ? [" ", airflowLink("/auth/login", {}, t("error.login"))] : [];
  return h("p", { class: "problem" }, foreign(error.message), login);
}

/** The content of a part; greyed, with the reason, when its store is not available. */
export function part(heading, state, content) {
  const title = heading === null ? null : h("h2", {}, heading);
  if (!state.available) {
    return h(
      "section",
      { class: "part off" },
      title,
      h("p", { class: "reason" }, h("strong", {}, t("off")), " ", foreign(state.reason, "en")),
    );
  }
  return h("section", { class: "part" }, title, content());
}

/** A bounded count: `1,000+` when there are more. */
export function bounded({ value, more }) {
  return `${number(value)}${more ? "+" : ""}`;
}

/**
 * A table that becomes a list of cards where there is no room.
 *
 * @param {string} caption What it shows, for those who cannot see it.
 * @param {[string, string?][]} columns Heading and class of each column.
 * @param {(Node|string|null|Array)[][]} rows Cells of each row; the first is the row's heading.
 * @param {string} name Class of the table.
 */
export function table(caption, columns, rows, name = "") {
  // The roles stay when the style sheet makes cards of it.
  const heads = columns.map(([text, kind]) =>
    h("th", { role: "columnheader", scope: "col", class: kind }, text),
  );
  const lines = rows.map((cells) =>
    h(
      "tr",
      { role: "row" },
      cells.map((cell, index) => {
        const [text, kind] = columns[index];
        return index === 0
          ? h("th", { role: "rowheader", scope: "row", class: kind }, cell)
          : h("td", { role: "cell", class: kind, "data-head": text }, cell);
      }),
    ),
  );
  return h(
    "table",
    { role: "table", class: `cards ${name}` },
    h("caption", { class: "unseen" }, caption),
    h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, heads)),
    h("tbody", { role: "rowgroup" }, lines),
  );
}

/** Something as wide or high as it likes, which scrolls, by keyboard too. */
export function scrolling(id, label, ...children) {
  return h("div", { id, class: "scroll", tabindex: "0", role: "region", "aria-label": label }, children);
}

/** What can be unfolded. */
export function foldable(id, summary, ...children) {
  return h("details", { id }, h("summary", { id: `${id}-summary` }, summary), children);
}

/** A plain table; the first cell of each row is its heading. */
export function plain(heads, rows) {
  return h(
    "table",
    { class: "plain" },
    h("thead", {}, h("tr", {}, heads.map((text) => h("th", { scope: "col" }, text)))),
    h(
      "tbody",
      {},
      rows.map(([first, ...others]) =>
        h("tr", {}, h("th", { scope: "row" }, first), others.map((cell) => h("td", {}, cell))),
      ),
    ),
  );
}
