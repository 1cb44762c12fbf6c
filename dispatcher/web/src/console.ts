// The operator console: keeps the picture of the open incidents and hands it to the parts that draw it.

import { api, type Incident, Refused } from "./api.js";
import { byId } from "./dom.js";
import { RaiseForm } from "./form.js";
import { IncidentPanel } from "./incident.js";
import { drawList } from "./list.js";
import { Live } from "./live.js";
import { CountyMap } from "./map.js";
import { clockSeconds, now } from "./time.js";
import { watchWays } from "./ways.js";

const incidents = new Map<string, Incident>();
/** Versions that the stream has told of and that are being read, so that each is read once. */
const reading = new Map<string, number>();
let chosen: string | null = null;
/** How long after a failed reading everything is read anew, in milliseconds. */
const AGAIN = 3_000;
let again: number | undefined;
/** How often everything is read anew though the stream is silent: a dead connection may look open. */
const CHECK = 30_000;

const map = new CountyMap(byId("map", HTMLElement), (at) => form.clicked(at), choose);
const form = new RaiseForm(
  (at) => {
    map.pin(at);
    if (at !== null) map.reveal(at);
  },
  (incident) => {
    learn(incident);
    choose(incident.id);
  },
);
const panel = new IncidentPanel((id) => void read(id));
const live = new Live(told, () => void readAll());

function isOpen(incident: Incident): boolean {
  return incident.phase !== "stood_down" && incident.phase !== "closed";
}

/** Open incidents and the chosen one, the newest first. */
function shown(): Incident[] {
  const kept = [...incidents.values()].filter((incident) => isOpen(incident) || incident.id === chosen);
  return kept.sort((a, b) => b.raised_at.localeCompare(a.raised_at));
}

function draw(): void {
  const incident = chosen === null ? null : (incidents.get(chosen) ?? null);
  drawList(byId("open-list", HTMLElement), shown(), chosen, choose);
  byId("open-count", HTMLElement).textContent = String(shown().filter(isOpen).length);
  panel.show(incident);
  map.show(shown(), incident);
}

function choose(id: string): void {
  chosen = id;
  window.history.replaceState(null, "", `#${id}`);
  draw();
  const incident = incidents.get(id);
  if (incident !== undefined) map.frame(incident);
}

/** Takes an incident in unless a newer picture of it is here already. */
function learn(incident: Incident): void {
  const known = incidents.get(incident.id);
  if (known !== undefined && known.version > incident.version) return;
  incidents.set(incident.id, incident);
  draw();
}

function told(id: string, version: number): void {
  if ((incidents.get(id)?.version ?? 0) >= version || (reading.get(id) ?? 0) >= version) return;
  reading.set(id, version);
  void read(id).finally(() => {
    if (reading.get(id) === version) reading.delete(id);
  });
}

async function read(id: string): Promise<void> {
  try {
    learn(await api.read(id));
  } catch (error) {
    unanswered(error);
  }
}

async function readAll(): Promise<void> {
  try {
    const { incidents: open } = await api.open();
    const ids = new Set(open.map(({ id }) => id));
    for (const id of [...incidents.keys()]) if (!ids.has(id) && id !== chosen) incidents.delete(id);
    for (const incident of open) {
      const known = incidents.get(incident.id);
      if (known === undefined || known.version <= incident.version) incidents.set(incident.id, incident);
    }
    draw();
    if (chosen !== null && !ids.has(chosen)) await read(chosen);
    live.answered();
  } catch (error) {
    unanswered(error);
  }
}

function unanswered(error: unknown): void {
  if (error instanceof Refused && error.status === 404) return;
  live.lost();
  window.clearTimeout(again);
  again = window.setTimeout(() => void readAll(), AGAIN);
}

function keys(event: KeyboardEvent): void {
  const typing = event.target instanceof HTMLElement && event.target.closest("input, textarea, select, dialog") !== null;
  if (typing || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key.toLowerCase() === "n") {
    event.preventDefault();
    form.open(true);
  }
}

function tick(): void {
  byId("clock", HTMLElement).textContent = clockSeconds(now());
  panel.tick();
}

async function start(): Promise<void> {
  document.addEventListener("keydown", keys);
  const linked = window.location.hash.slice(1);
  if (/^[0-9a-f-]{36}$/.test(linked)) chosen = linked;
  await readAll();
  const incident = chosen === null ? undefined : incidents.get(chosen);
  if (incident !== undefined) map.frame(incident);
  live.start();
  watchWays();
  tick();
  window.setInterval(tick, 1_000);
  window.setInterval(() => void readAll(), CHECK);
  window.setInterval(() => drawList(byId("open-list", HTMLElement), shown(), chosen, choose), 5_000);
}

void start();
