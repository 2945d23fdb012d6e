"""Times PyTorch on a network of networks.py, when told to.

    peer.py TASK NETWORK WAY    TASK: step, sample1, sample256   WAY: eager, compile, autotune,
                                                          or one of them and -bf16 for autocast

Says "ready" once warm. Then each line on standard input, a number of seconds, is answered by the
mean time of a step (or of a sampling) over about so long. At the end of input it tells the most
memory it had, in bytes. It uses one thread; run it on one core.
"""
import contextlib
import math
import resource
import sys
import time

import torch

from networks import Options, build, decays

NETWORKS = {
    "mlp": (Options("mlp", 16, 2, 42, 384, 3), 128),
    "unet1d": (Options("unet1d", 16, 7, 42, 64, 3), 128),
    "dit": (Options("dit", 16, 7, 42, 256, 8, 4), 128),
    "dit2d": (Options("dit", 0, 0, 42, 384, 12, 6, (4, 32, 32, 2)), 16),
}
MODES = {"compile": None, "autotune": "max-autotune"}
EMA, CLIP = 0.999, 1.0


def example(o, batch):
    chunk = torch.randn(batch, *o.data_shape())
    sigma = (torch.arange(batch, dtype=torch.float32)[:, None] + 0.5) / batch
    return chunk, torch.randn(batch, o.observation), sigma


def compiled(function, way):
    way, bf16 = way.removesuffix("-bf16"), way.endswith("-bf16")

    def run(*inputs):
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            return function(*inputs)

    return run if way == "eager" else torch.compile(run, mode=MODES[way])


class TrainingStep:
    """Forward, backward, clip, AdamW, EMA."""

    def __init__(self, o, batch, way, fused):
        self.network = build(o)
        self.parameters = list(self.network.parameters())
        self.average = [p.detach().clone() for p in self.parameters]
        named = list(self.network.named_parameters())
        groups = [
            {"params": [p for n, p in named if decays(n, p)], "weight_decay": 1e-6},
            {"params": [p for n, p in named if not decays(n, p)], "weight_decay": 0.0},
        ]
        choice = {"fused": True} if fused else {"foreach": True}
        self.optimizer = torch.optim.AdamW(groups, lr=1e-4, **choice)
        self.inputs, self.target = example(o, batch), torch.randn(batch, *o.data_shape())
        self.loss = compiled(self.error, way)

    def error(self, inputs, target):
        return (self.network(*inputs) - target).square().mean()

    def __call__(self):
        self.optimizer.zero_grad(set_to_none=True)
        self.loss(self.inputs, self.target).backward()
        torch.nn.utils.clip_grad_norm_(self.parameters, CLIP, foreach=True)
        self.optimizer.step()
        with torch.no_grad():
            torch._foreach_lerp_(self.average, self.parameters, 1 - EMA)


class Sampling:
    """Ten DDIM steps, the network predicting ε, x̂₀ clamped to ±1."""

    def __init__(self, o, batch, way):
        self.network = build(o).eval()
        _, self.observation, _ = example(o, batch)
        self.shape = (batch, *o.data_shape())
        self.levels = [math.sin(0.5 * math.pi * (k + 0.5) / 100) for k in range(99, -1, -11)]
        self.predict = compiled(self.network, way)

    def __call__(self):
        with torch.inference_mode():
            x = torch.randn(self.shape)
            for i, s in enumerate(self.levels):
                sigma = torch.full((self.shape[0], 1), s)
                a = math.sqrt(1 - s * s)
                x0 = ((x - s * self.predict(x, self.observation, sigma)) / a).clamp(-1, 1)
                if i + 1 == len(self.levels):
                    return x0
                after = self.levels[i + 1]
                x = math.sqrt(1 - after * after) * x0 + after * (x - a * x0) / s


def mean_time(work, seconds):
    count, start = 0, time.perf_counter()
    while count == 0 or time.perf_counter() - start < seconds:
        work()
        count += 1
    return (time.perf_counter() - start) / count


def faster_step(o, batch, way):
    """With the faster of PyTorch's two AdamWs, by a short trial."""
    works = [TrainingStep(o, batch, way, fused) for fused in (True, False)]
    times = []
    for work in works:
        mean_time(work, 0.5)
        times.append(mean_time(work, 1.0))
    return works[0] if times[0] <= times[1] else works[1]


def main():
    task, name, way = sys.argv[1:]
    torch.manual_seed(1)
    torch.set_num_threads(1)
    o, batch = NETWORKS[name]
    if task == "step":
        # The smaller networks spend enough in the optimiser to tell; memory is told of one work.
        work = faster_step(o, batch, way) if name == "mlp" else TrainingStep(o, batch, way, True)
    else:
        work = Sampling(o, int(task.removeprefix("sample")), way)
    with contextlib.redirect_stdout(sys.stderr):
        mean_time(work, 1.0)
    print("ready", flush=True)
    for line in sys.stdin:
        print(mean_time(work, float(line)), flush=True)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, flush=True)


if __name__ == "__main__":
    main()
