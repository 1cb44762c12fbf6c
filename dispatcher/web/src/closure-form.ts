// Describing a closed place: by a click on the map or in words, how wide, why, until when.

import type * as L from "leaflet";
import { api, type Closure, type FoundPlace, Refused } from "./api.js";
import { byId, complain } from "./dom.js";
import { now, ofLocal } from "./time.js";
import { sentence, word } from "./words.js";

type Point = { lat: number; lon: number };
/** The widest closed place, in metres; the server's limit too. */
const RADIUS_MAX = 5_000;
/** A text shorter than this is like too many places. */
const TYPED_MIN = 3;
const FIELDS = ["place", "radius", "reason", "until"];

export class ClosureForm {
  private readonly form = byId("closure", HTMLFormElement);
  private readonly place = byId("closure-place", HTMLInputElement);
  private readonly radius = byId("closure-radius", HTMLInputElement);
  private readonly point = byId("closure-point", HTMLElement);
  private at: Point | null = null;
  /** The latest question what the typed text means, so that adding can wait for its answer. */
  private understood: Promise<void> = Promise.resolve();

  constructor(
    private readonly onDraft: (at: Point | null, radius: number) => void,
    private readonly onTyped: (at: Point, radius: number) => void,
    private readonly onAdd: (closure: Closure) => void,
  ) {
    this.place.addEventListener("input", () => (this.understood = this.typed()));
    this.radius.addEventListener("input", () => this.onDraft(this.at, this.metres()));
    for (const field of FIELDS) byId(`closure-${field}`, HTMLInputElement).addEventListener("input", () => this.wrong(field, null));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.submit();
    });
  }

  /** The place is where the map was clicked. */
  clicked(latlng: L.LatLng): void {
    const at = { lat: round(latlng.lat), lon: round(latlng.lng) };
    this.place.value = `${at.lat.toFixed(5)} N ${at.lon.toFixed(5)} E`;
    this.setPoint(at);
    byId("closure-reason", HTMLInputElement).focus({ preventScroll: true });
  }

  /** Coordinates and whole names are taken at once. */
  private async typed(): Promise<void> {
    const typed = this.place.value.trim();
    this.setPoint(null);
    if (typed.length < TYPED_MIN) return;
    let places: FoundPlace[];
    try {
      places = (await api.places(typed)).places;
    } catch (error) {
      // Numbers that are no coordinates: what was expected stands under the field.
      if (this.place.value.trim() === typed && error instanceof Refused) this.wrong("place", error.errors[0]?.detail ?? error.message);
      return;
    }
    if (this.place.value.trim() !== typed) return; // has typed on meanwhile
    const alike = ({ kind, name }: FoundPlace) => kind === "coordinates" || name.toLocaleLowerCase("sv") === typed.toLocaleLowerCase("sv");
    const meant = places.find(alike);
    if (meant === undefined) return;
    const at = { lat: round(meant.lat), lon: round(meant.lon) };
    const warning = meant.outside_area ? ` ${word("console-outside-area")}` : "";
    this.setPoint(at, sentence(meant.sentence) + warning);
    this.onTyped(at, this.metres());
  }

  private setPoint(at: Point | null, told?: string): void {
    this.at = at;
    this.wrong("place", null);
    const shown = at === null ? word("console-no-point") : `${at.lat.toFixed(4)} N, ${at.lon.toFixed(4)} E`;
    this.point.textContent = told ?? shown;
    this.onDraft(at, this.metres());
  }

  private async submit(): Promise<void> {
    await this.understood;
    const closure = this.read();
    if (closure === null) return;
    this.form.reset();
    this.setPoint(null);
    this.onAdd(closure);
    this.place.focus({ preventScroll: true });
  }

  /** What the form says, or null after the fields have been told what is wrong. */
  private read(): Closure | null {
    for (const field of FIELDS) this.wrong(field, null);
    const text = (id: string) => byId(id, HTMLInputElement).value.trim();
    const [radius, reason, until] = [this.metres(), text("closure-reason"), text("closure-until")];
    if (this.at === null) this.wrong("place", word("roads-choose-point"));
    if (!(radius >= 1 && radius <= RADIUS_MAX)) this.wrong("radius", word("roads-radius-wrong"));
    if (reason === "") this.wrong("reason", word("roads-reason-missing"));
    const at = until === "" ? null : ofLocal(until);
    if (at !== null && !(at > now())) this.wrong("until", word("roads-until-past"));
    const wrong = this.form.querySelector<HTMLElement>("[aria-invalid=true]");
    if (wrong !== null || this.at === null) {
      wrong?.focus();
      return null;
    }
    return { ...this.at, radius_m: radius, reason, until: at === null ? null : new Date(at).toISOString() };
  }

  /** NaN when the field says no number. */
  private metres(): number {
    return this.radius.value === "" ? Number.NaN : Math.round(Number(this.radius.value));
  }

  private wrong(field: string, message: string | null): void {
    complain(`closure-${field}`, message);
  }
}

function round(degrees: number): number {
  return Math.round(degrees * 1e5) / 1e5;
}
