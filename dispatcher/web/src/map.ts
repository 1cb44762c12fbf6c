// The console's map: the open incidents and the people on their way.

import * as L from "leaflet";
import type { Incident, State } from "./api.js";
import { groundMap, reveal } from "./ground.js";
import { word } from "./words.js";

/** The people whose markers are drawn: those who are coming or there. */
const SHOWN = new Set<State>(["accepted", "departed", "on_scene"]);

export class CountyMap {
  private readonly map: L.Map;
  private readonly incidents = L.layerGroup();
  private readonly people = L.layerGroup();
  private draft: L.Marker | null = null;

  constructor(element: HTMLElement, onPlace: (at: L.LatLng) => void, private readonly onChoose: (id: string) => void) {
    this.map = groundMap(element);
    this.people.addTo(this.map);
    this.incidents.addTo(this.map);
    this.map.on("click", (event) => onPlace(event.latlng));
  }

  /** Draws the open incidents and the people of the chosen one. */
  show(open: Incident[], chosen: Incident | null): void {
    this.incidents.clearLayers();
    this.people.clearLayers();
    for (const incident of open) this.incidents.addLayer(this.incidentMarker(incident, incident.id === chosen?.id));
    for (const callout of chosen?.callouts ?? []) {
      if (callout.position === null || !SHOWN.has(callout.state)) continue;
      const icon = L.divIcon({ className: `map-person state-${callout.state}`, iconSize: [18, 18] });
      const title = `${callout.name}: ${word(`console-state-${callout.state.replace("_", "-")}`)}`;
      const marker = L.marker([callout.position.lat, callout.position.lon], { icon, title, alt: title, keyboard: false });
      this.people.addLayer(marker.bindTooltip(title));
    }
  }

  private incidentMarker(incident: Incident, chosen: boolean): L.Marker {
    const over = incident.phase === "stood_down" || incident.phase === "closed";
    const className = `map-incident${chosen ? " is-chosen" : ""}${over ? " is-over" : ""}`;
    const icon = L.divIcon({ className, iconSize: chosen ? [30, 30] : [22, 22] });
    const title = `${word(`event-${incident.event_type.replaceAll("_", "-")}`)}, ${incident.place.name}`;
    const marker = L.marker([incident.place.lat, incident.place.lon], { icon, title, alt: title, zIndexOffset: 500 });
    return marker.on("click", () => this.onChoose(incident.id));
  }

  /** Puts the pin of the alarm that is being written, or takes it away. */
  pin(at: { lat: number; lon: number } | null): void {
    this.draft?.remove();
    this.draft = null;
    if (at === null) return;
    const icon = L.divIcon({ className: "map-draft", iconSize: [26, 26] });
    this.draft = L.marker([at.lat, at.lon], { icon, interactive: false, keyboard: false, zIndexOffset: 900 }).addTo(this.map);
  }

  /** Moves there unless it is in sight already. */
  reveal(at: { lat: number; lon: number }): void {
    reveal(this.map, at);
  }

  /** Shows the incident and everybody on the way to it. */
  frame(incident: Incident): void {
    const points: L.LatLngExpression[] = [[incident.place.lat, incident.place.lon]];
    for (const { position, state } of incident.callouts) {
      if (position !== null && SHOWN.has(state)) points.push([position.lat, position.lon]);
    }
    this.map.fitBounds(L.latLngBounds(points), { padding: [60, 60], maxZoom: 12, animate: false });
  }
}
