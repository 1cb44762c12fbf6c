// Times as an operator reads them: clock times of the county, whole minutes, seconds only where they matter.

import { language, word } from "./words.js";

const zone = document.body.dataset["zone"] ?? "Europe/Stockholm";
const locale = language === "en" ? "en-GB" : "sv-SE";
const short = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", timeZone: zone });
const long = new Intl.DateTimeFormat(locale, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  timeZone: zone,
});

const day = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short", timeZone: zone });
/** As RFC 3339 writes local times, but for a blank where the T stands. */
const written = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "medium", timeZone: zone });

/** The server's clock ahead of this computer's, in milliseconds: countdowns follow the server. */
let ahead = 0;

/** Learns the server's clock from the `Date` header of an answer. */
export function learnClock(date: string | null): void {
  const server = date === null ? Number.NaN : Date.parse(date);
  // The header has whole seconds: a difference below two seconds says nothing.
  if (!Number.isNaN(server)) ahead = Math.abs(server - Date.now()) < 2_000 ? 0 : server - Date.now();
}

/** Now, in milliseconds, by the server's clock. */
export function now(): number {
  return Date.now() + ahead;
}

/** 03:10 */
export function clock(time: string | number): string {
  return short.format(new Date(time));
}

/** 03:10:27 */
export function clockSeconds(time: string | number): string {
  return long.format(new Date(time));
}

/** 26 nov. 2026 03:10 */
export function dayAndClock(time: string | number): string {
  return day.format(new Date(time));
}

/** The time that a field for a local time says, by the county's clocks, in milliseconds; NaN when it says none. */
export function ofLocal(text: string): number {
  const wall = Date.parse(`${text}Z`);
  if (Number.isNaN(wall)) return wall;
  const ahead = (at: number) => Date.parse(`${written.format(new Date(at)).replace(" ", "T")}Z`) - at;
  // The second look is for days on which the clocks change.
  return wall - ahead(wall - ahead(wall));
}

/** How long ago: "12 s", "7 min", "2 h 5 min". */
export function since(time: string): string {
  return span(Math.max(0, now() - Date.parse(time)));
}

/** Whole minutes from now until `time`, negative when it has passed. */
export function minutesUntil(time: string): number {
  return Math.round((Date.parse(time) - now()) / 60_000);
}

/** Until `time` in words: "om 7 min", "nu", "3 min sen". */
export function until(time: string): string {
  const minutes = minutesUntil(time);
  if (minutes === 0) return word("console-now");
  return minutes > 0 ? word("console-in-minutes", { n: minutes }) : word("console-late", { n: -minutes });
}

function span(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1_000);
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
