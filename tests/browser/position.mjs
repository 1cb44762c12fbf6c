// Where the volunteer's phone is, told by the page of a call-out: offered, let by one press, seen by the operator. And where
// the caller's is, as the console shows it.
//
//   CERTUS_BIN=target/debug/certus node position.mjs
//
// The place comes from Chromium's own override of its geolocation (Emulation.setGeolocationOverride).

import { fitsPhone, inBrowser, must, shot, Steps } from "./lib/browser.mjs";
import { Certus, Taker, until } from "./lib/certus.mjs";

const [ANNA, DAN] = ["+999100000001", "+999100000004"];
/** A kilometre from the scene, and on it; Järpen is where `Certus.raise` raises. */
const AWAY = { latitude: 63.356, longitude: 13.457, accuracy: 10 };
const THERE = { latitude: 63.347, longitude: 13.457, accuracy: 10 };

const texts = await new Taker().listen();
const certus = await Certus.start(texts.port);
const steps = new Steps();
const phone = { viewport: { width: 390, height: 844 }, hasTouch: true };
let link, alarm;

async function onThePhone(context) {
  const page = context.pages()[0] ?? (await context.newPage());
  const posts = [];
  page.on("request", (request) => request.url().endsWith("/position") && posts.push(request.postDataJSON()));
  const said = (start) =>
    page.waitForFunction((words) => document.getElementById("position-said").textContent.startsWith(words), start);

  await steps.step("it is offered below the answers, and nothing is sent before a press", async () => {
    alarm = await certus.raise("accident");
    link = await linkOf(ANNA);
    await context.setGeolocation(AWAY);
    await page.goto(link);
    await page.waitForSelector("#position:not([hidden])");
    must((await page.locator("#position-button").innerText()) === "Dela min position", "the button says something else");
    must(posts.length === 0, "a position was sent");
    await shot(page, "position-offer");
  });

  await steps.step("a browser that refuses is told in words, and the person can answer as before", async () => {
    await page.click("#position-button");
    await said("Webbläsaren tillåter inte");
    must(posts.length === 0 && (await page.locator("button.yes").isEnabled()), "it cannot be answered");
  });

  await steps.step("one press shares it, and it goes on after the answer without another one", async () => {
    await context.grantPermissions(["geolocation"], { origin: certus.base });
    await page.click("#position-button");
    await until("the first position", () => posts.length === 1);
    await said("Din position delas.");
    must(posts[0].lat === AWAY.latitude && posts[0].accuracy === AWAY.accuracy, JSON.stringify(posts[0]));
    await page.click("button.yes");
    await page.waitForSelector(".destination");
    await said("Din position delas.");
    const known = await until("the position", async () => (await mine()).position);
    must(known.lat === AWAY.latitude && known.lon === AWAY.longitude, JSON.stringify(known));
    await shot(page, "position-on");
  });

  await steps.step("whoever is there is seen to be there without a word", async () => {
    await until("a place of the yes", () => posts.length >= 2);
    await context.setGeolocation(THERE);
    await until("the arrival", async () => (await mine()).state === "on_scene", 30_000);
    const { trails } = await certus.api("GET", `/v1/incidents/${alarm}/trail`);
    must(trails.length === 1 && trails[0].name === "Anna Berg", JSON.stringify(trails));
    must(trails[0].fixes.at(-1).lat === THERE.latitude, JSON.stringify(trails));
  });

  await steps.step("turned off, nothing more is sent", async () => {
    await page.reload();
    await said("Din position delas.");
    await page.click("#position-button");
    await said("Din position delas inte.");
    const before = posts.length;
    await context.setGeolocation(AWAY);
    await page.reload();
    await page.waitForSelector("#position:not([hidden])");
    must((await page.locator("#position-button").innerText()) === "Dela min position", "it goes on by itself");
    must(posts.length === before, "a position was sent");
  });

  await steps.step("when the person is done, there is nothing left to share", async () => {
    await page.click("button[value=done]");
    await page.waitForSelector(".lead-done");
    must((await page.locator("#position").count()) === 0, "the offer is still there");
    steps.expected.push("/position");
    const status = await page.evaluate(async () => {
      const body = JSON.stringify({ lat: 63.1, lon: 13.4, time: Date.now() });
      const headers = { "Content-Type": "application/json" };
      return (await fetch(`${window.location.pathname}/position`, { method: "POST", headers, body })).status;
    });
    must(status === 404, `it was answered ${status}`);
  });

  await fitsPhone(steps, page);
}

async function withoutScript(context) {
  await steps.step("without scripts the page is as it was", async () => {
    const page = context.pages()[0] ?? (await context.newPage());
    await page.goto(await linkOf(DAN));
    must(await page.locator("#position").isHidden(), "an offer is shown that cannot work");
    must(await page.locator("button.yes").isVisible(), "there is no button to answer with");
  });
}

async function onTheDesk(context) {
  await steps.step("the console shows where the caller's phone is and how far that is from the place", async () => {
    const place = { lat: 63.347, lon: 13.457, name: "Järpen" };
    const aml = 'A"ML=1;lt=+63.35600;lg=+13.45700;rd=14;top=20261123030500;lc=68;pm=G;ml=75';
    await certus.api("POST", "/v1/incidents", { event_type: "missing_person", place, aml });
    const page = context.pages()[0] ?? (await context.newPage());
    await page.goto(certus.signIn);
    await page.locator(".incident-row", { hasText: "örsvunnen" }).click();
    const facts = page.locator("#chosen-facts");
    await facts.getByText("Inringarens telefon").waitFor();
    const words = await facts.innerText();
    must(words.includes("1 km från platsen, inom 14 m, 68 % säkert, satellit"), words);
    await shot(page, "caller");
  });
}

/** Anna's part in the alarm, as the operator sees it. */
async function mine() {
  const { callouts } = await certus.api("GET", `/v1/incidents/${alarm}`);
  return callouts.find(({ name }) => name === "Anna Berg");
}

async function linkOf(to) {
  const text = await until("the text", () => texts.taken.map(({ body }) => JSON.parse(body)).find((one) => one.to === to));
  return text.text.match(/http\S+\/c\/\S+/)[0];
}

try {
  await inBrowser(steps, certus.base, phone, onThePhone);
  await inBrowser(steps, certus.base, { ...phone, javaScriptEnabled: false }, withoutScript);
  await inBrowser(steps, certus.base, {}, onTheDesk);
} finally {
  await certus.stop();
  await texts.close();
}
steps.end();
