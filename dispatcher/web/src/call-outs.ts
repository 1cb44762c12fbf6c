// The people of one incident: a table with everybody who was asked, those who matter now on top.

import type { CallOut, Incident, State } from "./api.js";
import { el } from "./dom.js";
import { clock } from "./time.js";
import { sentence, word } from "./words.js";

/** Order of the table and the sign of each state: states are told by word, sign and colour. */
const STATES: Record<State, [number, string]> = {
  on_scene: [0, "●"],
  departed: [1, "▶"],
  accepted: [2, "✓"],
  seen: [3, "◐"],
  asked: [4, "○"],
  done: [5, "■"],
  undeliverable: [6, "!"],
  unavailable: [7, "–"],
  timed_out: [8, "…"],
  declined: [9, "✕"],
  released: [10, "↩"],
};

/** The table of call-outs, or a line that says why there is none. */
export function callOutTable(incident: Incident): HTMLElement {
  if (incident.callouts.length === 0) return el("p", { class: "quiet" }, word("console-nobody-yet"));
  const heads = ["name", "state", "expected", "ambulance-diff", "distance", "answered"];
  const rows = [...incident.callouts].sort(inOrder).map((callout) => row(callout, incident));
  return el(
    "table",
    { class: "call-outs" },
    el("caption", { class: "unseen" }, word("console-call-outs")),
    el("thead", {}, el("tr", {}, ...heads.map((head) => el("th", { scope: "col" }, word(`console-col-${head}`))))),
    el("tbody", {}, ...rows),
  );
}

function inOrder(a: CallOut, b: CallOut): number {
  const byState = STATES[a.state][0] - STATES[b.state][0];
  return byState !== 0 ? byState : (a.expected_at ?? a.asked_at).localeCompare(b.expected_at ?? b.asked_at);
}

function row(callout: CallOut, incident: Incident): HTMLElement {
  const cell = (head: string, ...content: (Node | string)[]) =>
    el("td", { "data-head": word(`console-col-${head}`) }, ...content);
  const notes = callout.notes.map(({ at, text }) => el("span", { class: "note" }, `${clock(at)} ”${text}”`));
  return el(
    "tr",
    { class: `state-${callout.state}`, "data-responder": callout.responder },
    el("th", { scope: "row" }, el("span", { class: "name" }, callout.name), ...task(callout), ...notes),
    cell("state", stateBadge(callout.state)),
    cell("expected", arrival(callout)),
    cell("ambulance-diff", beside(callout, incident)),
    cell("distance", `${distance(callout.distance_m)} `, el("span", { class: "mode" }, word(`console-mode-${callout.mode}`))),
    cell("answered", callout.answered_at === null ? "–" : clock(callout.answered_at)),
  );
}

function task(callout: CallOut): HTMLElement[] {
  return callout.task === null ? [] : [el("span", { class: "task" }, sentence(callout.task))];
}

function stateBadge(state: State): HTMLElement {
  const sign = el("span", { class: "sign", "aria-hidden": "true" }, STATES[state][1]);
  return el("span", { class: `state state-${state}` }, sign, " ", word(`console-state-${state.replace("_", "-")}`));
}

function arrival(callout: CallOut): string {
  if (callout.arrived_at !== null) return word("console-arrived", { time: clock(callout.arrived_at) });
  if (callout.expected_at !== null) {
    const said = callout.minutes === null ? "" : ` ${word("console-said-minutes", { n: callout.minutes })}`;
    return `${clock(callout.expected_at)}${said}`;
  }
  const waiting = callout.state === "asked" || callout.state === "seen";
  if (!waiting || callout.seconds_to_scene === undefined) return "–";
  return word("console-about-minutes", { n: Math.ceil(callout.seconds_to_scene / 60) });
}

/** The volunteer's arrival beside the ambulance's, in whole minutes. */
function beside(callout: CallOut, incident: Incident): HTMLElement | string {
  const arrives = callout.arrived_at ?? callout.expected_at;
  if (arrives === null || incident.ambulance_eta === null) return "–";
  const minutes = Math.round((Date.parse(incident.ambulance_eta) - Date.parse(arrives)) / 60_000);
  if (minutes === 0) return word("console-same-time");
  if (minutes > 0) return el("span", { class: "earlier" }, word("console-earlier", { n: minutes }));
  return el("span", { class: "later" }, word("console-later", { n: -minutes }));
}

/** "350 m", "4,2 km", "38 km". */
export function distance(metres: number): string {
  if (metres < 1_000) return `${Math.round(metres / 10) * 10} m`;
  const km = metres / 1_000;
  const locale = document.documentElement.lang === "en" ? "en-GB" : "sv-SE";
  return `${km.toLocaleString(locale, { maximumFractionDigits: km < 10 ? 1 : 0 })} km`;
}
