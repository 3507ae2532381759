// Moments: UTC, with the reader's local time beside where it differs.

import { h } from "./dom.js";
import { currentLanguage, t } from "./texts.js";

const ZONE_KEY = "timezone"; // where Airflow's UI keeps the time zone that the reader has picked
const MINUTE = 60_000;

/** The reader's time zone: Airflow's choice, else the browser's. */
export function localZone() {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  try {
    const zone = JSON.parse(localStorage.getItem(ZONE_KEY));
    new Intl.DateTimeFormat("en", { timeZone: zone ?? own });
    return zone ?? own;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) {
      return own; // not a time zone: somebody else's setting
    }
    throw error;
  }
}

/** A moment as `<time>`: `14:00 UTC (15:00 local)`, with the day when it is not today's. */
export function moment(iso, now = new Date()) {
  const at = new Date(iso);
  const zone = localZone();
  const utc = written(at, "UTC", now);
  const local = written(at, zone, now);
  const wall = { ...CLOCK, ...DAY, year: "numeric" };
  const same = format(at, "UTC", wall) === format(at, zone, wall);
  return h(
    "time",
    { datetime: iso, title: `${full(at, "UTC")} UTC\n${full(at, zone)} ${zone}` },
    h("span", {}, `${utc} UTC`),
    same ? null : h("span", { class: "local" }, ` (${t("time.local", { time: local })})`),
  );
}

/** A UTC day, written out: `24 Nov`. */
export function day(iso) {
  return format(new Date(`${iso}T00:00:00Z`), "UTC", DAY);
}

/** How long ago, in words. */
export function ago(iso, now) {
  const minutes = Math.round((now - new Date(iso)) / MINUTE);
  const words = new Intl.RelativeTimeFormat(currentLanguage(), { numeric: "auto", style: "short" });
  const size = Math.abs(minutes);
  if (size < 60) {
    return words.format(-minutes, "minute");
  }
  return size < 60 * 48
    ? words.format(-Math.round(minutes / 60), "hour")
    : words.format(-Math.round(minutes / 60 / 24), "day");
}

/** Hour and minute of a moment, UTC. */
export function clock(iso) {
  return format(new Date(iso), "UTC", CLOCK);
}

const CLOCK = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const DAY = { day: "numeric", month: "short" };

function written(at, zone, now) {
  const year = { ...DAY, year: "numeric" };
  const today = format(at, zone, year) === format(now, zone, year);
  const thisYear = at.getUTCFullYear() === now.getUTCFullYear();
  return format(at, zone, today ? CLOCK : { ...CLOCK, ...(thisYear ? DAY : year) });
}

function full(at, zone) {
  return format(at, zone, { dateStyle: "full", timeStyle: "medium" });
}

function format(at, zone, options) {
  return new Intl.DateTimeFormat(currentLanguage(), { timeZone: zone, ...options }).format(at);
}
