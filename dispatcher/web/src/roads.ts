// The page of the roads: closed places and winter factors, edited here and saved with one button.

import { api, type Closure, Refused, type RoadConditions } from "./api.js";
import { ClosureForm } from "./closure-form.js";
import { byId, complain, el, replace } from "./dom.js";
import { RoadEdits, type Row } from "./road-edits.js";
import { RoadMap } from "./road-map.js";
import { clock, dayAndClock, now } from "./time.js";
import { word } from "./words.js";

/** How often the server is asked what holds, in milliseconds. */
const LOOK = 10_000;
/** A factor is from this to this; the server's limits too. */
const [FACTOR_MIN, FACTOR_MAX] = [1, 10];

const nothing: RoadConditions = { knows_roads: true, version: 0, set_at: null, set_by: null, closures: [], factors: {} };
const edits = new RoadEdits(nothing);
const map = new RoadMap(byId("map", HTMLElement), (at) => form.clicked(at));
const form = new ClosureForm(
  (at, radius) => map.draft(at, radius > 0 ? radius : 0),
  (at, radius) => map.frame(at, radius > 0 ? radius : 1),
  (closure) => {
    edits.add(closure);
    draw();
  },
);
const save = byId("save", HTMLButtonElement);
const fields = [...document.querySelectorAll<HTMLInputElement>("#factors input")];
let [loaded, saving] = [false, false];

function draw(): void {
  const rows = edits.rows();
  map.show(rows);
  const shown = rows.map((row) => item(row));
  replace(byId("closures", HTMLElement), ...(rows.length === 0 ? [el("li", { class: "quiet" }, word("roads-none"))] : shown));
  byId("closures-count", HTMLElement).textContent = String(rows.filter(({ state }) => state !== "removed").length);
  fields.forEach(drawFactor);
  const { set_by, set_at, knows_roads } = edits.holds;
  byId("no-file", HTMLElement).hidden = knows_roads;
  const set = set_by === null || set_at === null ? word("roads-never-set") : word("roads-set-by", { name: set_by, time: dayAndClock(set_at) });
  byId("set-by", HTMLElement).textContent = set;
  const unsaved = edits.count;
  byId("unsaved", HTMLElement).textContent = unsaved === 0 ? "" : word("roads-unsaved", { n: unsaved });
  save.disabled = saving || !loaded || unsaved === 0;
}

function item(row: Row): HTMLElement {
  const { closure, state } = row;
  const until = closure.until === null ? word("roads-open-ended") : word("roads-until-time", { time: dayAndClock(closure.until) });
  const sign = state === "kept" ? null : el("span", { class: "sign" }, word(`roads-is-${state}`));
  const where = `${closure.lat.toFixed(4)} N, ${closure.lon.toFixed(4)} E`;
  const act = word(state === "removed" ? "roads-undo" : "roads-remove");
  return el(
    "li",
    { class: `closure is-${state}` },
    el(
      "button",
      { type: "button", class: "closure-name", "data-focus": `show ${name(closure)}`, onclick: () => map.frame(closure, closure.radius_m) },
      closure.reason,
    ),
    sign,
    el("span", { class: "quiet" }, `${closure.radius_m} m · ${until} · ${where}`),
    el(
      "button",
      {
        type: "button",
        class: "plain",
        "data-focus": `act ${name(closure)}`,
        "aria-label": `${act}: ${closure.reason}`,
        onclick: () => {
          edits.toggle(row);
          draw();
        },
      },
      act,
    ),
  );
}

function name({ lat, lon, reason, until }: Closure): string {
  return `${lat} ${lon} ${reason} ${until ?? ""}`;
}

/** A field in which somebody is typing is left alone. */
function drawFactor(field: HTMLInputElement): void {
  const [held, factor] = [edits.factorHeld(field.name), edits.factor(field.name)];
  const typing = field === document.activeElement || field.getAttribute("aria-invalid") === "true";
  if (!typing) field.value = String(factor);
  byId(`factor-${field.name}-held`, HTMLElement).textContent = factor === held ? "" : word("roads-factor-was", { n: held });
}

function typedFactor(field: HTMLInputElement): void {
  const factor = field.value === "" && !field.validity.badInput ? 1 : Number(field.value);
  const right = !field.validity.badInput && factor >= FACTOR_MIN && factor <= FACTOR_MAX;
  complain(field.id, right ? null : word("roads-factor-wrong"));
  if (right) edits.setFactor(field.name, factor);
  draw();
}

/** What holds now comes in below the edits; another's change is said. */
async function look(): Promise<void> {
  if (saving) return;
  try {
    const found = await api.roadConditions();
    if (!saving) learn(found);
    byId("lost", HTMLElement).hidden = true;
  } catch (error) {
    const lost = byId("lost", HTMLElement);
    lost.textContent = error instanceof Refused ? error.message : String(error);
    lost.hidden = false;
  }
}

function learn(found: RoadConditions): void {
  if (found.version < edits.holds.version) return; // asked before the last save, answered after it
  const news = edits.learn(found) && loaded;
  if (news) {
    const key = edits.count === 0 ? "roads-changed" : "roads-changed-edits";
    told("changed", word(key, { name: found.set_by ?? "", time: clock(found.set_at ?? now()) }));
    told("saved", "");
  }
  loaded = true;
  draw();
}

async function submit(): Promise<void> {
  for (const field of fields) if (field.getAttribute("aria-invalid") === "true") return field.focus();
  complain("conditions-save", null);
  told("changed", "");
  told("saved", "");
  const wanted = edits.wanted(now());
  let outdated = false;
  saving = true;
  draw();
  try {
    edits.learn(await api.setRoadConditions(wanted));
    told("saved", word("roads-saved", { time: clock(now()) }));
  } catch (error) {
    const refusal = error instanceof Refused ? error : new Refused(0, String(error));
    outdated = refusal.code === "outdated";
    // Who was faster, and what to do, is said once theirs has been read.
    if (!outdated) refused(refusal, wanted.closures);
  }
  saving = false;
  draw();
  if (outdated) await look();
}

/** Says what was wrong with the closed place or factor that it was. */
function refused(refusal: Refused, sent: Closure[]): void {
  const words = refusal.errors.map(({ field, detail }) => {
    const closure = sent[Number(/^closures\[(\d+)\]/.exec(field)?.[1] ?? Number.NaN)];
    return `${closure?.reason ?? field}: ${detail}`;
  });
  complain("conditions-save", words.join(" ") || refusal.message);
}

function told(id: string, words: string): void {
  const place = byId(id, HTMLElement);
  if (place.textContent !== words) place.textContent = words;
}

for (const field of fields) {
  field.addEventListener("input", () => typedFactor(field));
  field.addEventListener("change", draw);
}
byId("conditions", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  void submit();
});
window.addEventListener("beforeunload", (event) => {
  if (edits.count > 0) event.preventDefault();
});
void look();
window.setInterval(() => void look(), LOOK);
