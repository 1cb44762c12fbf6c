// A Certus of a test's own: the real binary (CERTUS_BIN), a fresh database with the people of volunteers.csv, and beside it the
// provider that takes its text messages.

import { execFileSync, spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { SOON } from "./browser.mjs";

const PEOPLE = fileURLToPath(new URL("../volunteers.csv", import.meta.url));
const SCOPES = [
  "incidents:read", "incidents:write", "volunteers:read", "volunteers:write", "messages:read", "vetting:take-over",
];
/** Milliseconds from the start until the server listens, on a machine that compiles at the same time. */
const START = 60_000;

/** An HTTP server on this computer that keeps what was posted to it. `listen` may be called again after `close`. */
export class Taker {
  taken = [];

  async listen(port = 0) {
    this.server = createServer((request, response) => void this.take(request, response));
    await new Promise((resolve, reject) => this.server.once("error", reject).listen(port, "127.0.0.1", resolve));
    this.port = this.server.address().port;
    return this;
  }

  async take(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    this.taken.push({ url: request.url, headers: request.headers, body: Buffer.concat(chunks) });
    response.writeHead(201, { Location: "/taken" }).end();
  }

  close() {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }
}

/** What `found()` gives as soon as it gives something, or an error that says what never came. */
export async function until(what, found, limit = SOON) {
  const end = Date.now() + limit;
  for (;;) {
    const it = await found();
    if (it) return it;
    if (Date.now() > end) throw new Error(`${what} never came`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The parts of certus.toml that make it push to browsers, on this computer too, and send texts to `port`. */
function sections(port) {
  return `
[gateway.push]
web = { key_file = "vapid.pem", contact = "mailto:drift@example.org", allow_loopback = true }
[gateway.template]
from = "71700"
[gateway.template.request]
url = "http://127.0.0.1:${port}/texts"
encoding = "json"
body = { to = "{to}", text = "{text}" }
`;
}

export class Certus {
  /** Types a login and its password at the page for it. */
  async signInAs(page, login, password) {
    await page.goto(`${this.base}/sign-in`);
    await page.fill("#login", login);
    await page.fill("#password", password);
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => url.pathname !== "/sign-in");
  }

  /** Starts it under a name of this computer; texts go to 127.0.0.1:`textsTo`, whether or not anybody listens there. */
  static async start(textsTo, host = "127.0.0.1") {
    const certus = new Certus();
    certus.home = await mkdtemp(join(tmpdir(), "certus-own-"));
    const [listen, metrics] = [await freePort(), await freePort()];
    certus.base = `http://${host}:${listen}`;
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    await writeFile(join(certus.home, "vapid.pem"), privateKey.export({ type: "pkcs8", format: "pem" }));
    await writeFile(join(certus.home, "certus.toml"), sections(textsTo));
    certus.environment = {
      ...process.env,
      CERTUS_DATABASE: "sqlite:certus.sqlite",
      CERTUS_LISTEN: `127.0.0.1:${listen}`,
      CERTUS_METRICS_LISTEN: `127.0.0.1:${metrics}`,
      CERTUS_PUBLIC_URL: certus.base,
    };
    certus.key = certus.run(["key", "add", "--name", "browser", ...SCOPES.flatMap((scope) => ["--scope", scope])]).trim();
    const password = "algen gar i skymningen";
    const account = ["--login", "browser", "--name", "Browser", "--role", "operator", "--role", "board"];
    certus.run(["user", "add", ...account, "--password-stdin"], password);
    /** Where the operator signs in without typing. */
    certus.signIn = `${certus.base}/sign-in#login=browser&password=${encodeURIComponent(password)}`;
    certus.run(["import", PEOPLE]);
    await certus.serve();
    return certus;
  }

  run(args, input = "") {
    return execFileSync(program(), args, { cwd: this.home, env: this.environment, encoding: "utf8", input });
  }

  async serve() {
    const options = { cwd: this.home, env: this.environment, stdio: ["ignore", "pipe", "inherit"] };
    this.server = spawn(program(), ["serve", "--config", "certus.toml"], options);
    this.ended = new Promise((resolve) => this.server.once("exit", resolve));
    const lines = createInterface({ input: this.server.stdout });
    await new Promise((resolve, reject) => {
      lines.on("line", (line) => line.startsWith("listening on") && resolve());
      void this.ended.then((code) => reject(new Error(`the server ended with ${code}`)));
      setTimeout(() => reject(new Error("the server printed no address")), START).unref();
    });
  }

  /** A request to the API; its JSON. */
  async api(method, path, body) {
    const headers = { Authorization: `Bearer ${this.key}`, "Content-Type": "application/json" };
    const response = await fetch(this.base + path, { method, headers, body: JSON.stringify(body) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === "" ? null : JSON.parse(text);
  }

  /** Raises an alarm in Järpen, where the people are; its id. */
  async raise(event_type) {
    const place = { lat: 63.347, lon: 13.457, name: "Järpen", detail: "Storgatan 4" };
    return (await this.api("POST", "/v1/incidents", { event_type, place })).id;
  }

  async stop() {
    this.server.kill("SIGTERM");
    await this.ended;
    await rm(this.home, { recursive: true, force: true });
  }
}

function program() {
  if (!process.env.CERTUS_BIN) throw new Error("CERTUS_BIN is needed: the binary to test");
  return process.env.CERTUS_BIN;
}

async function freePort() {
  const taker = await new Taker().listen();
  await taker.close();
  return taker.port;
}
