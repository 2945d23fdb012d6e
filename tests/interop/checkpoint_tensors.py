"""Reads a checkpoint with h5py, as mpi/checkpoint.h describes it, and checks what it finds.

Usage: checkpoint_tensors.py CHECKPOINT CONFIG.yaml
"""
import math
import sys

import h5py
import numpy


def fnv1a(data):
    digest = 0xCBF29CE484222325
    for byte in data:
        digest = (digest ^ byte) * 0x100000001B3 % 2**64
    return digest


def tensors(f):
    """Name, shape, and first element of each, in order."""
    start = 0
    for end, shape, offset in zip(f["tensors/name_ends"], f["tensors/shape"], f["tensors/offset"]):
        yield bytes(f["tensors/name"][start:end]).decode(), [int(n) for n in shape if n], int(offset)
        start = end


f = h5py.File(sys.argv[1])
text = bytes(f["configuration"][:])
assert text == open(sys.argv[2], "rb").read(), "not the configuration of the run"
assert int(f.attrs["configuration_digest"]) == fnv1a(text), "digest of the configuration"
assert f.attrs["ambit_checkpoint"] == 3

table = {name: (shape, offset) for name, shape, offset in tensors(f)}
observation = int(f["sample"].attrs["observation_size"])
chunk = int(f["sample"].attrs["chunk_steps"] * f["sample"].attrs["chunk_width"])
assert f["normaliser/chunk_scale"].shape == (chunk,)
assert f["normaliser/observation_shift"].shape == (observation,)

# the layers of mlp with concat, width 64 and depth 2: chunk, observation and 16 numbers of σ go in
wanted = {"input.weight": [64, chunk + observation + 16], "input.bias": [64]}
for block in ("block0", "block1"):
    wanted |= {f"{block}.weight": [64, 64], f"{block}.bias": [64]}
wanted |= {"output.weight": [chunk, 64], "output.bias": [chunk]}
assert {name: shape for name, (shape, _) in table.items()} == wanted, table

end = 0
for name, (shape, offset) in table.items():
    assert offset == end, f"{name} begins at {offset}"
    end += math.prod(shape)
    values = f["average"][offset:end].reshape(shape)
    assert numpy.isfinite(values).all() and (values != 0).any(), f"{name} was not learned"
assert all(len(f[name]) == end for name in ("parameters", "average", "first", "second"))
print(f"h5py finds {len(table)} tensors of {end} numbers")
