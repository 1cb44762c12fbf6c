// A map beside a list: where those are whom the list's filters show. The list says everything that the map does.

import * as L from "leaflet";
import { byId, el } from "./dom.js";
import { groundMap } from "./ground.js";
import { word } from "./words.js";

type Point = { lat: number; lon: number; name: string; href: string };

/** Signs nearer to one another than this become one, in pixels: a finger's breadth. */
const GROUP = 36;
/** Names in the list that a group opens which cannot be taken apart any more. */
const NAMES_MAX = 20;

const element = byId("map", HTMLElement);
const points = JSON.parse(element.dataset["points"] ?? "[]") as Point[];
const map = groundMap(element);
const signs = L.layerGroup().addTo(map);

/** Those that lie so near to one another, at this zoom, that their signs would cover each other. */
function groups(): Point[][] {
  const zoom = map.getZoom();
  const found: { at: L.Point; points: Point[] }[] = [];
  for (const point of points) {
    const at = map.project([point.lat, point.lon], zoom);
    const near = found.find((group) => group.at.distanceTo(at) < GROUP);
    if (near) near.points.push(point);
    else found.push({ at, points: [point] });
  }
  return found.map((group) => group.points);
}

function sign(group: Point[]): L.Marker {
  const [first] = group as [Point];
  const [html, size] = group.length === 1 ? [link(first), 18] : [opener(group), 32];
  const icon = L.divIcon({ className: "map-sign", html, iconSize: [size, size] });
  const middle = bounds(group).getCenter();
  return L.marker(middle, { icon, keyboard: false });
}

function link(point: Point): HTMLElement {
  return el("a", { class: "map-one", href: point.href, title: point.name, "aria-label": point.name });
}

function opener(group: Point[]): HTMLElement {
  const label = word("list-map-group", { n: group.length });
  return el("button", { type: "button", class: "map-many", title: label, "aria-label": label, onclick: () => open(group) }, String(group.length));
}

/** Goes nearer; where that does not help, names them. */
function open(group: Point[]): void {
  const around = bounds(group);
  const nearer = map.getBoundsZoom(around.pad(0.2));
  if (map.getZoom() < map.getMaxZoom() && nearer > map.getZoom()) {
    map.fitBounds(around, { padding: [40, 40], animate: false });
    return;
  }
  const names = group.slice(0, NAMES_MAX).map((point) => el("li", {}, el("a", { href: point.href }, point.name)));
  const more = group.length > NAMES_MAX ? el("li", {}, "…") : null;
  L.popup().setLatLng(around.getCenter()).setContent(el("ul", { class: "map-names" }, ...names, more)).openOn(map);
}

function bounds(group: Point[]): L.LatLngBounds {
  return L.latLngBounds(group.map(({ lat, lon }) => L.latLng(lat, lon)));
}

function draw(): void {
  signs.clearLayers();
  for (const group of groups()) signs.addLayer(sign(group));
}

map.on("zoomend", draw);
if (points.length > 0) map.fitBounds(bounds(points), { padding: [40, 40], maxZoom: 12, animate: false });
draw();
