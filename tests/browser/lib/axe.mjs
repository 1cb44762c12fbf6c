// What axe-core finds wrong with a page for people who cannot see it, cannot hold a mouse, or see badly (WCAG 2.1 A and AA).

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import { must } from "./browser.mjs";

const source = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Fails with every violation that axe-core finds on the page as it stands. */
export async function accessible(page) {
  await page.evaluate(source);
  const { violations } = await page.evaluate(() =>
    window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] }),
  );
  const said = violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(" | ")}`);
  must(said.length === 0, said.join("\n       "));
}
