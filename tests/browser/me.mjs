// One's own page and the application, with and without JavaScript: a code by text message, what is held, pausing, applying with a
// certificate that the board can open, leaving; and what axe-core says of every step.
//
//   CERTUS_BIN=target/debug/certus node me.mjs

import { accessible } from "./lib/axe.mjs";
import { fitsPhone, inBrowser, must, shot, Steps } from "./lib/browser.mjs";
import { Certus, Taker, until } from "./lib/certus.mjs";

const ANNA = "+999100000001";
const NEW = "+46701740605";
const PDF = Buffer.from("%PDF-1.4\n1 0 obj <</Type /Catalog>> endobj\ntrailer <</Root 1 0 R>>\n%%EOF\n");
const texts = await new Taker().listen();
const certus = await Certus.start(texts.port);
const steps = new Steps();
try {
  await inBrowser(steps, certus.base, { javaScriptEnabled: false, acceptDownloads: true }, withoutScripts);
  await inBrowser(steps, certus.base, {}, everyPage);
} finally {
  await certus.stop();
  await texts.close();
}
steps.end();

/** The digits of the next text to `phone` after the first `seen` ones. */
async function codeTo(phone, seen) {
  return until(`a code to ${phone}`, () => {
    const said = texts.taken.slice(seen).map(({ body }) => JSON.parse(body));
    const found = said.map(({ to, text }) => to === phone && text.match(/(?:är|is) (\d{6})/)).findLast(Boolean);
    return found && found[1];
  });
}

async function signIn(page, phone, look = async () => {}) {
  await page.goto(`${certus.base}/me`);
  await page.waitForURL(/\/me\/sign-in$/);
  await look("me-sign-in");
  const seen = texts.taken.length;
  await page.fill("#phone", phone);
  await page.click("main form button");
  await look("me-code");
  await page.fill("#code", await codeTo(phone, seen));
  await page.click("main form button");
  await page.waitForURL(/\/me$/);
}

async function withoutScripts(context) {
  const page = context.pages()[0] ?? (await context.newPage());

  await steps.step("a code by text message opens one's own page", async () => {
    await certus.raise("cardiac_arrest");
    await signIn(page, ANNA);
    const said = await page.locator("main").innerText();
    for (const words of ["Anna Berg", ANNA, "HLR", "Järpen", "hjärtstopp"]) must(said.includes(words), `no ${words}: ${said}`);
    await shot(page, "me");
  });

  await steps.step("a wrong code is refused in words, and a strange number is answered like any other", async () => {
    steps.expected.push("/me/code");
    const stranger = await context.newPage();
    await stranger.goto(`${certus.base}/me/sign-in`);
    await stranger.fill("#phone", "+999100009999");
    await stranger.click("main form button");
    await stranger.fill("#code", "000000");
    await stranger.click("main form button");
    must((await stranger.locator("#refusal").innerText()).includes("4 försök"), await stranger.locator("main").innerText());
    await stranger.close();
    steps.expected.length = 0;
  });

  await steps.step("a pause holds, and its end", async () => {
    await page.goto(`${certus.base}/me`);
    await page.fill("#until", "2099-01-01T17:00");
    await page.click('button[value="off_until"]');
    must((await page.locator("#duty-now").innerText()).includes("2099-01-01 17:00"), await page.locator("#duty-now").innerText());
    await page.click('button[value="on"]');
    must((await page.locator("#duty-now").innerText()).includes("i tjänst"), await page.locator("#duty-now").innerText());
  });

  await steps.step("the week is ticked by keyboard, and an exception is added and removed", async () => {
    const week = page.locator('form[action="/me/availability"]');
    await week.locator('[value="0-0"]').focus();
    for (const key of ["Space", "Tab", "Space"]) await page.keyboard.press(key);
    await week.locator("button").click();
    must(!(await week.locator('[value="0-0"]').isChecked()) && !(await week.locator('[value="1-0"]').isChecked()), "it is not kept");
    must(await week.locator('[value="2-0"]').isChecked(), "another block is gone");
    const exception = page.locator('form[action="/me/exceptions"]');
    await exception.locator('[name="from"]').fill("2030-07-01T12:00");
    await exception.locator('[name="to"]').fill("2030-07-15T12:00");
    await exception.locator("button").click();
    must((await page.locator("#exceptions li").count()) === 1, "the exception is not there");
    await shot(page, "me-plan");
    await page.locator('form[action="/me/exceptions/remove"] button').click();
    must((await page.locator("#exceptions li").count()) === 0, "the exception is still there");
  });

  await steps.step("a calendar is looked at before it counts, and goes again", async () => {
    await page.click('a[href="/me/calendar"]');
    const day = new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 10);
    const event = `BEGIN:VEVENT\r\nUID:1\r\nDTSTART;VALUE=DATE:${day.replaceAll("-", "")}\r\nEND:VEVENT\r\n`;
    const send = async (text) => {
      await page.setInputFiles("#file", { name: "jobb.ics", mimeType: "text/calendar", buffer: Buffer.from(text) });
      await page.fill("#name", "Jobb");
      await page.click("#look button");
    };
    steps.expected.push("/me/calendar/look");
    await send("<html>");
    must((await page.locator("#refusal").innerText()).includes("kalender"), await page.locator("main").innerText());
    steps.expected.length = 0;
    await send(`BEGIN:VCALENDAR\r\nVERSION:2.0\r\n${event}END:VCALENDAR\r\n`);
    must((await page.locator("main").innerText()).includes(`${day} 00:00`), await page.locator("main").innerText());
    await shot(page, "me-calendar-preview");
    await page.click("#import button");
    must((await page.locator("#imported li").innerText()).startsWith("Jobb: 1"), await page.locator("main").innerText());
    await page.click('form[action="/me/calendar/feed"] button');
    const address = await page.locator("#address").innerText();
    await shot(page, "me-calendar");
    const fetched = await fetch(certus.base + new URL(address).pathname);
    const said = await fetched.text();
    must(fetched.status === 200 && said.includes("Kan inte larmas") && !said.includes("Anna"), said);
    await page.click('form[action="/me/calendar/feed/end"] button');
    must((await fetch(certus.base + new URL(address).pathname)).status === 404, "the address still leads somewhere");
    await page.click('form[action="/me/calendar/remove"] button');
    must((await page.locator("#imported").count()) === 0, "the calendar is still there");
    await page.goto(`${certus.base}/me`);
  });

  await steps.step("a certificate is sent later", async () => {
    await page.click('a[href="/me/certificates"]');
    await page.selectOption("#competence", "boat_licence");
    await page.fill("#until", "2031-05-01");
    await page.setInputFiles("#certificate", { name: "intyg.pdf", mimeType: "application/pdf", buffer: PDF });
    await page.click("#claim button");
    must((await page.locator("#open li").innerText()).includes("förarintyg"), await page.locator("main").innerText());
    await shot(page, "me-certificates");
    await page.goto(`${certus.base}/me`);
  });

  await steps.step("what is held can be taken along", async () => {
    for (const [kind, words] of [["json", '"phone": "+999100000001"'], ["csv", "person.phone,'+999100000001"]]) {
      const [download] = await Promise.all([page.waitForEvent("download"), page.click(`a[href="/me/export.${kind}"]`)]);
      const chunks = [];
      for await (const chunk of await download.createReadStream()) chunks.push(chunk);
      const file = Buffer.concat(chunks).toString();
      must(file.includes(words), `${kind}: ${file.slice(0, 2000)}`);
    }
  });

  await steps.step("somebody applies, and what is no PDF is told", async () => {
    await context.clearCookies();
    await page.goto(`${certus.base}/apply`);
    await page.fill("#name", "Nils Nyh");
    await page.fill("#phone", "070-174 06 05");
    const seen = texts.taken.length;
    await page.click("main form button");
    await page.fill("#code", await codeTo(NEW, seen));
    await page.click("main form button");
    await page.check('input[value="cpr"]');
    await page.fill("#home", "Järpen");
    await page.check('input[name="agrees"]');
    const file = (buffer) => page.setInputFiles("#certificate", { name: "intyg.pdf", mimeType: "application/pdf", buffer });
    await file(Buffer.from("MZ, and not what it says"));
    steps.expected.push("/apply/details");
    await page.click("main form button");
    must((await page.locator("#refusal").innerText()).includes("varken"), await page.locator("main").innerText());
    steps.expected.length = 0;
    await shot(page, "apply-refused");
    must(await page.isChecked('input[value="cpr"]'), "what was ticked is gone");
    await file(PDF);
    await page.check('input[name="agrees"]');
    await page.click("main form button");
    must((await page.locator("h1").innerText()).startsWith("Tack"), await page.locator("main").innerText());
    await shot(page, "apply-done");
  });

  await steps.step("the board finds the applicant in the queue and saves the certificate", async () => {
    const password = "algen gar i skymningen";
    await page.goto(`${certus.base}/sign-in`);
    await page.fill("#login", "browser");
    await page.fill("#password", password);
    await page.click("#sign-in button");
    await page.goto(`${certus.base}/vetting?stage=applied`);
    await page.locator("#claims a").click();
    await shot(page, "claim-person");
    await page.locator('#claims + .steps button[value="true"]').click();
    must((await page.locator("dl.facts").innerText()).includes("förarintyg"), "what was accepted is not there");
    await page.goto(`${certus.base}/vetting?stage=applied`);
    await page.click("text=Nils Nyh");
    const [download] = await Promise.all([page.waitForEvent("download"), page.click("#certificates a")]);
    const chunks = [];
    for await (const chunk of await download.createReadStream()) chunks.push(chunk);
    must(Buffer.concat(chunks).equals(PDF), "the file has changed");
    await shot(page, "apply-person");
  });

  await steps.step("the applicant sees who has looked, and leaves", async () => {
    await signIn(page, NEW);
    const looked = await page.locator("#looked").innerText();
    for (const words of ["Browser (operatör, länsstyrelse): öppnade ett intyg", "du själv: ansökte"]) must(looked.includes(words), looked);
    await page.click('a[href="/me/leave"]');
    await shot(page, "me-leave");
    await page.check('input[name="sure"]');
    await page.click("main form button");
    must((await page.locator("h1").innerText()) === "Du har lämnat Certus", await page.locator("main").innerText());
    await page.goto(`${certus.base}/me`);
    must(page.url().endsWith("/me/sign-in"), page.url());
    const said = certus.run(["audit", "verify"]);
    must(/^\d+ entries/.test(said), said);
    must(certus.run(["retention", "--dry-run"]).includes("\tapplications"), "no count of applications");
  });
}

async function everyPage(context) {
  const page = context.pages()[0] ?? (await context.newPage());
  const look = async (name) => {
    await accessible(page);
    await shot(page, name);
  };
  await steps.step("axe-core finds nothing on the way to one's own page and on it", async () => {
    await signIn(page, ANNA, look);
    await look("me-with-scripts");
    await page.goto(`${certus.base}/me/leave?lang=en`);
    await look("me-leave-en");
    await page.goto(`${certus.base}/me/calendar`);
    await look("me-calendar-en");
    await page.goto(`${certus.base}/me/certificates`);
    await look("me-certificates-en");
    await page.goto(`${certus.base}/me`);
    await look("me-en");
  });
  await fitsPhone(steps, page);
  await steps.step("nor on the steps of an application", async () => {
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.goto(`${certus.base}/apply?lang=sv`);
    await look("apply");
    await page.fill("#name", "Nils Nyh");
    await page.fill("#phone", NEW);
    const seen = texts.taken.length;
    await page.click("main form button");
    await look("apply-code");
    await page.fill("#code", await codeTo(NEW, seen));
    await page.click("main form button");
    await look("apply-details");
  });
  await fitsPhone(steps, page);
}
