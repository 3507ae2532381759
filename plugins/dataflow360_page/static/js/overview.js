// Every source: what landed last, how fresh it is, and what is left of the quotas.

import { airflowLink } from "./airflow.js";
import { bars, legend } from "./charts.js";
import { foreign, h } from "./dom.js";
import { badge, bounded, foldable, part, plain, scrolling, table } from "./parts.js";
import { href } from "./routes.js";
import { number, t, tn } from "./texts.js";
import { ago, day, moment } from "./times.js";

const COUNTS = [
  "read", "valid", "duplicate", "quarantined",
  "new", "changed", "unchanged", "stored", "published", "failed",
];

/** The content of `api/overview`. */
export function renderOverview(answer, now) {
  const { sources, ledger } = answer;
  return [
    summary(answer),
    h(
      "section",
      { class: "part" },
      h("h2", {}, t("overview.sources")),
      ledger.available
      ? null
      : h("p", { class: "problem" }, h("strong", {}, t("off")), " ", foreign(ledger.reason, "en")),
      sources.length === 0 ? h("p", { class: "empty" }, t("overview.none")) : sourceTable(sources, now),
      legend([
        ["lower", t("rows.valid")],
        ["upper", t("rows.quarantined")],
      ]),
    ),
    h("div", { class: "beside" }, monthly(answer.monthly_quotas, now), minutes(answer.minute_limits, now)),
  ];
}

function summary({ sources, ledger, open_in_quarantine: open }) {
  const states = sources.map(({ account }) => account?.freshness.status).filter(Boolean);
  const tile = (value, text, tone, link = null) => {
    const inside = [h("span", { class: "value" }, value), h("span", {}, text)];
    return h("li", { class: `tile ${tone}` }, link ? h("a", { href: link }, inside) : inside);
  };
  const freshness = ["on_time", "late", "never"].map((status) => {
    const count = states.filter((each) => each === status).length;
    const tone = { on_time: "good", late: "warn", never: "mute" }[status];
    return tile(ledger.available ? number(count) : "–", t(`tile.${status}`), count ? tone : "mute");
  });
  const refused = open.available
    ? tile(bounded(open.data), t("tile.quarantine"), open.data.value ? "warn" : "mute", href("quarantine"))
    : tile("–", t("tile.quarantine"), "mute");
  return h("ul", { class: "tiles" }, freshness, refused);
}

function sourceTable(sources, now) {
  const columns = [
    [t("column.source"), "source"],
    [t("column.freshness")],
    [t("column.lastRun")],
    [t("column.rows"), "rows"],
    [t("column.volume"), "volume"],
    [t("column.ledger"), "ledger"],
  ];
  const rows = sources.map((source) => [
    name(source),
    freshness(source, now),
    lastRun(source, now),
    landed(source),
    volume(source),
    account(source, now),
  ]);
  return table(t("overview.sources"), columns, rows, "sources");
}

function name({ dag_id: dagId, schedule, paused, link }) {
  return [
    airflowLink(link, { id: `source-${dagId}`, class: "name" }, dagId),
    paused ? [" ", h("span", { class: "badge mute" }, t("source.paused"))] : null,
    h("span", { class: "note" }, schedule === null ? t("source.byInputs") : foreign(schedule)),
  ];
}

function freshness({ account }, now) {
  if (account === null) {
    return unknown();
  }
  const fresh = account.freshness;
  const upTo = fresh.newest && [t("freshness.upTo"), " ", moment(fresh.newest, now)];
  const due =
    fresh.status === "on_time" || fresh.expected === null
      ? null
      : h("span", { class: "note" }, t("freshness.expected"), " ", moment(fresh.expected, now));
  return [badge(fresh.status), upTo ? h("span", { class: "note" }, upTo) : null, due];
}

function lastRun({ dag_id: dagId, last_run: run }, now) {
  if (run === null) {
    return h("span", { class: "note" }, t("run.none"));
  }
  const at = run.ended_at ?? run.started_at;
  const label = t("run.link", { dag: dagId, state: t(`state.${run.state}`) });
  return [
    airflowLink(run.link, { id: `run-${dagId}`, "aria-label": label }, badge(run.state)),
    at ? h("span", { class: "note" }, moment(at, now), " · ", ago(at, now)) : null,
  ];
}

function landed({ account }) {
  if (account === null) {
    return unknown();
  }
  if (account.rows === null) {
    return h("span", { class: "note" }, t("rows.none"));
  }
  return h(
    "dl",
    { class: "numbers" },
    ["read", "valid", "duplicate", "quarantined"].map((key) =>
      h(
        "div",
        { class: key === "quarantined" && account.rows[key] ? "warn" : null },
        h("dt", {}, t(`rows.${key}`)),
        h("dd", {}, number(account.rows[key])),
      ),
    ),
  );
}

function volume({ dag_id: dagId, account }) {
  if (account === null) {
    return unknown();
  }
  const days = account.volume;
  const valid = days.reduce((sum, each) => sum + each.valid, 0);
  const quarantined = days.reduce((sum, each) => sum + each.quarantined, 0);
  const label = t("volume.label", {
    source: dagId,
    valid: number(valid),
    quarantined: number(quarantined),
  });
  const title = (each) =>
    t("volume.day", {
      day: day(each.day),
      valid: number(each.valid),
      quarantined: number(each.quarantined),
    });
  const drawn = days.map((each) => ({
    lower: each.valid,
    upper: each.quarantined,
    title: title(each),
  }));
  const rows = days
    .filter((each) => each.valid + each.quarantined > 0)
    .reverse()
    .map((each) => [day(each.day), number(each.valid), number(each.quarantined)]);
  return [
    bars(label, drawn, { width: 150, height: 34 }),
    h("span", { class: "note" }, tn("volume.sum", valid)),
    rows.length === 0
      ? null
      : foldable(
          `days-${dagId}`,
          t("volume.days"),
          scrolling(
            `days-${dagId}-scroll`,
            label,
            plain([t("column.day"), t("rows.valid"), t("rows.quarantined")], rows),
          ),
        ),
  ];
}

function account(source, now) {
  const { dag_id: dagId, account: own } = source;
  if (own === null) {
    return unknown();
  }
  if (own.last === null) {
    return h("span", { class: "note" }, t("ledger.none"));
  }
  const last = entry(`ledger-${dagId}`, own.last, now);
  const older =
    own.last_error !== null && own.last_error.run_id !== own.last.run_id
      ? foldable(`error-${dagId}`, t("ledger.lastError"), entry(`older-${dagId}`, own.last_error, now))
      : null;
  const counts =
    own.rows === null
      ? null
      : foldable(
          `counts-${dagId}`,
          t("ledger.counts"),
          plain(
            [t("column.count"), t("column.number")],
            COUNTS.map((key) => [t(`rows.${key}`), number(own.rows[key])]),
          ),
        );
  return [last, older, counts];
}

function entry(id, { state, at, text, link }, now) {
  const label = t("ledger.link", { state: t(`state.${state}`) });
  return h(
    "div",
    { class: "entry" },
    airflowLink(link, { id, "aria-label": label }, badge(state)),
    h("span", { class: "note" }, moment(at, now)),
    text === null ? null : h("p", { class: "said" }, foreign(text, "en")),
  );
}

function monthly(quotas, now) {
  return part(t("quota.monthly"), quotas, () =>
    quotas.data.length === 0
      ? h("p", { class: "empty" }, t("quota.none"))
      : h("ul", { class: "quotas" }, quotas.data.map((quota) => monthQuota(quota, now))),
  );
}

function monthQuota(quota, now) {
  const days = Math.ceil((new Date(quota.renews_on) - now) / 86_400_000);
  return h(
    "li",
    {},
    gauge(quota.source, quota.left, quota.allowed),
    h("span", { class: "note" }, t("quota.renews", { day: day(quota.renews_on) }), " · ", tn("quota.days", days)),
    quota.closed_reason === null
      ? null
      : h("p", { class: "said" }, t("quota.closed"), " ", foreign(quota.closed_reason, "en")),
  );
}

function minutes(limits, now) {
  return part(t("quota.minute"), limits, () =>
    limits.data.length === 0
      ? h("p", { class: "empty" }, t("quota.none"))
      : h(
          "ul",
          { class: "quotas" },
          limits.data.map((limit) =>
            h(
              "li",
              {},
              gauge(limit.source, limit.left, limit.allowed),
              limit.renews_at === null
                ? null
                : h("span", { class: "note" }, t("quota.renewsAt"), " ", moment(limit.renews_at, now)),
            ),
          ),
        ),
  );
}

function gauge(source, left, allowed) {
  const text = t("quota.left", { left: number(left), allowed: number(allowed) });
  return [
    h("strong", {}, source),
    h("meter", {
      min: 0,
      max: Math.max(1, allowed),
      low: allowed / 5,
      optimum: allowed,
      value: left,
      "aria-label": `${source}: ${text}`,
    }),
    h("span", {}, text),
  ];
}

function unknown() {
  return h("span", { class: "note" }, t("unknown"));
}
