// Links from the page's frame to Airflow's own UI around it.

import { h } from "./dom.js";

let root = "";

/** Remember the path that goes before Airflow's own. */
export function setRoot(path) {
  root = path;
}

/** A link to a path of Airflow's UI, as in `/dags/openweather`. */
export function airflowLink(path, attributes, ...children) {
  return h("a", { href: `${root}${path}`, onclick: follow, ...attributes }, ...children);
}

/** Tell the shell which view its frame shows, so that reloading the whole page shows it again. */
export function tellShell() {
  if (parent === window) {
    return;
  }
  const shell = parent.location.pathname.match(/^(.*\/plugin\/[^/]+)/);
  if (shell) {
    const { pathname, hash } = location;
    parent.history.replaceState(parent.history.state, "", `${shell[1]}${pathname}${hash}`);
  }
}

function follow(event) {
  if (parent === window || event.defaultPrevented) {
    return;
  }
  event.preventDefault();
  // The frame's sandbox lets no link of its own leave it; the shell is of the same origin.
  const { href } = event.currentTarget;
  const apart = event.ctrlKey || event.metaKey || event.shiftKey;
  const link = parent.document.createElement("a");
  Object.assign(link, { href, target: apart ? "_blank" : "_self", rel: "noopener" });
  link.click();
}
