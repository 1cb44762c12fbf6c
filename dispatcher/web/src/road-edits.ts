// What an operator has changed on the roads and not saved yet, kept apart from what holds: when somebody else is faster, theirs
// comes in below and the edits stay.

import type { Closure, Factors, RoadConditions } from "./api.js";

export type Row = { closure: Closure; state: "kept" | "added" | "removed" };

const key = (closure: Closure) =>
  JSON.stringify([closure.lat, closure.lon, closure.radius_m, closure.reason, closure.until]);

export class RoadEdits {
  private added: Closure[] = [];
  private readonly removed = new Set<string>();
  private readonly factors = new Map<string, number>();

  constructor(private base: RoadConditions) {}

  /** Takes over what holds now; an edit that it has already is none any more. True when it was news. */
  learn(base: RoadConditions): boolean {
    const news = base.version !== this.base.version;
    this.base = base;
    const held = new Set(base.closures.map(key));
    this.added = this.added.filter((closure) => !held.has(key(closure)));
    for (const gone of [...this.removed]) if (!held.has(gone)) this.removed.delete(gone);
    for (const [name, factor] of [...this.factors]) this.setFactor(name, factor);
    return news;
  }

  get holds(): RoadConditions {
    return this.base;
  }

  get count(): number {
    return this.added.length + this.removed.size + this.factors.size;
  }

  /** Every closed place, those that were added first. */
  rows(): Row[] {
    const kept = this.base.closures.map((closure): Row => {
      return { closure, state: this.removed.has(key(closure)) ? "removed" : "kept" };
    });
    return [...this.added.map((closure): Row => ({ closure, state: "added" })), ...kept];
  }

  add(closure: Closure): void {
    this.added.unshift(closure);
  }

  /** Takes a place away, or does not after all. */
  toggle({ closure, state }: Row): void {
    if (state === "added") this.added = this.added.filter((other) => other !== closure);
    else if (state === "kept") this.removed.add(key(closure));
    else this.removed.delete(key(closure));
  }

  /** The factor that holds. */
  factorHeld(name: string): number {
    return this.base.factors[name] ?? 1;
  }

  /** The factor as it would be saved. */
  factor(name: string): number {
    return this.factors.get(name) ?? this.factorHeld(name);
  }

  setFactor(name: string, factor: number): void {
    if (factor === this.factorHeld(name)) this.factors.delete(name);
    else this.factors.set(name, factor);
  }

  /** What is to be saved; what has expired at `now` since it was read is no longer in it. */
  wanted(now: number): { version: number; closures: Closure[]; factors: Factors } {
    const expired = ({ closure }: Row) => closure.until !== null && Date.parse(closure.until) <= now;
    const rows = this.rows().filter((row) => row.state === "added" || (row.state === "kept" && !expired(row)));
    const factors = Object.fromEntries(
      Object.entries({ ...this.base.factors, ...Object.fromEntries(this.factors) }).filter(([, factor]) => factor !== 1),
    );
    return { version: this.base.version, closures: rows.map(({ closure }) => closure), factors };
  }
}
