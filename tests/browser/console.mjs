// The operator's console in a real browser, against a running Certus.
//
//   BASE_URL=http://127.0.0.1:8112 LOGIN=… PASSWORD=… node console.mjs
//
// The account is an operator's; near AT (default Järpen) there must be volunteers on duty.
// SCREENSHOTS=folder keeps pictures. Prints `N passed, N failed` and exits with 1 when something failed: a step, an error in
// the browser's console, an uncaught error, or a request to another host.

import { fitsPhone, inBrowser, must, shot, Steps } from "./lib/browser.mjs";

const base = process.env.BASE_URL;
const { LOGIN: login, PASSWORD: password } = process.env;
if (!base || !login || !password) {
  console.error("BASE_URL, LOGIN and PASSWORD are needed");
  process.exit(2);
}
const steps = new Steps();
await inBrowser(steps, base, {}, all);
steps.end();

async function all(context) {
  const page = context.pages()[0] ?? (await context.newPage());

  await steps.step("a wrong password is refused in words", async () => {
    steps.expected.push("/sign-in");
    await page.goto(`${base}/`);
    must(page.url().endsWith("/sign-in"), `without a session the console opened ${page.url()}`);
    await page.fill("#login", login);
    await page.fill("#password", "guess");
    await page.click("#sign-in button");
    await page.waitForSelector("#refusal");
    steps.expected.length = 0;
  });

  await steps.step("a password in the address signs in and leaves the address bar", async () => {
    await page.goto("about:blank");
    await page.goto(`${base}/sign-in#login=${login}&password=${encodeURIComponent(password)}`);
    await page.waitForURL(`${base}/`);
    must(!page.url().includes("password"), "the password is still in the address");
    const cookies = await context.cookies();
    const cookie = cookies.find(({ name }) => name === "certus_session");
    must(cookie?.httpOnly, "the cookie is not HttpOnly");
  });

  await steps.step("the page says that it is live", async () => {
    await page.waitForFunction(() => document.getElementById("live")?.textContent === "Direkt");
    must(await page.locator("#lost").isHidden(), "the banner of a lost connection is shown");
  });

  await steps.step("a form that lacks something says what", async () => {
    await page.keyboard.press("n");
    await page.click("#raise-button");
    await page.waitForSelector("#raise-type-error:not([hidden])");
    await page.waitForSelector("#raise-place-error:not([hidden])");
    await page.keyboard.press("Escape");
    await page.waitForSelector("#raise", { state: "hidden" });
  });

  await steps.step("coordinates are understood as they were read out, said back, and shown to volunteers as a name", async () => {
    await page.keyboard.press("n");
    await page.fill("#raise-place", "7029500 422700");
    await page.waitForFunction(() => document.getElementById("raise-point")?.textContent?.includes("SWEREF 99 TM"));
    await page.locator("#raise-place").blur();
    const name = await page.inputValue("#raise-place");
    must(!/\d{4}/.test(name) && name !== "", `volunteers would be shown ${name}`);
    steps.expected.push("/v1/places");
    await page.fill("#raise-place", "63 70 14 20");
    await page.waitForSelector("#raise-place-error:not([hidden])");
    steps.expected.length = 0;
    await page.keyboard.press("Escape");
    await page.waitForSelector("#raise", { state: "hidden" });
  });

  await steps.step("typing a place puts the pin there", async () => {
    await page.keyboard.press("n");
    await page.fill("#raise-place", process.env.AT ?? "Järpen");
    await page.waitForSelector(".map-draft");
  });

  await steps.step("an alarm is raised by a click on the map", async () => {
    await page.check("#raise input[value=cardiac_arrest]", { force: true });
    const pin = await page.locator(".map-draft").boundingBox();
    await page.mouse.click(pin.x + pin.width / 2 + 4, pin.y + pin.height / 2 + 4);
    await page.fill("#raise-detail", "Storgatan 4, röda huset");
    await page.fill("#raise-ambulance", "25");
    await shot(page, "raising");
    await page.click("#raise-button");
    await page.waitForSelector(".incident-row[aria-current=true]");
    must(await page.locator("#raise").isHidden(), "the form is still open");
    const detail = await page.locator("#chosen-facts").innerText();
    must(detail.includes("Storgatan 4"), "the address is not shown");
  });

  await steps.step("call-outs appear without a reload", async () => {
    await page.waitForSelector("table.call-outs tbody tr");
    await shot(page, "called-out");
  });

  await steps.step("the decision gives everybody a reason", async () => {
    await page.click("#why summary");
    await page.waitForSelector(".candidates li .reason");
    const reasons = await page.locator(".candidates li .reason").allInnerTexts();
    must(reasons.every((reason) => reason.trim().length > 0), "a candidate has no reason");
    await page.click("#why summary");
  });

  await steps.step("a new ambulance time is shown", async () => {
    await page.fill("#ambulance-minutes", "40");
    await page.click("#ambulance button");
    await page.waitForFunction(() => /(39|40) min/.test(document.getElementById("chosen-facts")?.textContent ?? ""));
  });

  await steps.step("a lost connection is said and made good", async () => {
    steps.expected.push("ERR_INTERNET_DISCONNECTED", "/v1/");
    await context.setOffline(true);
    await page.waitForSelector("#lost:not([hidden])");
    await context.setOffline(false);
    await page.waitForSelector("#lost", { state: "hidden" });
    steps.expected.length = 0;
  });

  await steps.step("the alarm is stood down after a question", async () => {
    await page.click("#stand-down");
    await page.waitForSelector("#stand-down-confirm[open]");
    await page.click("#stand-down-yes");
    await page.waitForSelector("#chosen-head .phase-stood_down");
    await shot(page, "stood-down");
  });

  await steps.step("a group is called as one, and nobody else", async () => {
    await page.keyboard.press("n");
    await page.check("#raise input[value=missing_person]", { force: true });
    await page.fill("#raise-place", process.env.AT ?? "Järpen");
    await page.waitForSelector(".map-draft");
    await page.click("#raise-group-part summary");
    await page.selectOption("#raise-group", { label: "Järpens fjällräddning" });
    await page.fill("#raise-wanted", "0");
    await page.click("#raise-button");
    await page.waitForSelector("#raise-wanted-error:not([hidden])");
    await page.fill("#raise-wanted", "1");
    await shot(page, "raising-a-group");
    await page.click("#raise-button");
    await page.waitForFunction(() => document.getElementById("chosen-facts")?.textContent?.includes("Järpens fjällräddning"));
    await page.waitForFunction(() => document.querySelectorAll("table.call-outs tbody tr").length === 2);
    const asked = await page.locator("table.call-outs").innerText();
    must(asked.includes("Cia Dal") && asked.includes("Dan Fors"), `everybody on duty in the group is asked: ${asked}`);
    await shot(page, "group-called");
    await page.click("#stand-down");
    await page.click("#stand-down-yes");
    await page.waitForSelector("#chosen-head .phase-stood_down");
  });

  await steps.step("the console speaks English", async () => {
    await page.goto(`${base}/?lang=en`);
    await page.waitForFunction(() => document.getElementById("live")?.textContent === "Live");
    must((await page.locator("html").getAttribute("lang")) === "en", "the page is not in English");
  });

  await fitsPhone(steps, page);

  await steps.step("signing out closes the console", async () => {
    await page.click('form[action="/sign-out"] button');
    await page.waitForURL(/\/sign-in$/);
    await page.goto(`${base}/`);
    must(page.url().endsWith("/sign-in"), "the console is still open");
  });
}
