// Kafka's topics and consumers, and the way from Kinesis to DynamoDB.

import { airflowLink } from "./airflow.js";
import { bars, legend } from "./charts.js";
import { h } from "./dom.js";
import { badge, foldable, part, plain, scrolling, table } from "./parts.js";
import { number, t, tn } from "./texts.js";
import { ago, day, moment } from "./times.js";

/** The content of `api/kafka`. */
export function renderKafka({ cluster }, now) {
  return [
    part(t("kafka.title"), cluster, () => {
      const { brokers, topics, groups } = cluster.data;
      return [
        h("p", { class: "note" }, tn("kafka.brokers", brokers)),
        topics.length === 0 ? h("p", { class: "empty" }, t("kafka.noTopics")) : topicTable(topics, now),
        h("h3", {}, t("kafka.groups")),
        groups.length === 0 ? h("p", { class: "empty" }, t("kafka.noGroups")) : groupTable(groups),
      ];
    }),
  ];
}

function topicTable(topics, now) {
  const columns = [
    [t("column.topic")],
    [t("column.messages"), "number"],
    [t("column.newest")],
    [t("column.partitions"), "number"],
    [t("column.underReplicated"), "number"],
  ];
  const rows = topics.map((topic) => [
    topic.name,
    number(topic.messages),
    topic.newest_at === null
      ? "–"
      : [moment(topic.newest_at, now), h("span", { class: "note" }, ago(topic.newest_at, now))],
    number(topic.partitions),
    topic.under_replicated > 0
      ? h("strong", { class: "alarm" }, number(topic.under_replicated))
      : number(0),
  ]);
  return table(t("kafka.topics"), columns, rows);
}

function groupTable(groups) {
  const columns = [
    [t("column.group")],
    [t("column.state")],
    [t("column.lag"), "number"],
  ];
  const rows = groups.map((group) => [
    group.name,
    group.state,
    number(group.lag),
  ]);
  return table(t("kafka.groups"), columns, rows);
}

/** The content of `api/kinesis`. */
export function renderKinesis({ stream }, now) {
  return [
    part(t("kinesis.title"), stream, () => {
      const { days, total, last, last_arrivals: arrivals, ...names } = stream.data;
      const label = t("kinesis.label", {
        put: number(total.put),
        stored: number(total.stored),
        failed: number(total.failed),
      });
      const drawn = days.map((each) => ({
        lower: each.stored,
        upper: each.failed,
        title: t("kinesis.day", {
          day: day(each.day),
          stored: number(each.stored),
          failed: number(each.failed),
        }),
      }));
      const rows = days
        .filter((each) => each.put > 0)
        .reverse()
        .map((each) => [day(each.day), number(each.put), number(each.stored), number(each.failed)]);
      const heads = [t("column.day"), t("kinesis.put"), t("kinesis.stored"), t("kinesis.failed")];
      return [
        h("p", { class: "note" }, `${names.stream} → ${names.table}`),
        h(
          "dl",
          { class: "figures" },
          ["put", "stored", "failed"].map((key) =>
            h(
              "div",
              { class: key === "failed" && total.failed ? "warn" : null },
              h("dt", {}, t(`kinesis.${key}`)),
              h("dd", {}, number(total[key])),
            ),
          ),
        ),
        bars(label, drawn, { width: 320, height: 60 }),
        legend([
          ["lower", t("kinesis.stored")],
          ["upper", t("kinesis.failed")],
        ]),
        last === null
          ? h("p", { class: "empty" }, t("kinesis.none"))
          : h(
              "p",
              { class: "note" },
              t("kinesis.last"), " ",
              airflowLink(last.link, { id: "kinesis-last" }, badge(last.state)), " ",
              moment(last.at, now),
              arrivals === null ? null : ` · ${t("kinesis.lastPut", { put: number(arrivals.put) })}`,
            ),
        rows.length === 0
          ? null
          : foldable("kinesis-days", t("volume.days"), scrolling("kinesis-scroll", label, plain(heads, rows))),
      ];
    }),
  ];
}
