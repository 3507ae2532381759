// Replay and dismissal: a run of replay_quarantine, started by Airflow's own REST API as the user.

import { airflowLink } from "./airflow.js";
import { askAirflow } from "./api.js";
import { foreign, h, replace } from "./dom.js";
import { badge, plain, problem, scrolling } from "./parts.js";
import { number, t, tn } from "./texts.js";

const POLL = 1000;
const COMMENT_LENGTH = 1000;
const PASSING = ["new", "unchanged"];

/**
 * Ask what to do with records, and do it.
 *
 * @param {"replay"|"dismiss"} kind What for.
 * @param {string[]} ids The records.
 * @param {object} me The user.
 * @param {() => Promise<void>} done Called when something may have changed.
 */
export function decide(kind, ids, me, done) {
  const dialog = new Decision(kind, ids, me, done);
  dialog.open();
}

class Decision {
  #ids;
  #me;
  #done;
  #kind;
  #open = true;
  #decided = false;
  #content = h("div", { role: "status" });
  #buttons = h("div", { class: "buttons" });
  #dialog;

  constructor(kind, ids, me, done) {
    this.#kind = kind;
    this.#ids = ids;
    this.#me = me;
    this.#done = done;
    this.#dialog = h(
      "dialog",
      { "aria-labelledby": "decision-title", onclose: () => this.#closed() },
      h("h2", { id: "decision-title" }, tn(`decide.${kind}Title`, ids.length)),
      this.#content,
      this.#buttons,
    );
  }

  open() {
    document.body.append(this.#dialog);
    this.#dialog.showModal();
    if (this.#kind === "replay") {
      this.#attempt(() => this.#dryRun());
    } else {
      this.#askForComment();
    }
  }

  #closed() {
    this.#open = false;
    this.#dialog.remove();
    if (this.#decided) {
      this.#done(); // the backend keeps an answer for some seconds
    }
  }

  #close(text = t("decide.close")) {
    return h("button", { id: "decision-close", onclick: () => this.#dialog.close() }, text);
  }

  #show(content, ...buttons) {
    replace(this.#content, content);
    replace(this.#buttons, ...buttons, this.#close(buttons.length ? t("decide.cancel") : undefined));
    (this.#buttons.querySelector(".main") ?? this.#buttons.lastChild).focus();
  }

  async #attempt(step) {
    try {
      await step();
    } catch (error) {
      this.#show([problem(error)]);
      if (error.status === undefined) {
        throw error; // a mistake of the page's own
      }
    }
  }

  async #dryRun() {
    const run = await this.#run({ ids: this.#ids, dry_run: true }, t("decide.dryRunning"));
    if (run === null) {
      return;
    }
    if (run.state !== "success") {
      this.#show([this.#failed(run)]);
      return;
    }
    const outcome = await this.#outcome(run);
    const passing = PASSING.reduce((sum, verdict) => sum + (outcome.counts[verdict] ?? 0), 0);
    const content = [h("p", { class: "would" }, t("decide.would")), this.#verdicts(outcome)];
    if (passing === 0) {
      this.#show([content, h("p", {}, t("decide.nothing"))]);
      return;
    }
    const go = () => this.#attempt(() => this.#forReal({ ids: this.#ids, dry_run: false }));
    this.#show(content, h("button", { id: "decision-go", class: "main", onclick: go }, tn("decide.go", passing)));
  }

  #askForComment() {
    const comment = h("textarea", { id: "comment", rows: 3, maxlength: COMMENT_LENGTH, required: true });
    const go = h("button", { id: "decision-go", class: "main", disabled: true }, t("decide.dismissNow"));
    comment.addEventListener("input", () => (go.disabled = comment.value.trim() === ""));
    go.addEventListener("click", () => {
      const conf = { ids: this.#ids, dry_run: false, dismiss: comment.value.trim() };
      this.#attempt(() => this.#forReal(conf));
    });
    this.#show([h("label", { for: "comment" }, t("decide.comment")), comment], go);
    comment.focus();
  }

  async #forReal(conf) {
    const run = await this.#run(conf, t("decide.running"));
    if (run === null) {
      return;
    }
    this.#decided = true;
    await this.#done();
    if (run.state !== "success") {
      this.#show([this.#failed(run)]);
      return;
    }
    const outcome = await this.#outcome(run);
    this.#show([h("p", { class: "done" }, t("decide.done")), this.#verdicts(outcome), this.#link(run)]);
  }

  /** Start a run and wait for its end; null when the reader has closed the dialog meanwhile. */
  async #run(conf, text) {
    replace(this.#content, h("p", { class: "loading" }, text));
    replace(this.#buttons, this.#close());
    const dag = `/dags/${this.#me.replay_dag}`;
    const { is_paused: paused } = await askAirflow(this.#me.root, dag);
    if (paused) {
      this.#show([h("p", { class: "problem" }, t("decide.paused", { dag: this.#me.replay_dag }))]);
      return null;
    }
    let run = await askAirflow(this.#me.root, `${dag}/dagRuns`, { logical_date: null, conf });
    const path = `${dag}/dagRuns/${encodeURIComponent(run.dag_run_id)}`;
    while (this.#open && !["success", "failed"].includes(run.state)) {
      replace(this.#content, h("p", { class: "loading" }, text, " ", badge(run.state)), this.#link(run));
      await new Promise((wake) => setTimeout(wake, POLL));
      run = await askAirflow(this.#me.root, path);
    }
    return this.#open ? run : null;
  }

  async #outcome(run) {
    const id = encodeURIComponent(run.dag_run_id);
    const path = `/dags/${run.dag_id}/dagRuns/${id}/taskInstances/select/xcomEntries/outcome`;
    const { value } = await askAirflow(this.#me.root, path);
    return typeof value === "string" ? JSON.parse(value) : value;
  }

  #verdicts({ sentence, counts, records }) {
    if (records.length === 0) {
      return h("p", {}, foreign(sentence, "en"));
    }
    const listed = Object.entries(counts).map(([verdict, count]) =>
      h("li", { class: PASSING.includes(verdict) ? "good" : "" }, `${t(`verdict.${verdict}`)} × ${number(count)}`),
    );
    const rows = records.map((each) => [
      h("code", {}, each.quarantine_id.slice(0, 8)),
      t(`verdict.${each.verdict}`),
      foreign(each.reason, "en"),
    ]);
    const heads = [t("column.record"), t("column.verdict"), t("column.reason")];
    return [h("ul", { class: "verdicts" }, listed), scrolling("verdicts", t("column.verdict"), plain(heads, rows))];
  }

  #failed(run) {
    return [h("p", { class: "problem" }, t("decide.failed")), this.#link(run)];
  }

  #link(run) {
    const path = `/dags/${run.dag_id}/runs/${encodeURIComponent(run.dag_run_id)}`;
    return h("p", {}, airflowLink(path, { id: "decision-run" }, t("decide.seeRun")));
  }
}
