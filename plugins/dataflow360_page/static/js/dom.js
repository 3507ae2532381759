// Making elements. Whatever comes from outside becomes a text node, never markup.

const SVG = "http://www.w3.org/2000/svg";

/** An HTML element; `on…` attributes are listeners, null and false ones are left out. */
export function h(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** An SVG element, likewise. */
export function s(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

/**
 * Foreign text: kept apart from the text around it, whatever direction its letters have, and with
 * escapes in place of what is not printable: marks that turn the direction, control characters.
 */
export function foreign(text, lang = null) {
  return h("bdi", { lang }, text.replace(/[\p{C}\u2028\u2029]/gu, escaped));
}

function escaped(letter) {
  return `\\u{${letter.codePointAt(0).toString(16)}}`;
}

/** Put new children into an element; the focus and what was unfolded stay where they were. */
export function replace(parent, ...children) {
  const focused = parent.contains(document.activeElement) ? document.activeElement.id : "";
  const open = [...parent.querySelectorAll("details[id][open]")].map((each) => each.id);
  const scrolled = [...parent.querySelectorAll(".scroll[id]")].map((each) => [
    each.id,
    each.scrollLeft,
    each.scrollTop,
  ]);
  parent.replaceChildren(...children.flat(Infinity).filter((child) => child !== null));
  for (const id of open) {
    document.getElementById(id)?.setAttribute("open", "");
  }
  for (const [id, left, top] of scrolled) {
    document.getElementById(id)?.scrollTo(left, top);
  }
  if (focused) {
    document.getElementById(focused)?.focus({ preventScroll: true });
  }
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) {
      element.addEventListener(name.slice(2), value);
    } else if (value === true) {
      element.setAttribute(name, "");
    } else if (value !== null && value !== false && value !== undefined) {
      element.setAttribute(name, value);
    }
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== false));
  return element;
}
