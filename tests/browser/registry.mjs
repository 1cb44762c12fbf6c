// The county board's pages, by keyboard and mouse, with and without JavaScript: people, a vetting by two officials, accounts, the
// log; and what axe-core says of every page of those who sign in.
//
//   CERTUS_BIN=target/debug/certus node registry.mjs

import { fileURLToPath } from "node:url";

import { accessible } from "./lib/axe.mjs";
import { fitsPhone, inBrowser, must, shot, Steps } from "./lib/browser.mjs";
import { Certus, Taker } from "./lib/certus.mjs";

const PASSWORD = "algen gar i skymningen";
const texts = await new Taker().listen();
const certus = await Certus.start(texts.port);
const account = (login, name, ...roles) => {
  const given = ["--login", login, "--name", name, ...roles.flatMap((role) => ["--role", role])];
  certus.run(["user", "add", ...given, "--password-stdin"], PASSWORD);
};
account("anna", "Anna Berg", "board");
account("bo.ek", "Bo Ek", "board", "auditor");
account("admin", "Cilla Ström", "administrator");
certus.run(["import", fileURLToPath(new URL("organisations.csv", import.meta.url))]);
const over = (login, ...given) => certus.run(["user", "add", "--login", login, "--name", login, ...given, "--password-stdin"], PASSWORD);
over("eva.alm", "--role", "organisation", "--organisation", "Byalaget");
over("riket", "--role", "board", "--role", "administrator", "--county", "all");
const steps = new Steps();
try {
  await inBrowser(steps, certus.base, {}, everyPage);
  await inBrowser(steps, certus.base, { javaScriptEnabled: false }, withoutScripts);
} finally {
  await certus.stop();
  await texts.close();
}
steps.end();

async function everyPage(context) {
  const page = context.pages()[0] ?? (await context.newPage());
  await steps.step("axe-core finds nothing on the page of sign-in", async () => {
    await page.goto(`${certus.base}/sign-in`);
    await accessible(page);
  });
  await page.goto("about:blank"); // from one fragment to another nothing is loaded
  await page.goto(certus.signIn);
  await page.waitForURL(`${certus.base}/`);
  for (const path of ["/", "/roads", "/bridge", "/people", "/people/new", "/people/duplicates", "/people/import", "/vetting", "/account"]) {
    await steps.step(`nor on ${path}`, async () => {
      await page.goto(certus.base + path);
      await page.waitForSelector("main");
      await accessible(page);
      await shot(page, `registry${path.replace("/", "-")}`);
    });
  }
  await steps.step("nor on a person's page", async () => {
    await page.goto(`${certus.base}/people`);
    await page.locator("tbody th a").first().click();
    await page.waitForURL(/\/people\/[0-9a-f-]+$/);
    await accessible(page);
    await shot(page, "registry-person-plan");
    await page.goto(`${page.url()}/edit`);
    await page.fill("#birth-year", "2025");
    steps.expected.push("/edit");
    await page.click("#edit button");
    await accessible(page);
    steps.expected.length = 0;
  });
  await steps.step("nor on what a file would change; what was shown is imported", async () => {
    await page.goto(`${certus.base}/people/import`);
    const file = "name;phone;modes\nÅsa Öberg;070-174 06 99;car\nOla;12;car\n";
    await page.setInputFiles("#file", { name: "lista.csv", mimeType: "text/csv", buffer: Buffer.from(file, "latin1") });
    await page.click("#upload button");
    const counts = (await page.locator("#counts dd").allInnerTexts()).join(" ");
    must(counts === "1 0 0 1", `new, changed, unchanged, refused: ${counts}`);
    await accessible(page);
    await shot(page, "registry-import");
    await page.locator('#confirm [name="partial"]').check();
    await page.click("#confirm button");
    await page.waitForSelector("#done");
    await accessible(page);
    await page.goto(`${certus.base}/people?q=asa`);
    must((await page.locator("tbody th a", { hasText: "Åsa Öberg" }).count()) === 1, "she is not in the list");
  });
  await context.clearCookies();
  await certus.signInAs(page, "admin", PASSWORD);
  for (const path of ["/accounts", "/audit"]) {
    await steps.step(`nor on ${path}`, async () => {
      await page.goto(certus.base + path);
      await accessible(page);
      await shot(page, `registry${path.replace("/", "-")}`);
    });
  }
  await fitsPhone(steps, page);
  await context.clearCookies();
  await certus.signInAs(page, "riket", PASSWORD);
  for (const path of ["/accounts", "/people", "/people/new", "/resources/new", "/organisations", "/organisations/new"]) {
    await steps.step(`nor on ${path} of every county`, async () => {
      await page.goto(certus.base + path);
      must((await page.locator("main").innerText()).includes("Län"), "the county is not there");
      await accessible(page);
      await shot(page, `registry-every-county${path.replaceAll("/", "-")}`);
    });
  }
}

async function withoutScripts(context) {
  const page = context.pages()[0] ?? (await context.newPage());
  let person;
  const put = async (step, fields = {}) => {
    const form = page.locator(`form.step:has(input[value="${step}"])`);
    for (const [name, value] of Object.entries(fields)) {
      const field = form.locator(`[name="${name}"]`);
      if ((await field.evaluate(({ tagName }) => tagName)) === "SELECT") await field.selectOption(value);
      else await field.fill(value);
    }
    await form.locator("button").click();
  };
  const standing = () => page.locator("#standing").innerText();

  await steps.step("an official finds somebody by a part of the name", async () => {
    await certus.signInAs(page, "anna", PASSWORD);
    must(page.url().endsWith("/") || page.url().endsWith("/people"), `the first page is ${page.url()}`);
    await page.goto(`${certus.base}/people`);
    const all = await page.locator("tbody tr").count();
    const name = await page.locator("tbody th a").first().innerText();
    await page.fill("#q", name.slice(0, 4).toUpperCase());
    await page.click("form.filter button");
    const found = await page.locator("tbody th a").allInnerTexts();
    must(found.includes(name) && found.length <= all, `${name} is not among ${found}`);
    await page.locator("tbody th a", { hasText: name }).first().click();
    await page.waitForURL(/\/people\/[0-9a-f-]+$/);
    person = page.url();
  });

  await steps.step("when somebody may be asked is written down, and what is wrong is said", async () => {
    const exception = page.locator('form[action$="/exceptions"]');
    const away = async (from, to) => {
      await exception.locator('[name="from"]').fill(from);
      await exception.locator('[name="to"]').fill(to);
      await exception.locator("button").click();
    };
    steps.expected.push("/exceptions");
    await away("2030-07-15T12:00", "2030-07-01T12:00");
    must(await page.locator("#refusal").isVisible(), "an exception may end before it begins");
    steps.expected.length = 0;
    await away("2030-07-01T12:00", "2030-07-15T12:00");
    must((await page.locator("#exceptions li").count()) === 1, "the exception is not there");
    const week = page.locator('form[action$="/availability"]');
    const ticked = week.locator('[name="block"]:checked');
    while ((await ticked.count()) > 0) await ticked.first().uncheck();
    await week.locator('[value="5-3"]').check();
    await week.locator('[name="monthly_max"]').fill("4");
    await week.locator("button").click();
    must((await page.locator("#plan + ul").innerText()).includes("sat 09-12"), "the hours are not kept");
    must((await week.locator('[name="monthly_max"]').inputValue()) === "4", "the maximum is not kept");
    await page.locator('form[action$="/exceptions/remove"] button').click();
    must((await page.locator("#exceptions li").count()) === 0, "the exception is still there");
  });

  await steps.step("details are changed, and a mistake is said at its field", async () => {
    await page.goto(`${person}/edit`);
    await page.fill("#birth-year", "2025");
    steps.expected.push("/edit");
    await page.click("#edit button");
    must((await page.getAttribute("#birth-year", "aria-invalid")) === "true", "the year is not marked");
    await shot(page, "registry-person-edit");
    steps.expected.length = 0;
    await page.fill("#birth-year", "1971");
    await page.click("#edit button");
    await page.waitForURL(person);
    must((await page.locator("dl.facts").innerText()).includes("1971"), "the year is not kept");
  });

  await steps.step("somebody who is there twice is made one", async () => {
    const name = await page.locator("h1").innerText();
    await page.goto(`${certus.base}/people/new`);
    await page.fill("#name", name.split(" ").reverse().join("  ").toUpperCase());
    await page.fill("#birth-year", "1971");
    await page.fill("#phone", "070-174 06 98");
    await page.click("#edit button");
    await page.waitForURL(/\/people\/[0-9a-f-]{36}$/);
    await page.goto(`${certus.base}/people/duplicates`);
    await shot(page, "registry-duplicates");
    await page.locator("tbody tr", { hasText: name }).locator("td:last-child a").first().click();
    await shot(page, "registry-duplicate");
    await page.locator("section", { has: page.locator(`a[href="${new URL(person).pathname}"]`) }).locator("button").click();
    await page.waitForURL(person);
    await page.goto(`${certus.base}/people?q=0701740698`);
    must((await page.locator("tbody tr").count()) === 0, "both are still there");
    await page.goto(person);
  });

  await steps.step("what is put down is dated and named, and what is wrong is said", async () => {
    await put("left");
    must((await standing()) === "har slutat", `it says ${await standing()}`);
    await put("applied");
    await put("interviewed");
    await put("check_reported", { form: "paper", due: "2030-01-31" });
    await put("agreement_signed", { version: "2026-1" });
    must((await page.locator('form.step input[value="check_confirmed"]').count()) === 0, "one official is two");
    await page.click('form[action="/sign-out"] button');
    await certus.signInAs(page, "bo.ek", PASSWORD);
    await page.goto(person);
    must((await page.locator("#reported").innerText()).includes("Anna Berg"), "who has seen it is not said");
    await put("check_confirmed");
    await page.click('form[action="/sign-out"] button');
    await certus.signInAs(page, "anna", PASSWORD);
    await page.goto(person);
    steps.expected.push("/vetting");
    await put("approval_proposed", { until: "2031-01-31" });
    must((await page.locator("#refusal").innerText()).includes("2030-01-31"), "an approval may outlast its check");
    await put("approval_proposed", { until: "2030-01-31" });
    steps.expected.length = 0;
    must((await page.locator('form.step input[value="approved"]').count()) === 0, "she may approve her own proposal");
    await shot(page, "registry-person");
  });

  await steps.step("the other official approves, and sees who has looked", async () => {
    await page.click('form[action="/sign-out"] button');
    await certus.signInAs(page, "bo.ek", PASSWORD);
    await page.goto(person);
    await put("approved");
    must((await standing()) === "godkänd till och med 2030-01-31", `it says ${await standing()}`);
    const looked = await page.locator("h2:has-text('Vem som sett') + ul").innerText();
    must(looked.includes("Anna Berg: såg en person"), looked);
  });

  await steps.step("an organisation keeps its own list, and sees nobody else", async () => {
    await page.click('form[action="/sign-out"] button');
    await certus.signInAs(page, "eva.alm", PASSWORD);
    await page.goto(`${certus.base}/people`);
    must((await page.locator("tbody tr").count()) === 0, "somebody else's people are there");
    await page.click('a[href="/people/new"]');
    must((await page.locator("#organisation").count()) === 0, "the list may be chosen");
    await page.fill("#name", "Ny Medlem");
    await page.fill("#phone", "070-174 06 97");
    await page.click("#edit button");
    await page.waitForURL(/\/people\/[0-9a-f-]{36}$/);
    must((await page.locator("dl.facts").innerText()).includes("Byalaget"), "the member is on no list");
    must((await page.locator("input[name=step]").count()) === 0, "a step of vetting is offered");
    await shot(page, "registry-member");
    await page.goto(`${certus.base}/people`);
    must((await page.locator("tbody tr").count()) === 1, "the member is not on the list");
    await shot(page, "registry-members");
    const there = await page.request.get(person);
    must(there.status() === 404, `a stranger's page answers ${there.status()}`);
  });

  await steps.step("a password that was handed over is changed before anything else", async () => {
    await page.click('form[action="/sign-out"] button');
    await certus.signInAs(page, "admin", PASSWORD);
    await page.goto(`${certus.base}/accounts`);
    await page.fill("#login", "dag");
    await page.fill("#name", "Dag Alm");
    await page.locator('form.narrow input[name="operator"]').check();
    await page.click("form.narrow button");
    const password = await page.locator("#password").innerText();
    await page.click('form[action="/sign-out"] button');
    await page.fill("#login", "dag");
    await page.fill("#password", password);
    await page.click("#sign-in button");
    await page.waitForURL(/\/account$/);
    for (const [field, value] of [["old", password], ["new", `${PASSWORD} igen`], ["again", `${PASSWORD} igen`]]) {
      await page.fill(`#${field}`, value);
    }
    await page.click("form.narrow button");
    await page.waitForURL(/\/sign-in$/);
  });

  await steps.step("the chain of the log holds", async () => {
    const said = certus.run(["audit", "verify"]);
    must(/^\d+ entries, the last is [0-9a-f]{64}$/.test(said.trim()), said);
  });
}
