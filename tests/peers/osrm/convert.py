"""Makes an OpenStreetMap file of the streets of Gothenburg that an npm package brings for its own tests.

    convert.py large-network.json gothenburg.osm.pbf

The GeoJSON has each way's tags and line, but no nodes: points with the same coordinates become one node.
Data (c) OpenStreetMap contributors, ODbL.
"""

import json
import sys

import osmium
from osmium.osm.mutable import Node, Way


def main(source, target):
    with open(source, encoding="utf-8") as file:
        features = json.load(file)["features"]
    nodes, ways = {}, {}
    for feature in features:
        line = feature["geometry"]["coordinates"]
        if feature["geometry"]["type"] == "Polygon":
            line = line[0]
        refs = [nodes.setdefault((lon, lat), len(nodes) + 1) for lon, lat in line]
        tags = {key: str(value) for key, value in feature["properties"].items() if not key.startswith("@")}
        ways.setdefault(int(feature["id"].removeprefix("way/")), (refs, tags))
    with osmium.SimpleWriter(target) as writer:
        for place, number in nodes.items():
            writer.add_node(Node(id=number, location=place, version=1))
        for number, (refs, tags) in sorted(ways.items()):
            writer.add_way(Way(id=number, nodes=refs, tags=tags, version=1))


main(*sys.argv[1:])
