// The pages of resources and organisations, by keyboard and without scripts: added, confirmed, changed, retired; what is wrong stands
// beside its field; and what axe-core says of each page.
//
//   CERTUS_BIN=target/debug/certus node things.mjs

import { accessible } from "./lib/axe.mjs";
import { fitsPhone, inBrowser, must, shot, Steps } from "./lib/browser.mjs";
import { Certus, Taker } from "./lib/certus.mjs";

const PASSWORD = "algen gar i skymningen";
const texts = await new Taker().listen();
const certus = await Certus.start(texts.port);
certus.run(["user", "add", "--login", "anna", "--name", "Anna Berg", "--role", "board", "--password-stdin"], PASSWORD);
const steps = new Steps();
try {
  await inBrowser(steps, certus.base, {}, everyPage);
  await inBrowser(steps, certus.base, { javaScriptEnabled: false }, withoutScripts);
} finally {
  await certus.stop();
  await texts.close();
}
steps.end();

async function signIn(page) {
  await page.goto(`${certus.base}/sign-in`);
  await page.fill("#login", "anna");
  await page.fill("#password", PASSWORD);
  await page.keyboard.press("Enter");
  await page.waitForURL((url) => url.pathname !== "/sign-in");
}

/** Fills in what is said and sends the form that the field belongs to. */
async function send(page, fields) {
  for (const [name, value] of Object.entries(fields)) {
    const field = page.locator(`#${name}`);
    if ((await field.evaluate(({ tagName }) => tagName)) === "SELECT") await field.selectOption(value);
    else await field.fill(value);
  }
  const last = page.locator(`#${Object.keys(fields).at(-1)}`);
  await last.locator("xpath=ancestor::form").locator("button").click();
}

function standing(page) {
  return page.locator("#standing").innerText();
}

async function everyPage(context) {
  const page = context.pages()[0] ?? (await context.newPage());
  await signIn(page);
  await steps.step("an organisation with a contact is added", async () => {
    await page.goto(`${certus.base}/organisations/new`);
    await accessible(page);
    await send(page, { kind: "mountain_rescue", name: "Åre fjällräddning" });
    await page.waitForURL(/\/organisations\/[0-9a-f-]+$/);
    await send(page, { contact_name: "Eva Ek", contact_phone: "070-174 06 91", contact_email: "eva@example.org" });
    await page.waitForSelector("text=eva@example.org");
    await accessible(page);
    await shot(page, "things-organisation");
  });
  await steps.step("so is a resource that it lists, and what is wrong stands beside its field", async () => {
    await page.goto(`${certus.base}/resources/new`);
    await accessible(page);
    steps.expected.push("/resources");
    await send(page, { code: "AED-0123", at: "en bit bort", place: "Coop Järpen, entrén" });
    must((await page.locator("#at").getAttribute("aria-invalid")) === "true", "the place is not marked");
    const described = await page.locator("#at").getAttribute("aria-describedby");
    must(described.includes("at-wrong") && (await page.locator("#at-wrong").isVisible()), "nothing is said of it");
    await accessible(page);
    await shot(page, "things-wrong");
    steps.expected.length = 0;
    await send(page, { at: "63.347, 13.457", organisation: { label: "Åre fjällräddning" } });
    await page.waitForURL(/\/resources\/[0-9a-f-]+$/);
    must((await standing(page)) === "aldrig bekräftad", `it says ${await standing(page)}`);
    await accessible(page);
    await shot(page, "things-resource");
  });
  await steps.step("a kind is added to the catalogue, and a mistake in it stands beside its field", async () => {
    await page.goto(`${certus.base}/resources/kinds/new`);
    await accessible(page);
    steps.expected.push("/resources/kinds");
    await send(page, { code: "hydrocopter", name_sv: "hydrokopter", the_sv: "hydrokoptern", name_en: "hydrocopter", the_en: "the hydrocopter", season: "ice", licence: "boat_licence", confirmed: "99" });
    await page.waitForSelector("#confirmed-wrong");
    must((await page.locator("#confirmed").getAttribute("aria-invalid")) === "true", "the months are not marked");
    await accessible(page);
    await shot(page, "things-kind-wrong");
    steps.expected.length = 0;
    await send(page, { confirmed: "3" });
    await page.waitForSelector('a[href="/resources/kinds/hydrocopter/edit"]');
    await accessible(page);
    await shot(page, "things-kinds");
    await fitsPhone(steps, page);
    await shot(page, "things-kinds-phone");
    await page.locator('a[href="/resources/kinds/hydrocopter/edit"]').click();
    await page.waitForSelector("#the_sv");
    await accessible(page);
    await fitsPhone(steps, page);
    await shot(page, "things-kind-phone");
    await page.goto(`${certus.base}/resources/new`);
    must((await page.locator('#kind option[value="hydrocopter"]').innerText()) === "hydrokopter", "it is not offered");
    await page.goto(`${certus.base}/policies/new`);
    must((await page.locator('input[name="fire.bring"][value="hydrocopter"]').count()) === 1, "no policy may want it");
  });
  // The list of people that was imported brings an organisation of its own.
  for (const [path, listed] of [["/resources", 1], ["/organisations", 2]]) {
    await steps.step(`axe-core finds nothing on ${path}`, async () => {
      await page.goto(certus.base + path);
      must((await page.locator("tbody th a").count()) === listed, "it is not in the list");
      await accessible(page);
      await shot(page, `things${path.replace("/", "-")}`);
    });
  }
  await page.goto(`${certus.base}/resources`);
  await fitsPhone(steps, page);
  await page.locator("tbody th a").click();
  await page.waitForSelector("#standing");
  await fitsPhone(steps, page);
  await shot(page, "things-resource-phone");
}

async function withoutScripts(context) {
  const page = context.pages()[0] ?? (await context.newPage());
  await signIn(page);
  await steps.step("a resource is found, confirmed, changed and retired without scripts", async () => {
    await page.goto(`${certus.base}/resources`);
    await page.fill("#q", "jarpen");
    await page.selectOption("#standing", "unconfirmed");
    await page.locator('form[role="search"] button').click();
    await page.locator("tbody th a", { hasText: "AED-0123" }).click();
    await page.locator('form[action$="/confirm"] button').click();
    must((await standing(page)).startsWith("till och med 20"), `it says ${await standing(page)}`);
    await send(page, { hours: "mon-sat 07-21" });
    must((await page.locator("#hours").inputValue()) === "mon-sat 07-21", "the hours are not kept");
    await page.locator('form[action$="/retire"] button').click();
    must((await standing(page)).startsWith("finns inte längre, sedan"), `it says ${await standing(page)}`);
    await page.goto(`${certus.base}/resources`);
    must((await page.locator("tbody th a").count()) === 0, "it is still in the list");
  });
  await steps.step("a kind is retired without scripts, and no longer offered", async () => {
    await page.goto(`${certus.base}/resources/kinds`);
    await page.locator('a[href="/resources/kinds/hydrocopter/edit"]').click();
    must((await page.locator("#new-ones").innerText()) === "ja", "there may be no new ones before");
    await page.locator('form[action="/resources/kinds/hydrocopter/retire"] button').click();
    must((await page.locator("tbody th", { hasText: "hydrokopter (utgånget)" }).count()) === 1, "it is not said to be retired");
    await page.goto(`${certus.base}/resources/new`);
    must((await page.locator('#kind option[value="hydrocopter"]').count()) === 0, "it is still offered");
    await page.goto(`${certus.base}/resources`);
  });
  await steps.step("a season is said to be on", async () => {
    await page.locator('form[action="/seasons"] button').first().click();
    must((await page.locator("#seasons ~ ul strong").innerText()) === "råder", "it is not on");
  });
  await steps.step("a contact is taken away", async () => {
    await page.goto(`${certus.base}/organisations`);
    await page.getByRole("link", { name: "Åre fjällräddning" }).click();
    await page.locator('form[action$="/contacts/remove"] button').click();
    must((await page.locator('form[action$="/contacts/remove"]').count()) === 0, "the contact is still there");
  });
}
