// The map: our own base map (no tile server), the open incidents and the people on their way.

import * as L from "leaflet";
import areas from "../data/areas.geojson";
import lakes from "../data/lakes.geojson";
import places from "../data/places.geojson";
import rivers from "../data/rivers.geojson";
import type { Incident, State } from "./api.js";
import { word } from "./words.js";

export type Place = { name: string; lat: number; lon: number; population: number };

/** Named places, the largest first. */
export const namedPlaces: Place[] = places.features
  .map((feature) => {
    const [lon, lat] = (feature.geometry as GeoJSON.Point).coordinates as [number, number];
    return { name: String(feature.properties?.["name"]), population: Number(feature.properties?.["population"]), lat, lon };
  })
  .sort((a, b) => b.population - a.population);

/** The named place nearest to a point and the distance to it in kilometres. */
export function nearestPlace(at: { lat: number; lng: number }): { place: Place; km: number } | null {
  const from = L.latLng(at.lat, at.lng);
  const ranked = namedPlaces.map((place) => ({ place, km: from.distanceTo([place.lat, place.lon]) / 1_000 }));
  return ranked.reduce<(typeof ranked)[0] | null>((best, next) => (best && best.km <= next.km ? best : next), null);
}

/** The people whose markers are drawn: those who are coming or there. */
const SHOWN = new Set<State>(["accepted", "departed", "on_scene"]);
/** From this zoom on places of this population are named: [zoom, population]. */
const LABELS: [number, number][] = [[5, 2_000], [6.5, 800], [7.5, 0]];

export class CountyMap {
  private readonly map: L.Map;
  private readonly incidents = L.layerGroup();
  private readonly people = L.layerGroup();
  private readonly labels = L.layerGroup();
  private draft: L.Marker | null = null;

  constructor(element: HTMLElement, onPlace: (at: L.LatLng) => void, private readonly onChoose: (id: string) => void) {
    this.map = L.map(element, { zoomSnap: 0.5, minZoom: 5, maxZoom: 15, maxBounds: [[59.5, 8], [67, 21]] });
    this.map.attributionControl.setPrefix(false).addAttribution(word("console-map-sources"));
    L.control.scale({ imperial: false }).addTo(this.map);
    this.drawBase();
    this.labels.addTo(this.map);
    this.people.addTo(this.map);
    this.incidents.addTo(this.map);
    this.map.on("click", (event) => onPlace(event.latlng));
    this.map.on("zoomend", () => this.drawLabels());
    this.map.fitBounds(L.geoJSON(areas).getBounds(), { padding: [4, 4], animate: false });
    new ResizeObserver(() => this.map.invalidateSize({ animate: false })).observe(element);
  }

  private drawBase(): void {
    const quiet = { interactive: false };
    const level = (name: string) => (feature: GeoJSON.Feature) => feature.properties?.["level"] === name;
    L.geoJSON(areas, { ...quiet, filter: level("lan"), style: { className: "map-county-ground", weight: 0 } }).addTo(this.map);
    L.geoJSON(rivers, { ...quiet, style: { className: "map-river", weight: 1 } }).addTo(this.map);
    L.geoJSON(lakes, { ...quiet, style: { className: "map-lake", weight: 1 } }).addTo(this.map);
    L.geoJSON(areas, { ...quiet, filter: level("kommun"), style: { className: "map-municipality", weight: 1 } }).addTo(this.map);
    L.geoJSON(areas, { ...quiet, filter: level("lan"), style: { className: "map-county", weight: 2 } }).addTo(this.map);
  }

  private drawLabels(): void {
    this.labels.clearLayers();
    const zoom = this.map.getZoom();
    const least = LABELS.reduce((found, [from, population]) => (zoom >= from ? population : found), Infinity);
    const taken: L.Point[] = [];
    for (const place of namedPlaces.filter(({ population }) => population >= least)) {
      const at = this.map.project([place.lat, place.lon], zoom);
      if (taken.some((other) => Math.abs(other.x - at.x) < 84 && Math.abs(other.y - at.y) < 18)) continue;
      taken.push(at);
      this.labels.addLayer(label(place));
    }
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
    const point = L.latLng(at.lat, at.lon);
    if (!this.map.getBounds().pad(-0.1).contains(point)) this.map.setView(point, Math.max(this.map.getZoom(), 8), { animate: false });
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

function label(place: Place): L.Marker {
  const size = place.population >= 10_000 ? "large" : place.population >= 2_000 ? "middle" : "small";
  const html = document.createElement("span");
  html.textContent = place.name;
  const icon = L.divIcon({ className: `map-place map-place-${size}`, html, iconSize: [7, 7] });
  return L.marker([place.lat, place.lon], { icon, interactive: false, keyboard: false, zIndexOffset: -500 });
}
