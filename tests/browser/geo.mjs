import { inBrowser, Steps } from "./lib/browser.mjs";
import { Certus, Taker } from "./lib/certus.mjs";
const texts = await new Taker().listen(); const certus = await Certus.start(texts.port); const steps = new Steps();
await certus.api("PUT", "/v1/road-conditions", { version: 0, closures: [{ lat: 63.4, lon: 13, radius_m: 400, reason: "Ras" }, { lat: 63.4, lon: 13.4, radius_m: 400, reason: "Ras2" }], factors: {} });
try { await inBrowser(steps, certus.base, {}, async (context) => {
  const page = context.pages()[0];
  await page.goto(`${certus.base}/sign-in#key=${certus.key}`); await page.waitForURL(`${certus.base}/`);
  await page.goto(`${certus.base}/roads?lang=en`); await page.waitForSelector(".closure.is-kept");
  const geo = () => page.evaluate(() => Object.fromEntries([".save", "#save", ".left", "main", "body"].map((s) => { const r = document.querySelector(s).getBoundingClientRect(); return [s, [Math.round(r.top), Math.round(r.bottom)]]; })));
  console.log(JSON.stringify(await geo())); await page.waitForTimeout(1500); console.log(JSON.stringify(await geo()));
  await page.evaluate(() => document.querySelector(".left").scrollTo(0, 9999)); console.log(JSON.stringify(await geo()));
}); } finally { await certus.stop(); await texts.close(); }
