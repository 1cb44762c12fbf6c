// Pushes to a volunteer's browser: offered on the page of a call-out, sent by the real server, shown by the real service worker.
//
//   CERTUS_BIN=target/debug/certus node push.mjs
//
// No push service can be reached from here, so two things stand in for it: `PushManager` gives the page a subscription whose
// endpoint is a server of this test, and what that server takes is decrypted and handed to the service worker by Chromium's own
// `ServiceWorker.deliverPushMessage`. Everything between and after is the real thing.

import { fitsPhone, inBrowser, must, shot, SOON, Steps } from "./lib/browser.mjs";
import { Certus, Taker, until } from "./lib/certus.mjs";
import { Receiver } from "./lib/webpush.mjs";

const ANNA = "+999100000001";

const texts = await new Taker().listen();
const service = await new Taker().listen();
const certus = await Certus.start(texts.port);
const receiver = new Receiver(`http://127.0.0.1:${service.port}/first`);
const steps = new Steps();
const phone = { viewport: { width: 390, height: 844 }, hasTouch: true };
let link;

async function onThePhone(context) {
  await context.addInitScript(standIn, receiver.subscription);
  const page = context.pages()[0] ?? (await context.newPage());
  const said = page.locator("#push-said");
  let tellWorker, alarm;

  await steps.step("nothing is offered while there is something to answer", async () => {
    await certus.raise("accident");
    link = await linkOf(ANNA);
    await page.goto(link);
    must((await page.locator("button.yes").count()) === 1, "there is no button to answer with");
    must((await page.locator("#push").count()) === 0, "the offer stands beside the question");
  });

  await steps.step("after the answer there is an offer below everything else, and no worker yet", async () => {
    await page.click("button.no");
    await page.waitForSelector("#push:not([hidden])");
    must((await page.locator("#push-button").innerText()) === "Slå på notiser", "the button says something else");
    must((await workers(page)) === 0, "a service worker was registered before anybody asked");
    await shot(page, "push-offer");
  });

  await steps.step("a browser that refuses is told in words, and nothing is registered", async () => {
    await page.click("#push-button");
    await page.waitForFunction(() => document.getElementById("push-said").textContent !== "");
    must((await said.innerText()).includes("sms"), "it is not said how alarms come");
    must((await workers(page)) === 0, "a service worker was registered all the same");
    await shot(page, "push-refused");
  });

  await steps.step("the browser is registered by one press", async () => {
    await context.grantPermissions(["notifications"], { origin: certus.base });
    await page.click("#push-button");
    await page.waitForFunction(() => document.getElementById("push-said").textContent.startsWith("Den här telefonen får"));
    must((await page.locator("#push-button").innerText()) === "Stäng av notiser", "it cannot be taken back");
    const { application_server_key } = await certus.api("GET", "/v1/push/key");
    const asked = await page.evaluate(() => JSON.parse(localStorage.getItem("asked")));
    must(asked.userVisibleOnly && asked.key === application_server_key, `subscribed with ${JSON.stringify(asked)}`);
    const scope = await page.evaluate(async () => (await navigator.serviceWorker.ready).scope);
    must(scope === `${certus.base}/c/`, `the worker's scope is ${scope}`);
    await page.reload();
    await page.waitForFunction(() => document.getElementById("push-button")?.textContent === "Stäng av notiser");
    await shot(page, "push-on");
    tellWorker = await deliverer(context, page);
  });

  await steps.step("the next alarm is pushed to it, shown by the worker, and the server knows", async () => {
    alarm = await certus.raise("accident");
    const text = await pushedTo("/first");
    const push = JSON.parse(text);
    must(!text.includes("Storgatan") && push.link.startsWith(`${certus.base}/c/`), text);
    must((await delivered()) === 0, "the server knows of a receipt before there is one");
    await told(() => tellWorker(text), async () => (await screen(page)).length === 1);
    const [shown] = await notifications(page, 1);
    must(shown.title === push.title && shown.body === push.text && shown.tag === push.tag, JSON.stringify(shown));
    must(shown.requireInteraction && !shown.silent, "the alarm goes away by itself");
    await until("the receipt", async () => (await delivered()) === 1);
  });

  await steps.step("the stand-down takes the alarm's place and leads to its page", async () => {
    const [before] = await notifications(page, 1);
    await certus.api("POST", `/v1/incidents/${alarm}/stand-down`);
    const text = await pushedTo("/first");
    await told(() => tellWorker(text), async () => (await screen(page)).some(({ body }) => body.startsWith("AVBLÅST")));
    const [now] = await notifications(page, 1);
    must(now.tag === before.tag && now.link === before.link && !now.requireInteraction, JSON.stringify(now));
    await until("the second receipt", async () => (await delivered()) === 2);
  });

  await steps.step("a press opens the page of the call-out and never another host", async () => {
    const [{ link: page_of_it }] = await notifications(page, 1);
    const lure = JSON.stringify({ title: "Lur", text: "x", tag: "lure", link: "https://example.org/c/x" });
    await told(() => tellWorker(lure), async () => (await screen(page)).length === 2);
    const opened = await pressAll(context);
    must(JSON.stringify(opened) === JSON.stringify([page_of_it]), `opened ${opened}`);
    await notifications(page, 0);
  });

  await steps.step("what is no push of ours is shown without words, and a quiet one makes no sound", async () => {
    for (const strange of ["", "inte json", "null", "[1]", '{"title":5,"tag":{},"id":7}']) {
      const before = (await screen(page)).length;
      await told(() => tellWorker(strange), async () => (await screen(page)).length > before);
    }
    const shown = await screen(page);
    must(shown.every(({ title }) => title === "Certus"), JSON.stringify(shown));
    const silent = JSON.stringify({ title: "Certus", text: "Kanaltest", tag: "test", quiet: "yes" });
    await told(() => tellWorker(silent), async () => (await screen(page)).some(({ tag }) => tag === "test"));
    const quiet = (await screen(page)).find(({ tag }) => tag === "test");
    must(quiet.silent && !quiet.requireInteraction, JSON.stringify(quiet));
  });

  await steps.step("a browser that renews its subscription goes on being pushed to", async () => {
    const renewed = { ...receiver.subscription, endpoint: receiver.subscription.endpoint.replace("first", "second") };
    await workerOf(context).evaluate(
      ([before, after]) => {
        const [oldSubscription, newSubscription] = [before, after].map((json) => ({ toJSON: () => json, options: {} }));
        const event = new ExtendableEvent("pushsubscriptionchange");
        self.dispatchEvent(Object.assign(event, { oldSubscription, newSubscription }));
      },
      [receiver.subscription, renewed],
    );
    await page.evaluate((json) => localStorage.setItem("subscription", JSON.stringify(json)), renewed);
    await new Promise((resolve) => setTimeout(resolve, 500));
    alarm = await certus.raise("accident");
    await pushedTo("/second");
    await certus.api("POST", `/v1/incidents/${alarm}/stand-down`);
    await pushedTo("/second");
  });

  await steps.step("turned off, the phone gets texts again", async () => {
    await page.reload();
    await page.click("#push-button");
    await page.waitForFunction(() => document.getElementById("push-said").textContent.startsWith("Notiser är avstängda"));
    const [pushes, before] = [service.taken.length, textsTo(ANNA).length];
    await certus.raise("accident");
    await until("the text", () => textsTo(ANNA).length > before);
    must(service.taken.length === pushes, "it was pushed all the same");
  });

  await fitsPhone(steps, page);
}

async function withoutScript(context) {
  await steps.step("without scripts the page is as it was", async () => {
    const page = context.pages()[0] ?? (await context.newPage());
    await page.goto(link);
    must(await page.locator("#push").isHidden(), "an offer is shown that cannot work");
    must((await page.locator("h1").innerText()).includes("Järpen"), "the page is not there");
  });
}

/** Runs in the page: what Chromium would do if it reached a push service. Kept over reloads. */
function standIn(made) {
  const made_of = (json) => ({
    toJSON: () => json,
    options: { applicationServerKey: Uint8Array.from(atob(plain(JSON.parse(localStorage.getItem("asked")).key)), (c) => c.charCodeAt(0)).buffer },
    unsubscribe: async () => (localStorage.removeItem("subscription"), true),
  });
  const plain = (text) => text.replaceAll("-", "+").replaceAll("_", "/");
  const spelled = (key) => btoa(String.fromCharCode(...key)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  PushManager.prototype.subscribe = async ({ userVisibleOnly, applicationServerKey }) => {
    localStorage.setItem("asked", JSON.stringify({ userVisibleOnly, key: spelled(applicationServerKey) }));
    localStorage.setItem("subscription", JSON.stringify(made));
    return made_of(made);
  };
  PushManager.prototype.getSubscription = async () => {
    const kept = localStorage.getItem("subscription");
    return kept === null ? null : made_of(JSON.parse(kept));
  };
}

/** Hands the service worker a push as the browser would. */
async function deliverer(context, page) {
  const session = await context.newCDPSession(page);
  let registrationId;
  session.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
    registrationId = registrations.find(({ scopeURL }) => scopeURL.startsWith(certus.base))?.registrationId ?? registrationId;
  });
  await session.send("ServiceWorker.enable");
  await until("the registration", () => registrationId);
  return (data) => session.send("ServiceWorker.deliverPushMessage", { origin: certus.base, registrationId, data });
}

/** Milliseconds until a push is handed over again. Chromium, busy, now and then loses one that the protocol delivers. */
const AGAIN = 2_000;

/** Tells the worker until it has come to be: a push twice is a push once for whoever reads its tag. */
async function told(tell, isSo) {
  for (const end = Date.now() + SOON; Date.now() < end; ) {
    await tell();
    if (await until("the push", isSo, AGAIN).catch(() => false)) return;
  }
  throw new Error("the worker showed nothing");
}

/** What is on the screen. */
function screen(page) {
  return page.evaluate(async () => {
    const shown = await (await navigator.serviceWorker.ready).getNotifications();
    return shown.map(({ title, body, tag, requireInteraction, silent, data }) => {
      return { title, body, tag, requireInteraction, silent, link: data?.link };
    });
  });
}

/** The same once there are so many. */
function notifications(page, count) {
  return until(`${count} notifications`, async () => {
    const shown = await screen(page);
    return shown.length === count ? shown : null;
  });
}

const workers = (page) => page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length);
const workerOf = (context) => context.serviceWorkers().find((worker) => worker.url().endsWith("/service-worker.js"));

/** Presses every notification; what was opened. Chromium opens a window only after a real press, so that is written down instead. */
function pressAll(context) {
  return workerOf(context).evaluate(async () => {
    const opened = [];
    self.clients.matchAll = async () => [];
    self.clients.openWindow = async (href) => void opened.push(href);
    for (const notification of await self.registration.getNotifications()) {
      self.dispatchEvent(new NotificationEvent("notificationclick", { notification }));
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
    return opened;
  });
}

const textsTo = (to) => texts.taken.map(({ body }) => JSON.parse(body)).filter((text) => text.to === to);

async function linkOf(to) {
  const text = await until("the text", () => textsTo(to)[0]);
  return text.text.match(/http\S+\/c\/\S+/)[0];
}

let read = 0;
/** The text of the next push, which went to this address. */
async function pushedTo(path) {
  const push = await until("the push", () => service.taken[read], SOON);
  read += 1;
  must(push.url === path, `the push went to ${push.url}`);
  return receiver.read(push.body);
}

/** How many pushes the server knows to be on a screen. */
async function delivered() {
  const { gateways } = await certus.api("GET", "/v1/gateways");
  return gateways.find(({ channel }) => channel === "push").messages.delivered;
}

// At the end: what the steps use is defined by then.
try {
  await inBrowser(steps, certus.base, phone, onThePhone);
  await inBrowser(steps, certus.base, { ...phone, javaScriptEnabled: false }, withoutScript);
} finally {
  await certus.stop();
  await Promise.all([texts.close(), service.close()]);
}
steps.end();
