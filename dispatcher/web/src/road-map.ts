// The map of closed places: a circle as wide as the place, and a sign that is seen from afar.

import * as L from "leaflet";
import { groundMap } from "./ground.js";
import type { Row } from "./road-edits.js";

/** A place is shown with so much around it, in times its radius. */
const AROUND = 4;

export class RoadMap {
  private readonly map: L.Map;
  private readonly closures = L.layerGroup();
  private readonly drawn = L.layerGroup();

  constructor(element: HTMLElement, onPlace: (at: L.LatLng) => void) {
    this.map = groundMap(element);
    this.closures.addTo(this.map);
    this.drawn.addTo(this.map);
    this.map.on("click", (event) => onPlace(event.latlng));
  }

  show(rows: Row[]): void {
    this.closures.clearLayers();
    for (const { closure, state } of rows) {
      const className = `map-closure is-${state}`;
      const at: L.LatLngTuple = [closure.lat, closure.lon];
      this.closures.addLayer(L.circle(at, { radius: closure.radius_m, className, interactive: false }));
      const icon = L.divIcon({ className: `map-closed is-${state}`, iconSize: [20, 20] });
      this.closures.addLayer(L.marker(at, { icon, keyboard: false, alt: closure.reason }).bindTooltip(closure.reason));
    }
  }

  /** Shows the place that is being described, or none. */
  draft(at: { lat: number; lon: number } | null, radius: number): void {
    this.drawn.clearLayers();
    if (at === null) return;
    const quiet = { interactive: false, keyboard: false };
    this.drawn.addLayer(L.circle([at.lat, at.lon], { ...quiet, radius, className: "map-closure is-draft" }));
    const icon = L.divIcon({ className: "map-draft", iconSize: [26, 26] });
    this.drawn.addLayer(L.marker([at.lat, at.lon], { ...quiet, icon, zIndexOffset: 900 }));
  }

  /** Goes there, as near as the place is wide. */
  frame(at: { lat: number; lon: number }, radius: number): void {
    const bounds = L.latLng(at.lat, at.lon).toBounds(2 * AROUND * radius);
    this.map.fitBounds(bounds, { maxZoom: 13, animate: false });
  }
}
