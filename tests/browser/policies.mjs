// Policies by two officials without JavaScript, certificates that end, maps beside lists, and a calendar sent at one's own page.
//
//   CERTUS_BIN=target/debug/certus node policies.mjs

import { accessible } from "./lib/axe.mjs";
import { fitsPhone, inBrowser, must, shot, Steps } from "./lib/browser.mjs";
import { Certus, Taker } from "./lib/certus.mjs";

const PASSWORD = "algen gar i skymningen";
const texts = await new Taker().listen();
const certus = await Certus.start(texts.port);
for (const [login, name] of [["anna", "Anna Berg"], ["bo.ek", "Bo Ek"]]) {
  certus.run(["user", "add", "--login", login, "--name", name, "--role", "board", "--password-stdin"], PASSWORD);
}
const steps = new Steps();
let proposal;
try {
  await inBrowser(steps, certus.base, { javaScriptEnabled: false }, propose);
  await inBrowser(steps, certus.base, {}, everyPage);
} finally {
  await certus.stop();
  await texts.close();
}
steps.end();

async function propose(context) {
  const page = context.pages()[0] ?? (await context.newPage());
  await steps.step("an official proposes a change, and a mistake is said at its field", async () => {
    await certus.signInAs(page, "anna", PASSWORD);
    await page.goto(`${certus.base}/policies`);
    await page.click('a[href="/policies/new"]');
    await page.locator("summary", { hasText: "brand" }).click();
    await page.fill("[id='fire.wanted']", "0");
    await page.fill("#reason", "Fler behövs till brand");
    steps.expected.push("/policies/new");
    await page.locator("button.primary").click();
    must((await page.getAttribute("[id='fire.wanted']", "aria-invalid")) === "true", "the field is not marked");
    await shot(page, "policies-wrong");
    steps.expected.length = 0;
    await page.fill("[id='fire.wanted']", "5");
    await page.locator("button.primary").click();
    await page.waitForURL(/\/policies\/proposals\/[0-9a-f-]+$/);
    proposal = page.url();
    const changes = await page.locator("#changes tbody").innerText();
    must(/brand/i.test(changes) && changes.includes("4") && changes.includes("5"), changes);
    must((await page.locator('form[action$="/approve"]').count()) === 0, "she may approve her own proposal");
    must(await page.locator("#barred").isVisible(), "why she cannot approve is not said");
    await shot(page, "policies-proposal");
  });
  await steps.step("the other official approves, and it is in force", async () => {
    await page.click('form[action="/sign-out"] button');
    await certus.signInAs(page, "bo.ek", PASSWORD);
    await page.goto(`${certus.base}/policies`);
    await page.locator("#open a").click();
    must(page.url() === proposal, page.url());
    await page.click('form[action$="/approve"] button');
    await page.waitForURL(/\/policies$/);
    must((await page.locator("#in-force strong").innerText()) === "policies-1", await page.locator("#in-force").innerText());
    await shot(page, "policies");
  });
  await steps.step("an alarm that is raised now is under it", async () => {
    const incident = await certus.api("GET", `/v1/incidents/${await certus.raise("fire")}/decision`);
    must(JSON.stringify(incident).includes("policies-1"), JSON.stringify(incident).slice(0, 300));
  });
}

async function everyPage(context) {
  const page = context.pages()[0] ?? (await context.newPage());
  await certus.signInAs(page, "anna", PASSWORD);
  for (const path of ["/policies", "/policies/new", new URL(proposal).pathname, "/certificates", "/certificates?window=expired"]) {
    await steps.step(`axe-core finds nothing on ${path}`, async () => {
      await page.goto(certus.base + path);
      await page.locator("details").evaluateAll((all) => all.forEach((one) => (one.open = true)));
      await accessible(page);
      await shot(page, `policies${path.replaceAll(/[/?=]/g, "-")}`.slice(0, 40));
    });
  }
  await steps.step("homes are on a map that the keyboard reaches", async () => {
    await page.goto(`${certus.base}/people`);
    await page.click('a[href*="map=true"]');
    await page.waitForSelector(".map-sign a, .map-sign button");
    await shot(page, "people-map");
    await accessible(page);
    const group = page.locator(".map-many").first();
    if ((await group.count()) > 0) {
      await group.focus();
      await page.keyboard.press("Enter");
      await page.waitForSelector(".map-one, .map-names a");
    }
    await shot(page, "people-map-nearer");
    const one = page.locator(".map-one, .map-names a").first();
    await one.focus();
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/people\/[0-9a-f-]{36}$/);
  });
  for (const path of ["/people?map=true", "/policies", "/policies/new", "/certificates"]) {
    await page.goto(certus.base + path);
    await fitsPhone(steps, page);
    await shot(page, `phone${path.replaceAll(/[/?=]/g, "-")}`);
    await page.setViewportSize({ width: 1280, height: 800 });
  }
}
