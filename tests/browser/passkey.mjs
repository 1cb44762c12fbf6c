// Signing in with a passkey, in real Chromium with its own virtual authenticator: added at /account, shown at /sign-in, taken away.
//
//   CERTUS_BIN=target/debug/certus node passkey.mjs

import { accessible } from "./lib/axe.mjs";
import { fitsPhone, inBrowser, must, shot, Steps } from "./lib/browser.mjs";
import { Certus, Taker } from "./lib/certus.mjs";

const PASSWORD = "algen gar i skymningen";
const texts = await new Taker().listen();
const certus = await Certus.start(texts.port, "localhost"); // a bare address has no passkeys
certus.run(["user", "add", "--login", "anna", "--name", "Anna Berg", "--role", "board", "--password-stdin"], PASSWORD);
const steps = new Steps();
try {
  await inBrowser(steps, certus.base, {}, withAnAuthenticator);
  await inBrowser(steps, certus.base, { javaScriptEnabled: false }, withoutScripts);
} finally {
  await certus.stop();
  await texts.close();
}
steps.end();

/** An authenticator like the one of a phone: it keeps whose its keys are, and knows its holder by a finger. */
async function authenticator(context, page) {
  const session = await context.newCDPSession(page);
  await session.send("WebAuthn.enable");
  const options = { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true };
  const added = await session.send("WebAuthn.addVirtualAuthenticator", { options: { ...options, automaticPresenceSimulation: true } });
  return { session, id: added.authenticatorId };
}

async function withAnAuthenticator(context) {
  const page = context.pages()[0] ?? (await context.newPage());
  const { session, id } = await authenticator(context, page);
  await steps.step("a passkey is added by whoever types the password once more", async () => {
    await certus.signInAs(page, "anna", PASSWORD);
    await page.goto(`${certus.base}/account`);
    await page.fill("#passkey-name", "Tjänstetelefon");
    steps.expected.push("/account/passkeys/challenge"); // the browser notes a refusal
    await page.fill("#passkey-password", "something else");
    await page.click("#passkey-add button");
    await page.waitForSelector("#passkey-said:not([hidden])");
    const said = await page.textContent("#passkey-said");
    must(said.includes("fel"), `the refusal says what was wrong, and not: ${said}`);
    await page.fill("#passkey-password", PASSWORD);
    await page.click("#passkey-add button");
    await page.waitForSelector("ul.plain strong:has-text('Tjänstetelefon')"); // the help beside the field has the word too
    await accessible(page);
    await shot(page, "passkey-account");
    const { credentials } = await session.send("WebAuthn.getCredentials", { authenticatorId: id });
    must(credentials.length === 1 && credentials[0].isResidentCredential, "the authenticator keeps it");
  });
  await fitsPhone(steps, page);
  await steps.step("it signs its holder in without a login or a password", async () => {
    await context.clearCookies();
    await page.goto(`${certus.base}/sign-in`);
    await accessible(page);
    await shot(page, "passkey-sign-in");
    await page.click("#passkey-sign-in");
    await page.waitForURL(`${certus.base}/`);
    await page.goto(`${certus.base}/account`);
    must((await page.textContent("h1 ~ dl")).includes("Anna Berg"), "it is Anna who is signed in");
  });
  await steps.step("once taken away it opens nothing, and the page says so", async () => {
    await page.click("button:has-text('Ta bort')");
    await page.waitForSelector("p:has-text('Du har ingen passkey')");
    await context.clearCookies();
    await page.goto(`${certus.base}/sign-in`);
    steps.expected.push("/sign-in/passkey");
    await page.click("#passkey-sign-in");
    await page.waitForSelector("#passkey-said:not([hidden])");
    must(page.url() === `${certus.base}/sign-in`, "nobody is signed in");
  });
}

async function withoutScripts(context) {
  const page = context.pages()[0] ?? (await context.newPage());
  await steps.step("without scripts there is the password, and no button that does nothing", async () => {
    await page.goto(`${certus.base}/sign-in`);
    must(!(await page.isVisible("#passkey")), "the passkey's part is hidden");
    await certus.signInAs(page, "anna", PASSWORD);
  });
}
