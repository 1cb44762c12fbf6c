// What the server says while the page is open, and the honest banner when it says nothing.

import { byId } from "./dom.js";
import { clockSeconds, now } from "./time.js";
import { word } from "./words.js";

/** How long after a lost connection the page tries again by itself, in milliseconds. */
const AGAIN = 3_000;

export class Live {
  private source: EventSource | null = null;
  private lostAt: number | null = null;

  constructor(
    private readonly onIncident: (id: string, version: number) => void,
    private readonly onResync: () => void,
  ) {}

  start(): void {
    window.addEventListener("offline", () => this.lost());
    // A stream may look open though the network that it came over is gone: begin a new one.
    window.addEventListener("online", () => this.connect());
    this.connect();
  }

  private connect(): void {
    this.source?.close();
    const source = new EventSource("/v1/events");
    this.source = source;
    source.addEventListener("open", () => this.opened());
    source.addEventListener("error", () => this.failed(source));
    source.addEventListener("resync", () => this.onResync());
    source.addEventListener("incident", (event) => {
      const { id, version } = JSON.parse(String((event as MessageEvent).data)) as { id: string; version: number };
      this.onIncident(id, version);
    });
  }

  /** Another request failed to get through: the picture may be old. */
  lost(): void {
    this.lostAt ??= now();
    const banner = byId("lost", HTMLElement);
    banner.hidden = false;
    banner.textContent = word("console-lost", { time: clockSeconds(this.lostAt) });
    byId("live", HTMLElement).textContent = word("console-not-live");
    document.body.classList.add("is-lost");
  }

  private opened(): void {
    // What happened meanwhile is read anew; nothing relies on the stream having kept it.
    // The first time too: something may have happened between the first reading and now.
    this.onResync();
    this.found();
  }

  /** Everything was read anew: if the stream is there too, the picture is up to date. */
  answered(): void {
    if (this.lostAt !== null && this.source?.readyState === EventSource.OPEN) this.found();
  }

  /** The picture is up to date again. */
  private found(): void {
    this.lostAt = null;
    byId("lost", HTMLElement).hidden = true;
    byId("live", HTMLElement).textContent = word("console-live");
    document.body.classList.remove("is-lost");
  }

  private failed(source: EventSource): void {
    this.lost();
    if (source.readyState !== EventSource.CLOSED || source !== this.source) return;
    // The browser has given up (an error status); it would not try again by itself.
    this.source = null;
    window.setTimeout(() => {
      if (this.source === null) this.connect();
    }, AGAIN);
  }
}
