// Says on the console that a way to phones is broken: a strip below the bar, gone by itself when all is well.

import { api, type Bridge, type Gateway } from "./api.js";
import { byId } from "./dom.js";
import { now, since } from "./time.js";
import { word } from "./words.js";

/** How often the server is asked, in milliseconds. */
const LOOK = 10_000;
/** How long a message may wait until the operator is told, in milliseconds: alarms leave within a second. */
const WAITS_MAX = 30_000;

/** What is wrong: `lost` when alarms no longer get through by a way, else the others still carry them. */
type Trouble = { words: string; lost: boolean };

/** Looks now and from then on. */
export function watchWays(): void {
  void look();
  window.setInterval(() => void look(), LOOK);
}

/** A failure leaves what was said last; that the server is gone, the page says elsewhere. */
async function look(): Promise<void> {
  const bridge = await api.gateways().catch(() => null);
  if (bridge !== null) show(troubles(bridge));
}

/** Writes only what has changed: a screen reader says each sentence once. */
function show(found: Trouble[]): void {
  const texts = { "ways-weak": found.filter(({ lost }) => !lost), "ways-lost": found.filter(({ lost }) => lost) };
  for (const [id, some] of Object.entries(texts)) {
    const place = byId(id, HTMLElement);
    const text = some.map(({ words }) => words).join(" ");
    if (place.textContent !== text) place.textContent = text;
  }
  const strip = byId("ways", HTMLElement);
  strip.classList.toggle("is-shown", found.length > 0);
  strip.classList.toggle("is-lost-way", texts["ways-lost"].length > 0);
}

function troubles({ gateways, oldest_unsent }: Bridge): Trouble[] {
  const found = (["push", "sms", "voice"] as const).flatMap((channel) => ofChannel(channel, gateways));
  const waits = oldest_unsent !== null && now() - Date.parse(oldest_unsent) > WAITS_MAX;
  if (waits) found.push({ words: word("console-ways-waiting", { time: since(oldest_unsent) }), lost: true });
  return found;
}

function ofChannel(channel: Gateway["channel"], gateways: Gateway[]): Trouble[] {
  const names = (some: Gateway[]) => some.map(({ name }) => name).join(", ");
  const all = gateways.filter((gateway) => gateway.channel === channel);
  const out = all.filter(({ circuit }) => circuit !== "closed");
  if (out.length === 0) return [];
  const others = all.filter(({ circuit }) => circuit === "closed");
  if (others.length > 0) {
    const words = word(`console-ways-${channel}-out`, { names: names(out), others: names(others) });
    return [{ words, lost: false }];
  }
  // Texts follow a push that fails, and go before a call: only without texts is anybody out of reach.
  return [{ words: word(`console-ways-${channel}-lost`, { names: names(out) }), lost: channel === "sms" }];
}
