// The public API as the pages use it.

import { learnClock } from "./time.js";
import { word } from "./words.js";

export type Phase = "searching" | "asking" | "staffed" | "stood_down" | "closed";
export type State =
  | "asked"
  | "seen"
  | "accepted"
  | "departed"
  | "on_scene"
  | "done"
  | "declined"
  | "timed_out"
  | "undeliverable"
  | "unavailable"
  | "released";
export type Both = { sv: string; en: string };
export type Note = { at: string; text: string };
export type Notice = { at: string; code: string; responder: string | null; sentence: Both };

export type CallOut = {
  responder: string;
  name: string;
  state: State;
  wave: number;
  asked_at: string;
  answered_at: string | null;
  expected_at: string | null;
  minutes: number | null;
  arrived_at: string | null;
  distance_m: number;
  /** Estimated time to the scene when they were asked. */
  seconds_to_scene?: number;
  mode: string;
  role: "straight" | "bring" | "guide" | null;
  /** What they do who do not go straight. */
  task: Both | null;
  notes: Note[];
  position: { lat: number; lon: number; fixed_at: string } | null;
};

/** Where the phone of the emergency call is, and how far from the incident's place. */
export type Caller = {
  lat: number;
  lon: number;
  accuracy_m: number | null;
  confidence: number | null;
  method: "gnss" | "wifi" | "cell" | "unknown";
  time: string;
  distance_m: number;
};

export type Incident = {
  id: string;
  event_type: string;
  place: { name: string; detail: string | null; lat: number; lon: number; accuracy_m: number | null };
  caller_location: Caller | null;
  phase: Phase;
  raised_at: string;
  ambulance_eta: string | null;
  /** The organisation that is called as one. */
  group: { organisation: string; name: string } | null;
  wanted: number;
  filled: number;
  on_scene: number;
  asked: number;
  version: number;
  policy_version: string | number;
  promises: { wave: number; percent: number; sentence: Both }[];
  notices: Notice[];
  callouts: CallOut[];
};

export type Candidate = {
  responder: string;
  name: string;
  distance_m: number;
  chosen: boolean;
  code: string;
  sentence: Both;
  errands: Both[];
};
export type Search = {
  search: number;
  at: string;
  travel_model: string;
  policy_version: string | number;
  limit_s: number | null;
  candidates: Candidate[];
  unlisted: number;
  left_out: { resource: string; code: string; sentence: Both }[];
};

/** What somebody typed, understood as a place. */
export type FoundPlace = {
  name: string;
  within: string;
  kind: string;
  lat: number;
  lon: number;
  accuracy_m: number;
  outside_area: boolean;
  sentence: Both;
};

export type Gateway = {
  name: string;
  channel: "push" | "sms" | "voice";
  circuit: "closed" | "stalled" | "open" | "probing";
};
export type Bridge = { gateways: Gateway[]; oldest_unsent: string | null };

/** A place that nobody gets through. */
export type Closure = { lat: number; lon: number; radius_m: number; reason: string; until: string | null };
/** How many times longer a class of road takes; those that are not named take as long as ever. */
export type Factors = Record<string, number>;
export type RoadConditions = {
  knows_roads: boolean;
  version: number;
  set_at: string | null;
  set_by: string | null;
  closures: Closure[];
  factors: Factors;
};

export type FieldError = { field: string; code: string; detail: string };

/** A refusal (problem+json), or that nobody answered at all. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly errors: FieldError[] = [],
    readonly code = "",
  ) {
    super(message);
  }
}

/** How long the page waits for an answer before it says that there is none, in milliseconds. */
const PATIENCE = 12_000;

async function call<T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<T> {
  let response: Response;
  try {
    const init: RequestInit = { method, headers, signal: AbortSignal.timeout(PATIENCE), cache: "no-store" };
    if (body !== undefined) {
      init.body = JSON.stringify(body);
      init.headers = { ...headers, "Content-Type": "application/json" };
    }
    response = await fetch(path, init);
  } catch {
    throw new Refused(0, word("console-no-answer"));
  }
  learnClock(response.headers.get("Date"));
  if (response.status === 401) window.location.assign("/sign-in");
  const text = await response.text();
  const answer: unknown = text === "" ? null : parsed(text);
  if (response.ok) return answer as T;
  const problem = (answer ?? {}) as { title?: string; detail?: string; errors?: FieldError[]; code?: string };
  const words = problem.detail ?? problem.title ?? String(response.status);
  throw new Refused(response.status, words, problem.errors ?? [], problem.code);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export type NewIncident = {
  event_type: string;
  place: { lat: number; lon: number; accuracy_m?: number; name: string; detail?: string };
  ambulance_eta?: string;
  group?: { organisation: string; wanted: number };
};

const of = (id: string) => `/v1/incidents/${encodeURIComponent(id)}`;
// A key per press of a button: a request that is sent twice by the network counts once.
const once = () => ({ "Idempotency-Key": crypto.randomUUID?.() ?? String(Math.random()).slice(2) + String(Date.now()) });

export const api = {
  open: () => call<{ incidents: Incident[] }>("GET", "/v1/incidents?state=open"),
  read: (id: string) => call<Incident>("GET", of(id)),
  decision: (id: string) => call<{ searches: Search[] }>("GET", `${of(id)}/decision`),
  raise: (incident: NewIncident, key: string) =>
    call<Incident>("POST", "/v1/incidents", incident, { "Idempotency-Key": key }),
  standDown: (id: string) => call<unknown>("POST", `${of(id)}/stand-down`, undefined, once()),
  close: (id: string) => call<unknown>("POST", `${of(id)}/close`, undefined, once()),
  escalate: (id: string, more: number) => call<unknown>("POST", `${of(id)}/escalate`, { more }, once()),
  message: (id: string, text: string) => call<unknown>("POST", `${of(id)}/message`, { text }, once()),
  ambulance: (id: string, eta: string | null) => call<unknown>("PUT", `${of(id)}/ambulance`, { eta }, once()),
  places: (text: string) => call<{ places: FoundPlace[] }>("GET", `/v1/places?q=${encodeURIComponent(text)}`),
  gateways: () => call<Bridge>("GET", "/v1/gateways"),
  roadConditions: () => call<RoadConditions>("GET", "/v1/road-conditions"),
  setRoadConditions: (wanted: { version: number; closures: Closure[]; factors: Factors }) =>
    call<RoadConditions>("PUT", "/v1/road-conditions", wanted, once()),
  newKey: () => once()["Idempotency-Key"],
};
