// Takes what to sign in with out of the address (`/sign-in#login=…&password=…`, as the demo shows it), away from the history.

import { byId } from "./dom.js";
import { passkeys } from "./passkey.js";

passkeys();

const given = new URLSearchParams(window.location.hash.slice(1));
const [login, password] = [given.get("login"), given.get("password")];
if (login !== null && password !== null) {
  window.history.replaceState(null, "", window.location.pathname + window.location.search);
  byId("login", HTMLInputElement).value = login;
  byId("password", HTMLInputElement).value = password;
  // What was refused comes back with a message: then the person decides.
  if (document.querySelector("[role=alert]") === null) byId("sign-in", HTMLFormElement).requestSubmit();
}
