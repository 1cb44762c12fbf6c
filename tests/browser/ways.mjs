// The console says that a way to phones is broken, and stops saying so by itself.
//
//   CERTUS_BIN=target/debug/certus node ways.mjs
//
// First a real one: nobody listens where texts go to, its circuit opens, then somebody listens. What would take too long or
// several providers comes from crafted answers of /v1/gateways.

import { inBrowser, must, shot, Steps } from "./lib/browser.mjs";
import { Certus, Taker } from "./lib/certus.mjs";

/** Milliseconds until the first probe has succeeded and the console has looked again. */
const MENDED = 90_000;

const texts = await new Taker().listen();
await texts.close();
const certus = await Certus.start(texts.port);
const steps = new Steps();
try {
  await inBrowser(steps, certus.base, {}, onTheDesk);
} finally {
  await certus.stop();
  await texts.close();
}
steps.end();

async function onTheDesk(context) {
  const page = context.pages()[0] ?? (await context.newPage());
  const ways = page.locator("#ways");

  await steps.step("while every way works, nothing is said", async () => {
    await page.goto(certus.signIn);
    await page.waitForFunction(() => document.getElementById("live")?.textContent === "Direkt");
    must((await ways.boundingBox()).height === 0, "the strip takes room");
  });

  await steps.step("a provider that cannot be reached is said within seconds", async () => {
    await certus.raise("accident");
    await page.waitForSelector("#ways.is-lost-way", { timeout: 30_000 });
    const words = await page.locator("#ways-lost").innerText();
    must(words === "SMS-vägen template är ur bruk: sms går inte fram. Ring själv.", words);
    must((await page.locator("#ways-lost").getAttribute("role")) === "alert", "it is not announced");
    must(await page.locator(".incident-row").isVisible(), "the alarm is hidden");
    await page.click(".incident-row");
    await shot(page, "ways-lost");
    await page.setViewportSize({ width: 390, height: 844 });
    await shot(page, "ways-lost-phone");
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    must(wide <= 390, `the page is ${wide} pixels wide`);
    await page.setViewportSize({ width: 1440, height: 900 });
  });

  await steps.step("it leads to the page of the messages", async () => {
    await page.click("#ways a");
    await page.waitForURL(`${certus.base}/bridge`);
    await page.goto(`${certus.base}/`);
    await page.waitForSelector("#ways.is-shown");
  });

  await steps.step("it is gone by itself when texts get through again", async () => {
    await texts.listen(texts.port);
    await page.waitForFunction(() => !document.getElementById("ways").classList.contains("is-shown"), null, { timeout: MENDED });
    must((await ways.innerText()).trim() === "" && texts.taken.length > 0, "words are left");
  });

  await steps.step("when another provider carries the alarms, that is said more quietly", async () => {
    await answer(page, [["elks46", "sms", "open"], ["template", "sms", "closed"], ["push", "push", "stalled"]]);
    const words = await page.locator("#ways-weak").innerText();
    const push = "Push-vägen push är ur bruk; larm går som sms.";
    must(words === `${push} SMS-vägen elks46 är ur bruk; larm går via template. Ring själv vid behov.`, words);
    must(!(await ways.getAttribute("class")).includes("is-lost-way"), "it looks as if no text got through");
    await page.emulateMedia({ colorScheme: "dark" });
    await shot(page, "ways-weak");
    await page.emulateMedia({ colorScheme: "light" });
  });

  await steps.step("messages that wait longer than half a minute are said, shorter ones are not", async () => {
    await answer(page, [["template", "sms", "closed"]], 20);
    must((await ways.innerText()).trim() === "", "twenty seconds are said");
    await answer(page, [["template", "sms", "closed"]], 40);
    const words = await page.locator("#ways-lost").innerText();
    must(/^Meddelanden har väntat i 4\d s på att skickas\. Ring själv\.$/.test(words), words);
  });

  await steps.step("a look that fails changes nothing", async () => {
    steps.expected.push("/v1/gateways");
    await page.unroute("**/v1/gateways");
    await page.route("**/v1/gateways", (route) => route.fulfill({ status: 503, body: "" }));
    await page.waitForResponse("**/v1/gateways", { timeout: 15_000 });
    must((await page.locator("#ways-lost").innerText()).startsWith("Meddelanden har väntat"), "the words are gone");
    must(await page.locator("#lost").isHidden(), "the whole page counts as lost");
  });
}

/** Has the next looks answered so, and waits until the page has looked. */
async function answer(page, gateways, waits) {
  await page.unroute("**/v1/gateways");
  const oldest_unsent = waits === undefined ? null : new Date(Date.now() - waits * 1_000).toISOString();
  const json = { gateways: gateways.map(([name, channel, circuit]) => ({ name, channel, circuit })), oldest_unsent };
  await page.route("**/v1/gateways", (route) => route.fulfill({ json }));
  await page.waitForResponse("**/v1/gateways", { timeout: 15_000 });
  await page.waitForTimeout(100);
}
