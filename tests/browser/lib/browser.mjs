// A browser for tests: real Chromium, a fresh profile, and a list of everything that a healthy page never does.
//
// CHROMIUM names another executable; SCREENSHOTS=folder keeps pictures.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

/** Milliseconds within which something must be seen; call-outs need a search and a stream. */
export const SOON = 15_000;

const shots = process.env.SCREENSHOTS;

export function must(condition, words) {
  if (!condition) throw new Error(words);
}

/** Keeps a picture of the page where pictures are wanted. */
export async function shot(page, name) {
  if (shots) await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
}

/** Steps that are told one by one; a step fails also by what the browser complained of during it. */
export class Steps {
  faults = [];
  /** Texts of errors that a step causes on purpose. */
  expected = [];
  passed = 0;
  failed = 0;

  async step(name, work) {
    const before = this.faults.length;
    try {
      await work();
      const fresh = this.faults.slice(before);
      if (fresh.length > 0) throw new Error(fresh.join("\n       "));
      this.passed += 1;
      console.log(`ok     ${name}`);
    } catch (error) {
      this.failed += 1;
      console.log(`FAILED ${name}\n       ${error.message}`);
    }
  }

  /** Prints the count and ends the process: with 1 when something failed. */
  end() {
    console.log(`${this.passed} passed, ${this.failed} failed`);
    process.exit(this.failed === 0 ? 0 : 1);
  }

  watch(context, base) {
    const host = new URL(base).host;
    context.on("request", (request) => {
      const url = new URL(request.url());
      if (url.protocol.startsWith("http") && url.host !== host) this.faults.push(`request to another host: ${url.host}`);
    });
    context.on("console", (message) => {
      const known = this.expected.some((text) => `${message.text()} ${message.location().url}`.includes(text));
      if (message.type() === "error" && !known) this.faults.push(`console: ${message.text()} (${message.location().url})`);
    });
    context.on("weberror", (error) => this.faults.push(`uncaught: ${error.error().message}`));
  }
}

/** The page as it stands fits a small phone. */
export async function fitsPhone(steps, page) {
  await steps.step("nothing is wider than a phone of 360 pixels", async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    must(wide <= 360, `the page is ${wide} pixels wide`);
  });
}

/** Lets `work(context)` have a browser of its own, and closes it. */
export async function inBrowser(steps, base, options, work) {
  const profile = await mkdtemp(join(tmpdir(), "certus-browser-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    locale: "sv-SE",
    viewport: { width: 1440, height: 900 },
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
    ...options,
  });
  context.setDefaultTimeout(SOON);
  steps.watch(context, base);
  try {
    await work(context);
  } finally {
    await context.close();
    await rm(profile, { recursive: true, force: true });
  }
}
