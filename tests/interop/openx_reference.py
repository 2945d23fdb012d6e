#!/usr/bin/env python3
"""Decodes RLDS TFRecords with nothing but the standard library, as a second opinion.

    python3 tests/interop/openx_reference.py FOLDER [EPISODE]

FOLDER is a version of Bridge (bridge_dataset/1.0.0). Prints the numbers that
tests/plugins/test_openx_bridge.c expects of EPISODE (default 0), as stored and standardised, and
the FNV-1a digests of all episodes.
"""

import glob
import json
import struct
import sys


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def fields(data):
    """(number, value) of a protocol buffer; only the types that Examples use."""
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        if tag & 7 == 0:
            value, at = varint(data, at)
        elif tag & 7 == 2:
            size, at = varint(data, at)
            value, at = data[at : at + size], at + size
        elif tag & 7 == 5:
            value, at = data[at : at + 4], at + 4
        else:
            raise ValueError(f"wire type {tag & 7}")
        yield tag >> 3, value


def floats(values):
    data = b"".join(values)
    return list(struct.unpack(f"<{len(data) // 4}f", data))


def integers(values):
    found = []
    for value in values:
        at = 0
        while not isinstance(value, int) and at < len(value):
            number, at = varint(value, at)
            found.append(number - (1 << 64) if number >> 63 else number)
        if isinstance(value, int):
            found.append(value - (1 << 64) if value >> 63 else value)
    return found


def example(data):
    decode = {1: list, 2: floats, 3: integers}
    found = {}
    for _, features in fields(data):
        for _, entry in fields(features):
            parts = dict(fields(entry))
            for kind, values in fields(parts.get(2, b"")):
                found[parts[1].decode()] = decode[kind]([v for n, v in fields(values) if n == 1])
    return found


def records(folder):
    for path in sorted(glob.glob(f"{folder}/*.tfrecord*")):
        with open(path, "rb") as file:
            while header := file.read(12):
                (size,) = struct.unpack_from("<Q", header)
                yield example(file.read(size))
                file.read(4)


def single(value):
    """A float rounded to float32."""
    return struct.unpack("<f", struct.pack("<f", value))[0]


def rows(flat, size):
    return [flat[i : i + size] for i in range(0, len(flat), size)]


def bridge(episode):
    """Drop step 0, make the gripper binary, relabel; as openvla's bridge_orig_dataset_transform."""
    action = rows(episode["steps/action"], 7)[1:]
    state = rows(episode["steps/observation/state"], 7)[1:]
    gripper, decided = [], action[-1][6]
    for step in reversed(action):
        if step[6] > 0.95:
            decided = 1.0
        elif step[6] < 0.05:
            decided = 0.0
        gripper.insert(0, decided)
    moves = [
        [single(b - a) for a, b in zip(now[:6], following[:6])] + [grip]
        for now, following, grip in zip(state, state[1:], gripper)
    ]
    return moves, [now[:6] + [0.0] + now[6:] for now in state[:-1]]


def digest(data, value=0xCBF29CE484222325):
    for byte in data:
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return value


def pack(table):
    return b"".join(struct.pack(f"<{len(row)}f", *row) for row in table)


def main():
    folder, wanted = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0
    with open(f"{folder}/dataset_info.json", encoding="utf-8") as file:
        print("splits", [(s["name"], s["shardLengths"]) for s in json.load(file)["splits"]])
    totals = {"action": digest(b""), "proprio": digest(b""), "image_0": digest(b"")}
    totals["language_embedding"] = digest(b"")
    for number, episode in enumerate(records(folder)):
        action, proprio = bridge(episode)
        totals["action"] = digest(pack(action), totals["action"])
        totals["proprio"] = digest(pack(proprio), totals["proprio"])
        images = episode["steps/observation/image_0"][1:-1]
        totals["image_0"] = digest(b"".join(images), totals["image_0"])
        language = rows(episode["steps/language_embedding"], 512)[1:-1]
        totals["language_embedding"] = digest(pack(language), totals["language_embedding"])
        if number == wanted:
            print("steps", len(episode["steps/is_first"]), "standardised", len(action))
            print("name", episode["episode_metadata/file_path"][0].decode())
            print("id", episode["episode_metadata/episode_id"][0])
            print("action[0]", ", ".join(f"{v:.9g}f" for v in action[0]))
            print("action[-1]", ", ".join(f"{v:.9g}f" for v in action[-1]))
            print("proprio[0]", ", ".join(f"{v:.9g}f" for v in proprio[0]))
            for camera in range(4):
                sizes = [len(i) for i in episode[f"steps/observation/image_{camera}"]]
                print(f"image_{camera} sizes", sizes)
    for name, value in totals.items():
        print(f"{name} digest 0x{value:016x}")


if __name__ == "__main__":
    main()
