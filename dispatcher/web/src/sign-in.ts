// Takes an API key out of the address (`/sign-in#key=…`), away from the history, and signs in with it.

import { byId } from "./dom.js";

const key = new URLSearchParams(window.location.hash.slice(1)).get("key");
if (key !== null) {
  window.history.replaceState(null, "", window.location.pathname + window.location.search);
  const field = byId("key", HTMLInputElement);
  field.value = key;
  // A key that was refused comes back with a message: then the person decides.
  if (document.querySelector("[role=alert]") === null) byId("sign-in", HTMLFormElement).requestSubmit();
}
