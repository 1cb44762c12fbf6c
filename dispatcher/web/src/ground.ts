// What lies under every map: our own base map (no tile server) and the names of places.

import * as L from "leaflet";
import areas from "../data/areas.geojson";
import lakes from "../data/lakes.geojson";
import places from "../data/places.geojson";
import rivers from "../data/rivers.geojson";
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

/** From this zoom on places of this population are named: [zoom, population]. */
const LABELS: [number, number][] = [[5, 2_000], [6.5, 800], [7.5, 0]];

/** A map of the whole county with nothing on it yet. */
export function groundMap(element: HTMLElement): L.Map {
  const map = L.map(element, { zoomSnap: 0.5, minZoom: 5, maxZoom: 15, maxBounds: [[59.5, 8], [67, 21]] });
  map.attributionControl.setPrefix(false).addAttribution(word("console-map-sources"));
  L.control.scale({ imperial: false }).addTo(map);
  drawBase(map);
  const labels = L.layerGroup().addTo(map);
  map.on("zoomend", () => drawLabels(map, labels));
  map.fitBounds(L.geoJSON(areas).getBounds(), { padding: [4, 4], animate: false });
  new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(element);
  return map;
}

/** Moves there unless it is in sight already. */
export function reveal(map: L.Map, at: { lat: number; lon: number }): void {
  const point = L.latLng(at.lat, at.lon);
  if (!map.getBounds().pad(-0.1).contains(point)) map.setView(point, Math.max(map.getZoom(), 8), { animate: false });
}

function drawBase(map: L.Map): void {
  const quiet = { interactive: false };
  const level = (name: string) => (feature: GeoJSON.Feature) => feature.properties?.["level"] === name;
  L.geoJSON(areas, { ...quiet, filter: level("lan"), style: { className: "map-county-ground", weight: 0 } }).addTo(map);
  L.geoJSON(rivers, { ...quiet, style: { className: "map-river", weight: 1 } }).addTo(map);
  L.geoJSON(lakes, { ...quiet, style: { className: "map-lake", weight: 1 } }).addTo(map);
  L.geoJSON(areas, { ...quiet, filter: level("kommun"), style: { className: "map-municipality", weight: 1 } }).addTo(map);
  L.geoJSON(areas, { ...quiet, filter: level("lan"), style: { className: "map-county", weight: 2 } }).addTo(map);
}

function drawLabels(map: L.Map, labels: L.LayerGroup): void {
  labels.clearLayers();
  const zoom = map.getZoom();
  const least = LABELS.reduce((found, [from, population]) => (zoom >= from ? population : found), Infinity);
  const taken: L.Point[] = [];
  for (const place of namedPlaces.filter(({ population }) => population >= least)) {
    const at = map.project([place.lat, place.lon], zoom);
    if (taken.some((other) => Math.abs(other.x - at.x) < 84 && Math.abs(other.y - at.y) < 18)) continue;
    taken.push(at);
    labels.addLayer(label(place));
  }
}

function label(place: Place): L.Marker {
  const size = place.population >= 10_000 ? "large" : place.population >= 2_000 ? "middle" : "small";
  const html = document.createElement("span");
  html.textContent = place.name;
  const icon = L.divIcon({ className: `map-place map-place-${size}`, html, iconSize: [7, 7] });
  return L.marker([place.lat, place.lon], { icon, interactive: false, keyboard: false, zIndexOffset: -500 });
}
