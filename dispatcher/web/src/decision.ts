// Why these people: every search of an incident with each candidate that was considered and its reason.

import { api, Refused, type Candidate, type Search } from "./api.js";
import { distance } from "./call-outs.js";
import { el, replace } from "./dom.js";
import { clockSeconds } from "./time.js";
import { sentence, word } from "./words.js";

/** Reads the decision and draws it. */
export async function drawDecision(parent: HTMLElement, incident: string): Promise<void> {
  try {
    const { searches } = await api.decision(incident);
    if (searches.length === 0) replace(parent, el("p", { class: "quiet" }, word("console-no-search")));
    else replace(parent, ...[...searches].reverse().map(search));
  } catch (error) {
    const message = error instanceof Refused ? error.message : String(error);
    replace(parent, el("p", { class: "error" }, message));
  }
}

function search(found: Search): HTMLElement {
  const chosen = found.candidates.filter((candidate) => candidate.chosen);
  const passed = found.candidates.filter((candidate) => !candidate.chosen);
  const limit = found.limit_s === null ? null : word("console-search-limit", { n: Math.round(found.limit_s / 60) });
  const facts = [word("console-search-model", { model: found.travel_model }), word("console-search-policy", { version: found.policy_version }), limit];
  return el(
    "section",
    { class: "search" },
    el("h4", {}, word("console-search", { n: found.search, time: clockSeconds(found.at) })),
    el("p", { class: "quiet" }, facts.filter((fact) => fact !== null).join(" · ")),
    el("ol", { class: "candidates" }, ...[...chosen, ...passed].map(candidateLine)),
    found.left_out.length > 0 ? el("p", { class: "quiet" }, found.left_out.map((thing) => sentence(thing.sentence)).join(" ")) : null,
    found.unlisted > 0 ? el("p", { class: "quiet" }, word("console-search-unlisted", { n: found.unlisted })) : null,
  );
}

function candidateLine(candidate: Candidate): HTMLElement {
  const verdict = word(candidate.chosen ? "console-was-chosen" : "console-was-passed");
  return el(
    "li",
    { class: candidate.chosen ? "is-chosen" : "" },
    el("span", { class: "verdict" }, verdict),
    el("span", { class: "name" }, `${candidate.name}, ${distance(candidate.distance_m)}`),
    el("span", { class: "reason" }, [candidate.sentence, ...candidate.errands].map(sentence).join(" ")),
  );
}
