"""Reads a run's event files with TensorBoard itself and compares them with metrics.jsonl.

    python3 -m venv venv && venv/bin/pip install tensorboard
    venv/bin/python tests/interop/tensorboard_check.py RUN
"""
import json
import math
import pathlib
import struct
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

SCALARS = {
    "loss/train": ("train", "loss"),
    "loss/validate": ("validate", "loss"),
    "optimizer/rate": ("train", "rate"),
    "optimizer/gradient_norm": ("train", "gradient_norm"),
    "speed/samples_per_second": ("train", "samples_per_second"),
}


def single(value):
    """The value as TensorBoard keeps it: 32 bits."""
    return struct.unpack("f", struct.pack("f", value))[0]


def main():
    run = pathlib.Path(sys.argv[1])
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    board = EventAccumulator(str(run), size_guidance={"scalars": 0, "histograms": 0})
    board.Reload()
    for tag, (kind, key) in SCALARS.items():
        wanted = [(x["step"], x[key]) for x in lines if x["kind"] == kind and x[key] is not None]
        found = [(x.step, x.value) for x in board.Scalars(tag)] if wanted else []
        assert [x for x, _ in found] == [x for x, _ in wanted], f"{tag}: steps differ"
        for (step, value), (_, exact) in zip(found, wanted):
            assert math.isclose(value, single(exact), rel_tol=1e-6), f"{tag}: step {step} differs"
        print(f"{tag}: {len(found)} values agree")
    counts = [x["bin_count"] for x in lines if x["kind"] == "train"]
    events = board.Histograms("sigma/samples")
    assert [list(x.histogram_value.bucket) for x in events] == counts, "sigma/samples differs"
    print(f"sigma/samples: {len(events)} histograms agree")


if __name__ == "__main__":
    main()
