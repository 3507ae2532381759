// A part of a view that one route of the backend fills: it loads, refreshes, and says what fails.

import { ask } from "./api.js";
import { h, replace } from "./dom.js";
import { problem } from "./parts.js";
import { t } from "./texts.js";

/** A part of a view. */
export class Panel {
  #path;
  #render;
  #filled = false;
  #notice = h("div", { role: "status" });
  #body = h("div", { class: "body" }, h("p", { class: "loading" }, t("loading")));

  /**
   * @param {string} path Route of the backend.
   * @param {(answer: object, now: Date) => Node[]} render Makes its content of the answer.
   * @param {string} name Class of its element.
   */
  constructor(path, render, name) {
    this.#path = path;
    this.#render = render;
    this.element = h("div", { class: `panel ${name}`, "aria-busy": "true" });
    this.element.append(this.#notice, this.#body);
  }

  /** Ask again and show what has come; text that the reader has just marked stays. */
  async refresh() {
    let answer;
    try {
      answer = await ask(this.#path);
    } catch (error) {
      this.element.removeAttribute("aria-busy");
      if (!this.#filled) {
        replace(this.#body);
      }
      replace(this.#notice, problem(error));
      return;
    }
    this.element.removeAttribute("aria-busy");
    replace(this.#notice);
    if (!this.#filled || !isBeingRead(this.#body)) {
      this.#filled = true;
      replace(this.#body, ...this.#render(answer, new Date(answer.now)));
      performance.mark(this.#path);
    }
  }
}

function isBeingRead(element) {
  const selection = getSelection();
  return !selection.isCollapsed && element.contains(selection.anchorNode);
}
