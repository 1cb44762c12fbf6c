// The list of open incidents: one line each with what an operator looks for first.

import type { Incident } from "./api.js";
import { el, replace } from "./dom.js";
import { since, until } from "./time.js";
import { sentence, word } from "./words.js";

/** Notices that call for the operator also when another incident is chosen. */
const URGENT = new Set(["nobody_left", "cap_reached", "help_needed", "overdue", "unreached"]);

/** Event type in words. */
export function eventWord(incident: Incident): string {
  return word(`event-${incident.event_type.replaceAll("_", "-")}`);
}

/** Draws the list; the newest incident is on top. */
export function drawList(parent: HTMLElement, open: Incident[], chosen: string | null, choose: (id: string) => void): void {
  if (open.length === 0) {
    replace(parent, el("p", { class: "quiet" }, word("console-none-open")));
    return;
  }
  const items = open.map((incident) => el("li", {}, row(incident, incident.id === chosen, choose)));
  replace(parent, el("ul", { class: "incidents" }, ...items));
}

function row(incident: Incident, chosen: boolean, choose: (id: string) => void): HTMLElement {
  const missing = incident.wanted - incident.filled;
  const counts = el(
    "span",
    { class: "counts" },
    count("console-count-asked", incident.asked),
    count("console-count-coming", incident.filled, missing > 0 ? "is-short" : "is-full"),
    count("console-count-on-scene", incident.on_scene, incident.on_scene > 0 ? "is-full" : ""),
  );
  return el(
    "button",
    {
      type: "button",
      class: `incident-row phase-${incident.phase}`,
      "aria-current": chosen ? "true" : null,
      "data-focus": incident.id,
      "data-incident": incident.id,
      onclick: () => choose(incident.id),
    },
    el("span", { class: "row-head" }, el("strong", {}, eventWord(incident)), el("span", { class: "since" }, since(incident.raised_at))),
    el("span", { class: "row-place" }, incident.place.name),
    counts,
    el("span", { class: "row-ambulance" }, ambulance(incident)),
    urgent(incident),
  );
}

/** The latest notice when it is an urgent one. */
function urgent(incident: Incident): HTMLElement | null {
  const last = incident.notices.at(-1);
  if (last === undefined || !URGENT.has(last.code)) return null;
  return el("span", { class: "row-notice" }, `! ${sentence(last.sentence)}`);
}

function count(key: string, n: number, className = ""): HTMLElement {
  return el("span", { class: `count ${className}` }, word(key, { n }));
}

function ambulance(incident: Incident): string {
  if (incident.ambulance_eta === null) return word("console-ambulance-unknown");
  return `${word("console-ambulance")} ${until(incident.ambulance_eta)}`;
}
