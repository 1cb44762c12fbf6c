"""Reads texts as JSON, one a line; answers with their octets in GSM 03.38, hexadecimal, and the text they read back as.

Null where the alphabet has no letter for them. The tables are PyPI gsm0338's.
"""

import json
import sys

import gsm0338

codec = gsm0338.Codec()
for line in sys.stdin:
    text = json.loads(line)
    try:
        octets, _ = codec.encode(text)
        print(json.dumps([octets.hex(), codec.decode(octets)[0]]))
    except UnicodeError:
        print("null")
