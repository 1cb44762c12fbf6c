// The page of the roads: closed places and winter factors, set by one operator while another does the same.
//
//   CERTUS_BIN=target/debug/certus node roads.mjs
//
// The other operator is the API. This Certus has no road file; that one is there is a crafted answer.

import { fitsPhone, inBrowser, must, shot, Steps } from "./lib/browser.mjs";
import { Certus, Taker, until } from "./lib/certus.mjs";

const PATH = "/v1/road-conditions";
const texts = await new Taker().listen();
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
  const rows = page.locator("#closures .closure");
  const holds = () => certus.api("GET", PATH);
  const said = (id, start) =>
    page.waitForFunction(([where, words]) => document.getElementById(where).textContent.startsWith(words), [id, start]);

  await steps.step("the console leads to it, and it says that nothing counts without a road file", async () => {
    await page.goto(certus.signIn);
    await page.click('.bar a[href="/roads"]');
    await page.waitForSelector("#no-file:not([hidden])");
    must((await page.locator("#no-file").innerText()).startsWith("Ingen vägfil är laddad."), "it says something else");
    must((await page.locator("#closures").innerText()) === "Inget är avstängt.", "something is closed");
    must(await page.locator("#save").isDisabled(), "nothing is there to be saved");
    const { y, height } = await page.locator("#save").boundingBox();
    must(y + height <= 900, `the button ends at ${y + height} pixels, below the screen`);
  });

  await steps.step("a place that lacks something says what", async () => {
    await page.click("#closure button");
    await page.waitForSelector("#closure-place-error:not([hidden])");
    await page.waitForSelector("#closure-reason-error:not([hidden])");
    await page.fill("#closure-radius", "6000");
    await page.fill("#closure-until", "2020-01-01T12:00");
    await page.click("#closure button");
    await page.waitForSelector("#closure-radius-error:not([hidden])");
    await page.waitForSelector("#closure-until-error:not([hidden])");
    await page.fill("#closure-until", "");
  });

  await steps.step("a click on the map closes a place, which is not saved yet", async () => {
    const box = await page.locator("#map").boundingBox();
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    await page.waitForSelector(".map-draft");
    await page.fill("#closure-radius", "1500");
    await page.fill("#closure-reason", "Väg 321 stängd, lavinfara");
    await shot(page, "roads-adding");
    await page.click("#closure button");
    await page.waitForSelector(".closure.is-added");
    must((await page.locator(".map-closed").count()) === 1, "it is not on the map");
    must((await page.locator("#unsaved").innerText()) === "Ändringar som inte är sparade: 1.", "nobody says that it is not saved");
    must((await holds()).version === 0, "it is saved");
  });

  await steps.step("the keyboard alone closes a place until a time, in the county's hours", async () => {
    await page.focus("#closure-place");
    await page.keyboard.type("63.3470 13.4570");
    await said("closure-point", "63.34700 N");
    await page.keyboard.press("Tab");
    await page.keyboard.type("Bro avstängd");
    await page.keyboard.press("Tab");
    await page.keyboard.type("300");
    await page.fill("#closure-until", "2099-01-15T06:00");
    await page.focus("#closure-radius");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.querySelectorAll(".closure.is-added").length === 2);
    must((await page.evaluate(() => document.activeElement.id)) === "closure-place", "the next one cannot be typed at once");
  });

  await steps.step("a factor out of its bounds is refused where it stands", async () => {
    await page.fill("#factor-tertiary", "11");
    await page.waitForSelector("#factor-tertiary-error:not([hidden])");
    await page.click("#save");
    must((await page.evaluate(() => document.activeElement.id)) === "factor-tertiary", "the field is not shown");
    await page.fill("#factor-tertiary", "1.3");
    await page.waitForSelector("#factor-tertiary-error", { state: "hidden" });
    must((await page.locator("#factor-tertiary-held").innerText()) === "gäller nu: 1", "it does not say what holds");
  });

  await steps.step("one button saves everything, and the page says so", async () => {
    await page.click("#save");
    await said("saved", "Sparat ");
    const { version, set_by, closures, factors } = await holds();
    must(version === 1 && set_by === "Browser", `${version} by ${set_by}`);
    const [bridge, road] = closures;
    must(bridge.lat === 63.347 && bridge.radius_m === 300 && bridge.until === "2099-01-15T05:00:00.000Z", JSON.stringify(bridge));
    must(road.reason === "Väg 321 stängd, lavinfara" && road.radius_m === 1500 && road.until === null, JSON.stringify(road));
    must(JSON.stringify(factors) === '{"tertiary":1.3}', JSON.stringify(factors));
    must((await page.locator(".closure.is-kept").count()) === 2 && (await page.locator("#save").isDisabled()), "it looks unsaved");
    must((await page.locator("#set-by").innerText()).includes(" av Browser."), "nobody has set it");
    await shot(page, "roads-saved");
  });

  await steps.step("whoever was slower sees the other's change and keeps their own", async () => {
    await page.locator(".closure", { hasText: "Bro avstängd" }).locator(".plain").click();
    await page.fill("#factor-ferry", "2");
    await page.route(`**${PATH}`, (route) => (route.request().method() === "GET" ? route.abort() : route.continue()));
    steps.expected.push(PATH);
    const theirs = await holds();
    const place = { lat: 63.4, lon: 13.08, radius_m: 400, reason: "Ras vid Åre", until: null };
    await certus.api("PUT", PATH, { version: 1, closures: [...theirs.closures, place], factors: theirs.factors });
    await page.route(`**${PATH}`, (route) => route.continue());
    await page.click("#save");
    await said("changed", "browser hann före och ändrade det här ");
    await page.locator(".closure.is-kept", { hasText: "Ras vid Åre" }).waitFor();
    must((await page.locator(".closure.is-removed", { hasText: "Bro avstängd" }).count()) === 1, "the removal is lost");
    must((await page.inputValue("#factor-ferry")) === "2", "the factor is lost");
    must((await page.locator("#saved").innerText()) === "", "it claims to be saved");
    must((await holds()).version === 2, "the other's change is overwritten");
    await shot(page, "roads-outdated");
    steps.expected.length = 0;
    await page.unroute(`**${PATH}`);
  });

  await steps.step("saved again, both changes hold", async () => {
    await page.click("#save");
    await said("saved", "Sparat ");
    const { version, closures, factors } = await holds();
    const reasons = closures.map(({ reason }) => reason).sort().join();
    must(version === 3 && reasons === "Ras vid Åre,Väg 321 stängd, lavinfara", `${version} ${reasons}`);
    must(factors.ferry === 2 && factors.tertiary === 1.3, JSON.stringify(factors));
  });

  await steps.step("a removal can be undone, and then there is nothing to save", async () => {
    const button = page.locator(".closure", { hasText: "Ras vid Åre" }).locator(".plain");
    await button.click();
    await page.waitForSelector(".closure.is-removed");
    await button.click();
    must((await page.locator(".closure.is-removed").count()) === 0 && (await page.locator("#save").isDisabled()), "it is not undone");
  });

  await steps.step("what another sets is seen without a reload, and goes by itself at its hour", async () => {
    const { version, closures, factors } = await holds();
    const soon = new Date(Date.now() + 12_000).toISOString();
    const place = { lat: 63.2, lon: 14.6, radius_m: 400, reason: "Olycka", until: soon };
    await certus.api("PUT", PATH, { version, closures: [...closures, place], factors });
    const accident = rows.filter({ hasText: "Olycka" });
    await accident.waitFor();
    await said("changed", "browser ändrade det här ");
    await accident.waitFor({ state: "detached", timeout: 30_000 });
    must((await holds()).version === version + 1, "somebody has changed it");
  });

  await steps.step("a server that does not answer is said, and said no more when it does", async () => {
    steps.expected.push(PATH);
    await page.route(`**${PATH}`, (route) => route.abort());
    await page.waitForSelector("#lost:not([hidden])");
    await page.unroute(`**${PATH}`);
    await page.waitForSelector("#lost", { state: "hidden" });
    steps.expected.length = 0;
  });

  await steps.step("with a road file nothing is said about one", async () => {
    const json = { ...(await holds()), knows_roads: true };
    await page.route(`**${PATH}`, (route) => route.fulfill({ json }));
    await page.reload();
    await page.waitForSelector(".closure.is-kept");
    must(await page.locator("#no-file").isHidden(), "it speaks of a road file");
    await page.unroute(`**${PATH}`);
  });

  await steps.step("whoever leaves with changes that are not saved is asked", async () => {
    await page.fill("#factor-track", "3");
    const asked = page.waitForEvent("dialog");
    void page.evaluate(() => window.location.reload()).catch(() => {}); // stands still while the browser asks
    const dialog = await asked;
    must(dialog.type() === "beforeunload", dialog.type());
    await dialog.accept();
    await until("the page anew", () => page.inputValue("#factor-track").then((value) => value === "1", () => false));
  });

  await steps.step("it speaks English, also in the dark", async () => {
    await page.emulateMedia({ colorScheme: "dark" });
    await page.goto(`${certus.base}/roads?lang=en`);
    await page.waitForSelector(".closure.is-kept");
    must((await page.locator("#closures-title").innerText()).startsWith("Closed"), "the page is not in English");
    await shot(page, "roads-dark");
    await page.emulateMedia({ colorScheme: "light" });
  });

  await page.setViewportSize({ width: 390, height: 844 });
  await shot(page, "roads-phone");
  await fitsPhone(steps, page);
}
