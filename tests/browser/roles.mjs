// Who brings the defibrillator: the volunteer's page says where it hangs until they have it, the operator's who fetches what.
//
//   CERTUS_BIN=target/debug/certus node roles.mjs

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fitsPhone, inBrowser, must, shot, Steps } from "./lib/browser.mjs";
import { Certus, Taker, until } from "./lib/certus.mjs";

const ANNA = "+999100000001";
/** Beside Anna's home, and one behind a door that is always locked. */
const THINGS = `code,kind,lat,lon,place,hours
AED-1,aed,63.3474,13.4574,"Coop Järpen, entrén",always
AED-2,aed,63.3471,13.4571,Festlokalen,never
`;

const texts = await new Taker().listen();
const certus = await Certus.start(texts.port);
await writeFile(join(certus.home, "resources.csv"), THINGS);
certus.run(["import", "resources.csv"]);
const steps = new Steps();
const phone = { viewport: { width: 390, height: 844 }, hasTouch: true };
const alarm = await until("the defibrillators in a search", raised);

/** Alarms until one finds them: a running server looks at the registry once a second. */
async function raised() {
  const id = await certus.raise("cardiac_arrest");
  const { searches } = await certus.api("GET", `/v1/incidents/${id}/decision`);
  if (searches[0].candidates.some(({ errands }) => errands.length > 0)) return id;
  await certus.api("POST", `/v1/incidents/${id}/close`);
  texts.taken.length = 0;
  return null;
}

async function onThePhone(context) {
  const page = context.pages()[0] ?? (await context.newPage());

  await steps.step("before the yes nothing is said of it", async () => {
    await page.goto(await linkOf(ANNA));
    must(!(await page.locator("main").innerText()).includes("Coop"), "it says where it hangs");
  });

  await steps.step("after the yes the page says what to fetch first, and where, before the address", async () => {
    await page.click("button.yes");
    const task = page.locator(".task");
    await task.waitFor();
    const words = await task.innerText();
    must(words.includes("Hämta hjärtstartaren") && words.includes("Coop Järpen, entrén"), words);
    const stops = await page.locator("a.go").evaluateAll((links) => links.map((link) => link.getAttribute("href")));
    must(stops.join() === "geo:63.347400,13.457400,geo:63.347000,13.457000", stops.join());
    await shot(page, "role-fetch");
  });

  await fitsPhone(steps, page);

  await steps.step("one press says that they have it, and only the scene is left", async () => {
    await page.click("button[value=fetched]");
    await page.locator(".task", { hasText: "Du har hjärtstartaren" }).waitFor();
    must((await page.locator("button[value=fetched]").count()) === 0, "it is asked again");
    must((await page.locator("a.go").count()) === 1, "the way there is still shown");
    await shot(page, "role-fetched");
  });
}

async function onTheDesk(context) {
  await steps.step("the operator sees who has it, was told so, and what others could have brought", async () => {
    const page = context.pages()[0] ?? (await context.newPage());
    await page.goto(certus.signIn);
    await page.locator(".incident-row", { hasText: "järtstopp" }).first().click();
    await page.locator(`tr[data-responder] .task`, { hasText: "Har hjärtstartaren med sig" }).waitFor();
    await page.getByText("Anna Berg har hämtat det som skulle med.").first().waitFor();
    await page.click("#why summary");
    await page.locator(".reason", { hasText: "hämta hjärtstartaren: Coop Järpen, entrén" }).first().waitFor();
    must((await page.locator(".reason", { hasText: "Festlokalen" }).count()) === 0, "a locked door is offered");
    must((await page.locator("main").innerText()).includes("Festlokalen"), "nobody says why it was left out");
    await shot(page, "role-console");
  });
}

async function linkOf(to) {
  const text = await until("the text", () => texts.taken.map(({ body }) => JSON.parse(body)).find((one) => one.to === to));
  return text.text.match(/http\S+\/c\/\S+/)[0];
}

try {
  await inBrowser(steps, certus.base, phone, onThePhone);
  await inBrowser(steps, certus.base, {}, onTheDesk);
} finally {
  await certus.stop();
  await texts.close();
}
steps.end();
