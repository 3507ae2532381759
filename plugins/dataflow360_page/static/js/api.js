// Calls: to the page's own backend, which only reads, and to Airflow's REST API.

import { t } from "./texts.js";

const SECONDS = 30;

/** An answer that is none. */
export class CallError extends Error {
  /**
   * @param {number} status HTTP status; 0 when the server cannot be reached.
   * @param {string} message One sentence.
   */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** What a route of the page's backend answers, as in `ask("api/overview")`. */
export function ask(path) {
  return call(path, {});
}

/** What a route of Airflow's REST API answers, asked with the reader's own session. */
export function askAirflow(root, path, body = null) {
  const url = `${root}/api/v2${path}`;
  if (body === null) {
    return call(url, {});
  }
  const headers = { "Content-Type": "application/json" };
  return call(url, { method: "POST", headers, body: JSON.stringify(body) });
}

async function call(url, options) {
  const headers = { Accept: "application/json", ...options.headers };
  let answer;
  try {
    answer = await fetch(url, { ...options, headers, signal: AbortSignal.timeout(SECONDS * 1000) });
  } catch (error) {
    if (error.name === "TimeoutError") {
      throw new CallError(0, t("error.slow", { seconds: SECONDS }));
    }
    throw new CallError(0, t("error.unreachable"));
  }
  if (!answer.ok) {
    throw new CallError(answer.status, await complaint(answer));
  }
  return answer.json();
}

async function complaint(answer) {
  if (answer.status === 401) {
    return t("error.loggedOut");
  }
  const text = await answer.text();
  let detail = text;
  try {
    detail = JSON.parse(text).detail ?? text;
  } catch (error) {
    if (!(error instanceof SyntaxError)) {
      throw error;
    }
  }
  const said = typeof detail === "string" ? detail : JSON.stringify(detail);
  return t("error.status", { status: answer.status, said: said.slice(0, 500) });
}
