// The chosen incident: what happened where, who comes, what the operator can do about it.

import { api, type Caller, type Incident, Refused } from "./api.js";
import { callOutTable, distance } from "./call-outs.js";
import { drawDecision } from "./decision.js";
import { byId, el, replace } from "./dom.js";
import { eventWord } from "./list.js";
import { clock, clockSeconds, minutesUntil, now, since, until } from "./time.js";
import { sentence, word } from "./words.js";

/** Notices that the panel shows; older ones are in the incident's report. */
const NOTICES_MAX = 3;

export class IncidentPanel {
  private readonly panel = byId("chosen", HTMLElement);
  private readonly head = byId("chosen-head", HTMLElement);
  private readonly facts = byId("chosen-facts", HTMLElement);
  private readonly notices = byId("notices", HTMLElement);
  private readonly table = byId("call-outs", HTMLElement);
  private readonly actions = byId("actions", HTMLElement);
  private readonly error = byId("action-error", HTMLElement);
  private readonly why = byId("why", HTMLDetailsElement);
  private incident: Incident | null = null;
  private told = "";

  constructor(private readonly onChanged: (id: string) => void) {
    this.why.addEventListener("toggle", () => this.drawWhy());
    this.on("stand-down", () => byId("stand-down-confirm", HTMLDialogElement).showModal());
    byId("stand-down-yes", HTMLButtonElement).addEventListener("click", () => {
      byId("stand-down-confirm", HTMLDialogElement).close();
      void this.act((id) => api.standDown(id));
    });
    byId("stand-down-no", HTMLButtonElement).addEventListener("click", () =>
      byId("stand-down-confirm", HTMLDialogElement).close(),
    );
    this.on("close-incident", () => void this.act((id) => api.close(id)));
    this.onSubmit("escalate", "more", (id, text) => api.escalate(id, Number(text)));
    this.onSubmit("ambulance", "minutes", (id, text) => api.ambulance(id, etaIn(text)));
    this.onSubmit("message", "text", (id, text) => api.message(id, text));
  }

  private on(id: string, listener: () => void): void {
    byId(id, HTMLButtonElement).addEventListener("click", listener);
  }

  private onSubmit(form: string, field: string, send: (id: string, text: string) => Promise<unknown>): void {
    const element = byId(form, HTMLFormElement);
    element.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = String(new FormData(element).get(field) ?? "").trim();
      void this.act((id) => send(id, text)).then((done) => done && element.reset());
    });
  }

  /** Does something to the chosen incident; what is refused is said beside the buttons. */
  private async act(what: (id: string) => Promise<unknown>): Promise<boolean> {
    const id = this.incident?.id;
    if (id === undefined) return false;
    this.error.hidden = true;
    this.actions.setAttribute("aria-busy", "true");
    try {
      await what(id);
      this.onChanged(id);
      return true;
    } catch (error) {
      this.error.textContent = error instanceof Refused ? error.message : String(error);
      this.error.hidden = false;
      return false;
    } finally {
      this.actions.removeAttribute("aria-busy");
    }
  }

  /** Shows an incident, or nothing. */
  show(incident: Incident | null): void {
    const another = incident?.id !== this.incident?.id;
    this.incident = incident;
    this.panel.hidden = incident === null;
    byId("none-chosen", HTMLElement).hidden = incident !== null;
    if (another) {
      this.why.open = false;
      this.error.hidden = true;
      this.told = "";
    }
    if (incident === null) return;
    this.drawHead(incident);
    this.drawNotices(incident);
    this.drawActions(incident);
    replace(this.table, callOutTable(incident));
    if (this.why.open) this.drawWhy();
  }

  /** Time passes: countdowns and "since" are drawn anew. */
  tick(): void {
    if (this.incident !== null) this.drawHead(this.incident);
  }

  private drawHead(incident: Incident): void {
    const { place } = incident;
    replace(
      this.head,
      el("h2", {}, `${eventWord(incident)}, ${place.name}`),
      el("span", { class: `phase phase-${incident.phase}` }, word(`console-phase-${incident.phase.replace("_", "-")}`)),
    );
    const eta = incident.ambulance_eta;
    const promise = incident.phase === "asking" ? incident.promises.at(-1) : undefined;
    const ambulance = eta === null ? word("console-unknown") : `${until(eta)} (${clock(eta)})`;
    replace(
      this.facts,
      fact("console-fact-raised", `${clockSeconds(incident.raised_at)} (${since(incident.raised_at)})`),
      fact("console-fact-coming", word("console-of", { n: incident.filled, of: incident.wanted }), incident.filled < incident.wanted ? "is-short" : "is-full"),
      incident.group === null ? null : fact("console-fact-group", incident.group.name),
      fact("console-fact-on-scene", String(incident.on_scene)),
      fact("console-fact-ambulance", ambulance, eta !== null && minutesUntil(eta) < 0 ? "is-short" : ""),
      ...(promise === undefined ? [] : [fact("console-fact-certainty", sentence(promise.sentence), "wide")]),
      fact("console-fact-detail", place.detail ?? "–", "wide"),
      fact("console-fact-position", `${place.lat.toFixed(4)} N, ${place.lon.toFixed(4)} E`, "wide"),
      incident.caller_location === null ? null : fact("console-fact-caller", phone(incident.caller_location), "wide"),
    );
  }

  private drawNotices(incident: Incident): void {
    const latest = incident.notices.slice(-NOTICES_MAX).reverse();
    const mark = JSON.stringify(latest);
    if (mark === this.told) return; // a live region must not say the same thing again
    this.told = mark;
    replace(this.notices, ...latest.map(({ at, code, sentence: both }) => el("p", { class: `notice-${code}` }, el("time", {}, clockSeconds(at)), " ", sentence(both))));
  }

  private drawActions(incident: Incident): void {
    const over = incident.phase === "stood_down" || incident.phase === "closed";
    for (const id of ["escalate", "ambulance", "message"]) byId(id, HTMLFormElement).hidden = over;
    byId("stand-down", HTMLButtonElement).hidden = over;
    byId("close-incident", HTMLButtonElement).hidden = incident.phase === "closed";
  }

  private drawWhy(): void {
    if (this.why.open && this.incident !== null) void drawDecision(byId("decision", HTMLElement), this.incident.id);
  }
}

function fact(key: string, value: string, className = ""): HTMLElement {
  return el("div", { class: `fact ${className}` }, el("dt", {}, word(key)), el("dd", {}, value));
}

/** Where the caller's phone is: how far from the place, how sure, since when. */
function phone(caller: Caller): string {
  const { lat, lon, accuracy_m, confidence, method, time, distance_m } = caller;
  const within = accuracy_m === null ? "" : word("console-within", { n: accuracy_m });
  const sure = confidence === null ? "" : word("console-confidence", { n: confidence });
  const means = word(`console-method-${method}`);
  const from = word("console-from-place", { distance: distance(distance_m) });
  const parts = [from, within, sure, means, clockSeconds(time), `${lat.toFixed(4)} N, ${lon.toFixed(4)} E`];
  return parts.filter((part) => part !== "").join(", ");
}

function etaIn(minutes: string): string | null {
  return minutes === "" ? null : new Date(now() + Number(minutes) * 60_000).toISOString();
}
