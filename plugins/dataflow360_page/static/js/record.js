// One refused record: its bytes, shown inert, why it was refused, and what was decided.

import { airflowLink } from "./airflow.js";
import { decide } from "./decision.js";
import { foreign, h } from "./dom.js";
import { badge, foldable, part, scrolling } from "./parts.js";
import { href } from "./routes.js";
import { number, t, tn } from "./texts.js";
import { moment } from "./times.js";

const HEX_BYTES = 1024;
const HEX_LINE = 16;

/** The content of `api/quarantine/{id}`; `refresh` shows it anew. */
export function renderRecord(answer, now, me, refresh) {
  const back = h("p", {}, h("a", { id: "back", href: href("quarantine") }, t("record.back")));
  return [
    back,
    part(t("record.title"), answer.record, () => {
      const record = answer.record.data;
      const start = (kind) => () => decide(kind, [record.quarantine_id], me, refresh);
      return [
        me.may_replay && record.state === "open"
          ? h(
              "div",
              { class: "decisions" },
              h("button", { id: "replay", class: "main", onclick: start("replay") }, t("decide.replay")),
              h("button", { id: "dismiss", onclick: start("dismiss") }, t("decide.dismiss")),
            )
          : null,
        h("h3", {}, t("record.why")),
        h("p", { class: "said", id: "reasons" }, foreign(record.reasons, "en")),
        h("h3", {}, t("record.bytes"), " ", h("span", { class: "note" }, tn("record.size", record.size))),
        record.truncated ? h("p", { class: "note" }, t("record.truncated")) : null,
        scrolling("record-bytes", t("record.bytes"), h("pre", { class: "bytes" }, record.text || t("record.empty"))),
        foldable("record-hex", t("record.hex"), scrolling("hex-bytes", t("record.hex"), h("pre", { class: "bytes" }, hexadecimal(record.raw_base64)))),
        facts(record, now),
      ];
    }),
  ];
}

function facts(record, now) {
  const run =
    record.run_id === null
      ? t("record.noRun")
      : airflowLink(record.link, { id: "record-run" }, foreign(record.run_id));
  const pairs = [
    ["state", badge(record.state)],
    ["source", record.dag_id],
    ["type", record.record_type],
    ["from", record.source_name === null ? null : foreign(record.source_name)],
    ["number", number(record.position)],
    ["run", run],
    ["firstSeen", moment(record.first_seen, now)],
    ["lastSeen", moment(record.last_seen, now)],
    ["replayed", record.replayed_at && moment(record.replayed_at, now)],
    ["replayBatch", record.replayed_batch_id],
    ["dismissed", record.dismissed_at && moment(record.dismissed_at, now)],
    ["by", record.dismissed_by && foreign(record.dismissed_by)],
    ["comment", record.comment && foreign(record.comment)],
    ["id", h("code", {}, record.quarantine_id)],
  ];
  return h(
    "dl",
    { class: "facts" },
    pairs
      .filter(([, value]) => value !== null)
      .map(([key, value]) => h("div", {}, h("dt", {}, t(`record.${key}`)), h("dd", {}, value))),
  );
}

function hexadecimal(base64) {
  const bytes = Uint8Array.from(atob(base64), (each) => each.charCodeAt(0)).slice(0, HEX_BYTES);
  const shown = [];
  for (let start = 0; start < bytes.length; start += HEX_LINE) {
    const row = [...bytes.slice(start, start + HEX_LINE)];
    const codes = row.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const letters = row.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "·")).join("");
    shown.push(`${start.toString(16).padStart(4, "0")}  ${codes.padEnd(HEX_LINE * 3)} ${letters}`);
  }
  return shown.join("\n");
}
