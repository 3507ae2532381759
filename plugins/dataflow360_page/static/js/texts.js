// The page's texts, in the language that Airflow's UI speaks, else in the browser's.

const KEY = "i18nextLng"; // where Airflow's UI keeps the language
const LANGUAGES = ["en", "fr"];

let catalogue = {};
let language = "en";

/** Fetch the catalogue and follow Airflow's language; `changed` is called when it changes. */
export async function startTexts(changed) {
  const answer = await fetch("static/texts.json");
  if (!answer.ok) {
    throw new Error(`The page's texts cannot be had: ${answer.status}.`);
  }
  catalogue = await answer.json();
  choose();
  addEventListener("storage", (event) => {
    if (event.key === KEY || event.key === null) {
      choose();
      changed();
    }
  });
}

/** The text of a key, with `{name}` replaced. */
export function t(key, values = {}) {
  const text = catalogue[language][key];
  if (text === undefined) {
    throw new Error(`There is no text ${key} in ${language}.`);
  }
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** The text of a number of things: `key.one` or `key.other`, with `{count}`. */
export function tn(key, count, values = {}) {
  const form = new Intl.PluralRules(language).select(count) === "one" ? "one" : "other";
  return t(`${key}.${form}`, { count: number(count), ...values });
}

/** A number as the language writes it. */
export function number(value, digits = 0) {
  return new Intl.NumberFormat(language, {
    maximumFractionDigits: digits,
    minimumFractionDigits: digits,
  }).format(value);
}

/** A share of one as a percentage. */
export function percent(share) {
  return new Intl.NumberFormat(language, { style: "percent" }).format(share);
}

/** The language's code. */
export function currentLanguage() {
  return language;
}

function choose() {
  const wanted = [localStorage.getItem(KEY), ...navigator.languages].filter(Boolean);
  const codes = wanted.map((name) => name.toLowerCase().split("-")[0]);
  // A language that the page does not speak, as Airflow's German, gives way to the next choice.
  language = codes.find((code) => LANGUAGES.includes(code)) ?? "en";
  document.documentElement.lang = language;
}
