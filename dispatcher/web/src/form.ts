// Raising an alarm: type, place, what only those who come may see, ambulance. Ten seconds with mouse or keyboard.

import type * as L from "leaflet";
import { api, type FoundPlace, type Incident, type NewIncident, Refused } from "./api.js";
import { byId, complain, el, replace } from "./dom.js";
import { namedPlaces, nearestPlace } from "./ground.js";
import { now } from "./time.js";
import { sentence, word } from "./words.js";

/** With the radius of what is not known better, in metres. */
type Point = { lat: number; lon: number; accuracy_m?: number };
/** A text shorter than this is like too many places. */
const TYPED_MIN = 3;
/** Which field of the form a field of the API belongs to. */
const FIELDS: [string, string][] = [
  ["event_type", "type"],
  ["place.name", "place"],
  ["place.detail", "detail"],
  ["place", "place"],
  ["ambulance_eta", "ambulance"],
  ["group.wanted", "wanted"],
  ["group", "group"],
];

export class RaiseForm {
  private readonly form = byId("raise", HTMLFormElement);
  private readonly place = byId("raise-place", HTMLInputElement);
  private readonly point = byId("raise-point", HTMLElement);
  private readonly button = byId("raise-button", HTMLButtonElement);
  private at: Point | null = null;
  /** Whether the name in the field was put there by a click, so that the next click may replace it. */
  private named = false;
  /** Whether coordinates stand in the field, which must become a name that volunteers understand. */
  private coordinates = false;
  private key = api.newKey();

  constructor(
    private readonly onPoint: (at: Point | null) => void,
    private readonly onRaised: (incident: Incident) => void,
  ) {
    byId("places", HTMLDataListElement).append(...namedPlaces.map(({ name }) => el("option", { value: name })));
    this.place.addEventListener("input", () => void this.typed());
    this.place.addEventListener("change", () => this.nameCoordinates());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.submit();
    });
    this.form.addEventListener("input", () => (this.key = api.newKey()));
    byId("raise-open", HTMLButtonElement).addEventListener("click", () => this.open(this.form.hidden !== false));
    byId("raise-cancel", HTMLButtonElement).addEventListener("click", () => this.open(false));
    // Wherever the keyboard is: a click on the map takes it out of the form.
    document.addEventListener("keydown", (event) => event.key === "Escape" && !this.form.hidden && this.open(false));
  }

  /** Shows the form with the keyboard in its first field, or puts it away. */
  open(open: boolean): void {
    const opener = byId("raise-open", HTMLButtonElement);
    this.form.hidden = !open;
    opener.setAttribute("aria-expanded", String(open));
    if (open) {
      this.form.querySelector<HTMLInputElement>("input[name=type]:checked, input[name=type]")?.focus();
    } else {
      this.clear();
      opener.focus(); // a hidden field keeps the keyboard for a moment, and with it the key N
    }
  }

  /** The place is where the map was clicked; its name is the nearest place unless one was typed. */
  clicked(latlng: L.LatLng): void {
    if (this.form.hidden) this.open(true);
    this.setPoint({ lat: round(latlng.lat), lon: round(latlng.lng) });
    const nearest = nearestPlace(latlng);
    if (nearest !== null && (this.named || this.place.value.trim() === "")) {
      this.place.value = near(nearest);
      this.named = true;
    }
  }

  /** Coordinates and whole names are taken at once, anything else is offered. */
  private async typed(): Promise<void> {
    this.named = this.coordinates = false;
    const typed = this.place.value.trim();
    const found = namedPlaces.find(({ name }) => alike(name, typed));
    if (found !== undefined) this.setPoint({ lat: found.lat, lon: found.lon });
    if (typed.length < TYPED_MIN) return;
    let places: FoundPlace[];
    try {
      places = (await api.places(typed)).places;
    } catch (error) {
      if (this.place.value.trim() === typed) this.notUnderstood(error);
      return;
    }
    if (this.place.value.trim() !== typed) return; // has typed on meanwhile
    replace(byId("places", HTMLDataListElement), ...places.map((place) => el("option", { value: title(place) })));
    const meant = places.find((place) => place.kind === "coordinates" || alike(title(place), typed));
    if (meant === undefined) return;
    this.coordinates = meant.kind === "coordinates";
    const warning = meant.outside_area ? ` ${word("console-outside-area")}` : "";
    this.setPoint({ lat: meant.lat, lon: meant.lon, accuracy_m: meant.accuracy_m }, sentence(meant.sentence) + warning);
  }

  /** Numbers that are no coordinates: what was expected stands under the field, and nothing else changes. */
  private notUnderstood(error: unknown): void {
    if (error instanceof Refused && error.errors.length > 0) this.complain("place", error.errors[0]?.detail ?? error.message);
  }

  /** Volunteers are shown a name: the nearest place takes the coordinates' stead once they are written out. */
  private nameCoordinates(): void {
    if (!this.coordinates || this.at === null) return;
    this.coordinates = false;
    const nearest = nearestPlace({ lat: this.at.lat, lng: this.at.lon });
    if (nearest === null) return;
    this.place.value = near(nearest);
    this.named = true;
  }

  private setPoint(at: Point | null, told?: string): void {
    this.at = at;
    this.key = api.newKey();
    this.complain("place", null);
    const shown = at === null ? word("console-no-point") : `${at.lat.toFixed(4)} N, ${at.lon.toFixed(4)} E`;
    this.point.textContent = told ?? shown;
    this.onPoint(at);
  }

  private async submit(): Promise<void> {
    const incident = this.read();
    if (incident === null || this.button.disabled) return;
    this.button.disabled = true;
    try {
      const raised = await api.raise(incident, this.key);
      this.open(false);
      this.onRaised(raised);
    } catch (error) {
      this.refused(error);
    } finally {
      this.button.disabled = false;
    }
  }

  /** What the form says, or null after the fields have been told what is missing. */
  private read(): NewIncident | null {
    for (const [, field] of FIELDS) this.complain(field, null);
    this.complain("form", null);
    const data = new FormData(this.form);
    const text = (name: string) => String(data.get(name) ?? "").trim();
    const [type, name, detail, minutes] = [text("type"), text("place"), text("detail"), text("ambulance")];
    if (type === "") this.complain("type", word("console-choose-type"));
    if (name === "") this.complain("place", word("console-choose-place"));
    else if (this.at === null) this.complain("place", word("console-choose-point"));
    if (minutes !== "" && !/^\d{1,3}$/.test(minutes)) this.complain("ambulance", word("console-minutes-wrong"));
    const [group, wanted] = [text("group"), Number(text("wanted"))];
    const most = byId("raise-wanted", HTMLInputElement).max;
    const enough = Number.isInteger(wanted) && wanted >= 1 && wanted <= Number(most);
    if (group !== "" && !enough) {
      byId("raise-group-part", HTMLDetailsElement).open = true;
      this.complain("wanted", word("console-group-wrong", { max: most }));
    }
    const wrong = this.form.querySelector<HTMLElement>("[aria-invalid=true] input, input[aria-invalid=true]");
    if (wrong !== null || this.at === null) {
      wrong?.focus();
      return null;
    }
    const incident: NewIncident = { event_type: type, place: { ...this.at, name } };
    if (detail !== "") incident.place.detail = detail;
    if (minutes !== "") incident.ambulance_eta = new Date(now() + Number(minutes) * 60_000).toISOString();
    if (group !== "") incident.group = { organisation: group, wanted };
    return incident;
  }

  private refused(error: unknown): void {
    const refusal = error instanceof Refused ? error : new Refused(0, String(error));
    let told = false;
    for (const { field, detail } of refusal.errors) {
      const known = FIELDS.find(([path]) => field === path || field.startsWith(`${path}.`));
      if (known === undefined) continue;
      this.complain(known[1], detail);
      told = true;
    }
    if (!told) this.complain("form", refusal.message);
  }

  private complain(field: string, message: string | null): void {
    complain(`raise-${field}`, message);
  }

  private clear(): void {
    this.form.reset();
    this.named = false;
    this.setPoint(null);
    for (const [, field] of FIELDS) this.complain(field, null);
    this.complain("form", null);
  }
}

/** As the name of a place that is offered stands in the field. */
function title({ name, within }: FoundPlace): string {
  return within === "" || within === name ? name : `${name}, ${within}`;
}

function alike(one: string, other: string): boolean {
  return one.toLocaleLowerCase("sv") === other.toLocaleLowerCase("sv");
}

function near({ place, km }: { place: { name: string }; km: number }): string {
  return km < 2 ? place.name : word("console-near", { km: Math.round(km), place: place.name });
}

function round(degrees: number): number {
  return Math.round(degrees * 1e5) / 1e5;
}
