// Lets the volunteer's page tell where the phone is: after a press, while the page is open, until the call-out is over for
// the person. The page's own link is what the server lets it in by.

import { byId } from "./dom.js";

/** How often a position is sent, in milliseconds: a car goes 250 m meanwhile. */
const PAUSE = 10_000;
/** How long the browser may look for satellites, in milliseconds; then it tries again. */
const PATIENCE = 30_000;

type Outcome = "on" | "off" | "blocked" | "failed";

/** Where this page remembers, while its tab is open, that the person has let it: every answer loads the page anew. */
const mark = `position ${window.location.pathname}`;

let watch: number | null = null;
let latest: GeolocationPosition | null = null;
let due: number | null = null;
let sentAt = 0;

/** Shows the offer where the browser knows its place, and goes on where it was let before. */
export function offerPosition(): void {
  const offer = document.getElementById("position");
  if (!(offer instanceof HTMLElement) || !("geolocation" in navigator) || !window.isSecureContext) return;
  offer.hidden = false;
  byId("position-button", HTMLButtonElement).addEventListener("click", () => (watch === null ? begin(offer) : end(offer, "off")));
  if (sessionStorage.getItem(mark) === null) say(offer, "off", false);
  else begin(offer);
}

function begin(offer: HTMLElement): void {
  sessionStorage.setItem(mark, "on");
  const refused = (error: GeolocationPositionError) => {
    // No fix yet is no refusal: the watch goes on.
    if (error.code === error.PERMISSION_DENIED) end(offer, "blocked");
  };
  const options = { enableHighAccuracy: true, maximumAge: PAUSE, timeout: PATIENCE };
  watch = navigator.geolocation.watchPosition((found) => keep(offer, found), refused, options);
  say(offer, "on", false); // aloud once one has arrived
}

function end(offer: HTMLElement, outcome: Outcome): void {
  sessionStorage.removeItem(mark);
  if (watch !== null) navigator.geolocation.clearWatch(watch);
  if (due !== null) window.clearTimeout(due);
  [watch, due] = [null, null];
  say(offer, outcome);
}

/** The latest is sent, at once or when the pause is over: a phone that stops moving says nothing more. */
function keep(offer: HTMLElement, found: GeolocationPosition): void {
  latest = found;
  due ??= window.setTimeout(() => void send(offer), Math.max(0, sentAt + PAUSE - Date.now()));
}

async function send(offer: HTMLElement): Promise<void> {
  due = null;
  if (latest === null) return;
  sentAt = Date.now();
  const { coords, timestamp } = latest;
  const point = { lat: coords.latitude, lon: coords.longitude, accuracy: coords.accuracy, time: Math.round(timestamp) };
  const headers = { "Content-Type": "application/json" };
  const init = { method: "POST", headers, body: JSON.stringify(point), keepalive: true, signal: AbortSignal.timeout(PATIENCE) };
  try {
    const answer = await fetch(`${window.location.pathname}/position`, init);
    if (answer.status === 404) end(offer, "off");
    else if (!answer.ok) say(offer, "failed");
    else say(offer, "on");
  } catch {
    say(offer, "failed");
  }
}

/** What the button does next and, when something has happened, what it was; the same thing is not said twice. */
function say(offer: HTMLElement, outcome: Outcome, aloud = true): void {
  const words = offer.dataset;
  byId("position-button", HTMLButtonElement).textContent = words[watch === null ? "turnOn" : "turnOff"] ?? "";
  const said = byId("position-said", HTMLElement);
  const text = aloud ? (words[outcome] ?? "") : "";
  if (said.textContent !== text) said.textContent = text;
}
