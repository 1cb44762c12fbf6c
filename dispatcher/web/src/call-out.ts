// Conveniences of the volunteer's page, which works without them: tells that a person has opened it (a link preview runs
// no script), and keeps the page fresh without losing what is being written.

import { offerPosition } from "./position.js";
import { offerPush } from "./push.js";

/** How often the page looks whether something changed, in milliseconds. */
const FRESH = 20_000;

const address = window.location.pathname;
if (document.body.dataset["state"] === "asked") void fetch(`${address}/seen`, { method: "POST", keepalive: true }).catch(() => undefined);

async function refresh(): Promise<void> {
  const busy = document.activeElement instanceof HTMLInputElement || document.visibilityState !== "visible";
  if (busy) return;
  const response = await fetch(address, { cache: "no-store" });
  if (!response.ok && response.status !== 404) return;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  const changed = fresh.body.dataset["version"] !== document.body.dataset["version"];
  if (changed) window.location.reload();
}

if (document.body.dataset["live"] === "true") {
  window.setInterval(() => void refresh().catch(() => undefined), FRESH);
  document.addEventListener("visibilitychange", () => void refresh().catch(() => undefined));
}

// One press is one answer, also when the network is slow.
for (const form of document.forms) {
  form.addEventListener("submit", () => {
    window.setTimeout(() => {
      for (const button of document.querySelectorAll("button")) button.disabled = true;
    });
  });
}
window.addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("button")) button.disabled = false;
});

void offerPush().catch(() => undefined);
offerPosition();
