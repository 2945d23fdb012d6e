"""Writes what PyTorch computes for small networks to tests/core/torch_*.bin, the fixtures of
tests/core/test_torch_fixtures.c. Run it again when a network changes:

    python tests/interop/dump.py        (with pip install torch==2.13.0)

A file is a row of records: length of the name, name, count (32-bit integers), count floats. The
first is "options": kind, chunk steps, chunk width, observation, width, depth, heads, batch,
channels, height, width and patch of an image instead of the chunk, or zeros, and conditioning. Then come inputs, "output", "row_loss", and each parameter NAME with NAME.gradient, in Ambit's layout.
All is computed in double precision, so that a difference is Ambit's error.
"""
import pathlib
import struct
import sys

import torch

ROOT = pathlib.Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "bench"))
from networks import Options, build  # noqa: E402

BATCH = 3
KINDS = ["mlp", "dit", "unet1d"]  # as ambit_network_kind
CONDITIONINGS = ["auto", "concat", "adaln", "context", "film"]  # as ambit_conditioning
NETWORKS = [
    Options("mlp", 4, 2, 3, 16, 2),
    Options("mlp", 4, 2, 3, 12, 2, conditioning="adaln"),
    Options("dit", 6, 3, 5, 8, 2, 2),
    Options("dit", 0, 0, 2, 8, 1, 2, (3, 4, 8, 2)),
    Options("unet1d", 8, 3, 3, 8, 2),
]


def layout(parameter, tensor):
    """A convolution's weight is [out, in, tap] in PyTorch and [out, tap, in] in Ambit."""
    return tensor.permute(0, 2, 1) if parameter.dim() == 3 else tensor


def records(o):
    torch.manual_seed(1)
    network = build(o).double()
    for name, parameter in network.named_parameters():
        if "norm" in name:
            torch.nn.init.normal_(parameter, float(name.endswith("weight")), 0.3)
        parameter.data = parameter.data.float().double()  # what the file can hold
    inputs = {
        "chunk": torch.randn(BATCH, *o.data_shape()),
        "observation": torch.randn(BATCH, o.observation),
        "sigma": torch.tensor([[0.05], [0.4], [0.9]]),
    }
    target, weight = torch.randn_like(inputs["chunk"]), torch.tensor([0.2, 0.5, 1.5])
    output = network(*(x.double() for x in inputs.values()))
    row_loss = (output - target).square().flatten(1).mean(dim=1)
    (row_loss * weight).sum().backward()
    sizes = [o.chunk_steps, o.chunk_width, o.observation, o.width, o.depth, o.heads, BATCH, *o.image]
    conditioning = CONDITIONINGS.index(o.conditioning)
    yield "options", torch.tensor([KINDS.index(o.kind), *sizes, conditioning])
    yield from inputs.items()
    yield from {"target": target, "weight": weight, "output": output, "row_loss": row_loss}.items()
    for name, parameter in network.named_parameters():
        yield name, layout(parameter, parameter)
        yield name + ".gradient", layout(parameter, parameter.grad)


def write(o):
    sort = "2d" if o.image[0] else "" if o.conditioning == "auto" else "_" + o.conditioning
    path = ROOT / "core" / f"torch_{o.kind}{sort}.bin"
    with open(path, "wb") as file:
        for name, tensor in records(o):
            values = tensor.detach().float().flatten().tolist()
            text = name.encode()
            file.write(struct.pack("<i", len(text)) + text)
            file.write(struct.pack(f"<i{len(values)}f", len(values), *values))
    print(path, path.stat().st_size)


for network_options in NETWORKS:
    write(network_options)
