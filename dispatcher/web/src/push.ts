// Offers pushes to the browser that the volunteer's page is open in. What cannot work here is not offered; the choice can be
// taken back. The page's own link is what the server lets the browser in by.

import { byId } from "./dom.js";

/** Where the notifications are shown from; no wider than the volunteers' pages. */
const WORKER = "/service-worker.js";
const SCOPE = "/c/";
/** How long a service worker may take until it can take pushes, in milliseconds. */
const PATIENCE = 15_000;

type Outcome = "on" | "off" | "blocked" | "failed";

/** Shows the offer where the installation makes one and the browser can take it. */
export async function offerPush(): Promise<void> {
  const offer = document.getElementById("push");
  const able = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
  if (!(offer instanceof HTMLElement) || !able || !window.isSecureContext) return;
  const key = bytes(offer.dataset["key"] ?? "");
  const button = byId("push-button", HTMLButtonElement);
  let subscription = await current(key);
  say(offer, subscription === null ? "off" : "on", false);
  offer.hidden = false;
  button.addEventListener("click", () => {
    button.setAttribute("aria-disabled", "true");
    const turned = subscription === null ? turnOn(key) : turnOff(subscription);
    void turned
      .then((now) => {
        subscription = now;
        say(offer, now !== null ? "on" : Notification.permission === "denied" ? "blocked" : "off");
      })
      .catch(() => say(offer, "failed"))
      .finally(() => button.removeAttribute("aria-disabled"));
  });
}

/** What the button does next and, when something has happened, what it was. */
function say(offer: HTMLElement, outcome: Outcome, aloud = true): void {
  const words = offer.dataset;
  if (outcome === "on" || outcome === "off") {
    byId("push-button", HTMLButtonElement).textContent = words[outcome === "on" ? "turnOff" : "turnOn"] ?? "";
  }
  byId("push-said", HTMLElement).textContent = aloud || outcome === "on" ? (words[outcome] ?? "") : "";
}

/** The subscription of this browser, if it was made for the server's key. */
async function current(key: Uint8Array<ArrayBuffer>): Promise<PushSubscription | null> {
  const registration = await navigator.serviceWorker.getRegistration(SCOPE);
  const found = (await registration?.pushManager.getSubscription()) ?? null;
  const made = found?.options.applicationServerKey ?? null;
  const ours = made !== null && same(new Uint8Array(made), key);
  return ours && Notification.permission === "granted" ? found : null;
}

async function turnOn(key: Uint8Array<ArrayBuffer>): Promise<PushSubscription | null> {
  if ((await Notification.requestPermission()) !== "granted") return null;
  const registration = await navigator.serviceWorker.register(WORKER, { scope: SCOPE, updateViaCache: "none" });
  await within(PATIENCE, navigator.serviceWorker.ready);
  // One that was made for another key is of no use and in the way.
  await (await registration.pushManager.getSubscription())?.unsubscribe();
  const wanted = { userVisibleOnly: true, applicationServerKey: key };
  const subscription = await registration.pushManager.subscribe(wanted);
  if (await tell("POST", subscription)) return subscription;
  await subscription.unsubscribe();
  throw new Error("the server did not take the subscription");
}

/** Ends it in the browser, whatever the server says: its next push is answered that nobody is there. */
async function turnOff(subscription: PushSubscription): Promise<null> {
  await tell("DELETE", subscription).catch(() => false);
  await subscription.unsubscribe();
  return null;
}

async function tell(method: "POST" | "DELETE", subscription: PushSubscription): Promise<boolean> {
  const signal = AbortSignal.timeout(PATIENCE);
  const path = `${window.location.pathname}/device`;
  return (await fetch(path, { method, body: JSON.stringify(subscription), signal })).ok;
}

async function within<T>(milliseconds: number, promise: Promise<T>): Promise<T> {
  const late = new Promise<never>((_, reject) => window.setTimeout(() => reject(new Error("too late")), milliseconds));
  return Promise.race([promise, late]);
}

/** From base64url. */
function bytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
}

function same(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((octet, place) => octet === other[place]);
}
