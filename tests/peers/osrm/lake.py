"""Makes an OpenStreetMap file of one invented lake, as the map has lakes: a relation of pieces, with an island.

    lake.py lake.osm.pbf

The lake is 0.1 degrees high and wide, from 63.0 N 14.0 E; a piece of the same outline is used by a second relation whose
other piece the file does not hold.
"""

import sys

import osmium
from osmium.osm.mutable import Node, Relation, Way

SHORE = [(14.0, 63.0), (14.1, 63.0), (14.1, 63.1), (14.0, 63.1)]
ISLAND = [(14.04, 63.04), (14.06, 63.04), (14.06, 63.06), (14.04, 63.06)]
PIECES = {1: [1, 2, 3], 2: [3, 4, 1], 3: [5, 6, 7, 8, 5]}
LAKE = [("w", 2, "outer"), ("w", 1, "outer"), ("w", 3, "inner")]
CUT_OFF = [("w", 1, "outer"), ("w", 99, "outer")]


def main(target):
    water = {"type": "multipolygon", "natural": "water"}
    with osmium.SimpleWriter(target) as writer:
        for number, place in enumerate(SHORE + ISLAND, start=1):
            writer.add_node(Node(id=number, location=place, version=1))
        for number, refs in PIECES.items():
            writer.add_way(Way(id=number, nodes=refs, version=1))
        writer.add_way(Way(id=4, nodes=[1, 2], tags={"highway": "residential"}, version=1))
        for number, members in enumerate((LAKE, CUT_OFF), start=1):
            writer.add_relation(Relation(id=number, members=members, tags=water, version=1))


main(*sys.argv[1:])
