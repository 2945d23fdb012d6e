#!/usr/bin/env python3
"""Decodes the cases of tests/plugins/test_openx_cases.c with nothing but the standard library.

    python3 tests/interop/openx_cases.py CASES

Prints, for each case that can be read, the FNV-1a digest of every feature over all records (values as
Ambit has them, steps first), and of decoded PNG images that of their pixels.
"""
import pathlib
import struct
import sys
import zlib

from openx_reference import digest, records

CASES = ["legacy_features", "legacy_json_feature", "string_of_one", "partial_copy", "nan_episode",
         "record_a_step", "png_camera", "language_table", "short_episodes", "latin1_path",
         "other_kinds"]
BYTES = ("is_first", "is_last", "is_terminal")  # bool: a byte each


def raw(key, values):
    """A feature's values as bytes."""
    if not values or isinstance(values[0], bytes):
        return b"".join(values)
    if isinstance(values[0], float):
        return struct.pack(f"<{len(values)}f", *values)
    return struct.pack(f"<{len(values)}{'B' if key.endswith(BYTES) else 'q'}", *values)


def text(points):
    """What a row of code points says; zeros pad it."""
    return "".join(chr(p) for p in points if p).encode()


def png(image):
    """The pixels of a PNG of 8 bits that is not interlaced (RFC 2083, filters of section 6)."""
    at, data = 8, b""
    while at < len(image):
        size, kind = struct.unpack_from(">I4s", image, at)
        content = image[at + 8 : at + 8 + size]
        at += 12 + size
        if kind == b"IHDR":
            width, height, depth, colours = struct.unpack_from(">IIBB", content)
        if kind == b"IDAT":
            data += content
    channels = {0: 1, 2: 3, 6: 4}[colours]
    assert depth == 8
    data, row, pixels = zlib.decompress(data), bytes(width * channels), b""
    for y in range(height):
        start = y * (len(row) + 1)
        above, row = row, bytearray(data[start + 1 : start + 1 + len(row)])
        for i, value in enumerate(row):
            left = row[i - channels] if i >= channels else 0
            corner = above[i - channels] if i >= channels else 0
            guess = left + above[i] - corner
            paeth = min((left, above[i], corner), key=lambda x: abs(guess - x))
            row[i] = (value + [0, left, above[i], (left + above[i]) // 2, paeth][data[start]]) & 255
        pixels += row
    return pixels


def main():
    for case in CASES:
        totals = {}
        for number, record in enumerate(records(pathlib.Path(sys.argv[1]) / case)):
            for key, values in record.items():
                totals[key] = digest(raw(key, values), totals.get(key, digest(b"")))
                if key == "steps/observation/image":
                    pixels = b"".join(png(image) for image in values)
                    totals[key + " pixels"] = digest(pixels, totals.get(key + " pixels", digest(b"")))
                if key == "steps/observation/instruction":
                    rows = [text(values[i : i + 512]) for i in range(0, len(values), 512)]
                    print(case, number, "instructions", sorted(set(rows)))
        for key in sorted(totals):
            print(case, key, f"0x{totals[key]:016x}")


main()
