// The view that the address asks for: `#/map/DSS?measure=air`.

/** The views; the first is shown where the address names none. */
export const VIEWS = ["overview", "map", "quarantine"];

/** What the address asks for. */
export function currentRoute() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [view = "", id = ""] = path.split("/").map(decoded);
  return { view: VIEWS.includes(view) ? view : VIEWS[0], id, query: new URLSearchParams(query) };
}

/** The address of a view. */
export function href(view, id = "", query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== "");
  const search = new URLSearchParams(given).toString();
  return `#/${view}${id ? `/${encodeURIComponent(id)}` : ""}${search ? `?${search}` : ""}`;
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) {
      return text; // typed by hand
    }
    throw error;
  }
}
