// A passkey is made at `/account` and shown at `/sign-in`; without a script, or in a browser that knows none, the parts of the
// pages about them stay hidden.

import { byId } from "./dom.js";

type Json = Record<string, unknown>;

/** What the server says, or why it did not go, in words for people. */
async function post(path: string, body: unknown): Promise<Json> {
  const response = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer: Json = response.status === 204 || response.status === 201 ? {} : await response.json();
  if (!response.ok) throw new Error(String(answer.detail ?? answer.title ?? response.status));
  return answer;
}

function bytes(base64url: unknown): Uint8Array<ArrayBuffer> {
  const text = atob(String(base64url).replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

function text(buffer: ArrayBuffer | null): string | null {
  if (buffer === null) return null;
  const letters = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(letters).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/** The credential as the server reads it. */
function shown(credential: PublicKeyCredential, response: Json): Json {
  const extensions = credential.getClientExtensionResults();
  return { id: credential.id, rawId: text(credential.rawId), type: credential.type, extensions, response };
}

async function made(options: Json): Promise<Json> {
  const publicKey = options.publicKey as Json & { user: Json; excludeCredentials?: Json[] };
  const excluded = (publicKey.excludeCredentials ?? []).map((known) => ({ ...known, id: bytes(known.id) }));
  const credential = (await navigator.credentials.create({
    publicKey: {
      ...publicKey,
      challenge: bytes(publicKey.challenge),
      user: { ...publicKey.user, id: bytes(publicKey.user.id) },
      excludeCredentials: excluded,
    } as unknown as PublicKeyCredentialCreationOptions,
  })) as PublicKeyCredential;
  const response = credential.response as AuthenticatorAttestationResponse;
  return shown(credential, {
    attestationObject: text(response.attestationObject),
    clientDataJSON: text(response.clientDataJSON),
    transports: response.getTransports?.() ?? [],
  });
}

async function used(options: Json): Promise<Json> {
  const publicKey = options.publicKey as Json;
  const credential = (await navigator.credentials.get({
    publicKey: {
      ...publicKey,
      challenge: bytes(publicKey.challenge),
      allowCredentials: [],
    } as unknown as PublicKeyCredentialRequestOptions,
  })) as PublicKeyCredential;
  const response = credential.response as AuthenticatorAssertionResponse;
  return shown(credential, {
    authenticatorData: text(response.authenticatorData),
    clientDataJSON: text(response.clientDataJSON),
    signature: text(response.signature),
    userHandle: text(response.userHandle),
  });
}

/** Says why it did not go, where a person who cannot see it hears it. */
function complain(where: HTMLElement, why: unknown): void {
  // Whoever closes the browser's own window has seen what happened.
  const closed = why instanceof DOMException && (why.name === "NotAllowedError" || why.name === "AbortError");
  where.textContent = closed ? "" : why instanceof Error ? why.message : String(why);
  where.hidden = where.textContent === "";
}

async function signIn(): Promise<void> {
  const where = byId("passkey-said", HTMLElement);
  try {
    await post("/sign-in/passkey", await used(await post("/sign-in/passkey/challenge", {})));
    window.location.assign("/");
  } catch (why) {
    complain(where, why);
  }
}

async function add(form: HTMLFormElement): Promise<void> {
  const where = byId("passkey-said", HTMLElement);
  const field = (name: string): string => String(new FormData(form).get(name) ?? "");
  try {
    const options = await post("/account/passkeys/challenge", { password: field("password") });
    await post("/account/passkeys", { name: field("name"), credential: await made(options) });
    window.location.assign("/account");
  } catch (why) {
    complain(where, why);
  }
}

export function passkeys(): void {
  if (!("PublicKeyCredential" in window)) return;
  const part = document.getElementById("passkey");
  if (part === null) return;
  part.hidden = false;
  document.getElementById("passkey-sign-in")?.addEventListener("click", () => void signIn());
  const form = document.getElementById("passkey-add");
  if (form instanceof HTMLFormElement) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void add(form);
    });
  }
}
