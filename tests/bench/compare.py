"""Ambit against PyTorch on one core: the table of docs/performance.md.

    compare.py --ambit build/release/ambit [--network mlp …] [--way eager …] [--rounds 5] [--seconds 2] [--bf16]

Python must have PyTorch (pip install torch==2.13.0), and torch.compile needs g++. Every program is
pinned to one core and uses one thread. All are started first, then measured in turn, A B C A B C …;
ratios are taken within a round and the median over rounds is told, against the faster of the
PyTorch ways. Nothing else should run on the machine.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

# Network, task: least ratio, least share of the peak.
TARGETS = {
    ("mlp", "step"): (1.4, 0.75),
    ("unet1d", "step"): (1.5, 0.55),
    ("dit", "step"): (1.5, 0.70),
    ("dit2d", "step"): (1.2, 0.75),
    ("mlp", "sample1"): (2.0, None),
    ("mlp", "sample256"): (1.5, None),
    ("dit", "sample1"): (1.5, None),
    ("dit", "sample256"): (1.5, None),
}
HERE = pathlib.Path(__file__).parent


def pinned(core):
    return lambda: os.sched_setaffinity(0, {core})


def environment():
    names = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    kept = {k: v for k, v in os.environ.items() if k != "OPENBLAS_CORETYPE"}
    return kept | names


class Peer:
    def __init__(self, task, network, way, core):
        command = [sys.executable, HERE / "peer.py", task, network, way]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True, env=environment(),
                                        preexec_fn=pinned(core))
        if self.process.stdout.readline() != "ready\n":
            raise SystemExit(f"peer.py {task} {network} {way} failed; run it by hand to see why")

    def time(self, seconds):
        print(seconds, file=self.process.stdin, flush=True)
        return float(self.process.stdout.readline())

    def memory(self):
        self.process.stdin.close()
        memory = int(self.process.stdout.readline())
        self.process.wait()
        return memory


def ambit(options, task, network):
    """One round of `ambit bench`: seconds, share of the peak, most memory (None for samples)."""
    batch = [] if task == "step" else ["--batch", task.removeprefix("sample")]
    command = [options.ambit, "bench", "sample" if batch else "step", network, "--json", "--rounds", "1",
               "--seconds", str(options.seconds), *batch, *(["--bf16"] if options.bf16 else [])]
    text = subprocess.run(command, check=True, capture_output=True, env=environment(),
                          preexec_fn=pinned(options.core)).stdout
    answer = json.loads(text)
    if task == "step":
        return answer["seconds"], answer["share"], answer["memory"]["resident"]
    row = answer["samples"][0]
    return row["seconds"], row["share"], None


def measure(options, network, task):
    peers = {way: Peer(task, network, way, options.core) for way in options.way}
    rounds = []
    for _ in range(options.rounds):
        mine = ambit(options, task, network)
        rounds.append((mine, {way: p.time(options.seconds) for way, p in peers.items()}))
    memory = {way: peer.memory() for way, peer in peers.items()}
    median = {way: statistics.median(theirs[way] for _, theirs in rounds) for way in peers}
    best = min(median, key=median.get)
    return {
        "ms": 1e3 * statistics.median(mine[0] for mine, _ in rounds),
        "peers": {way: 1e3 * t for way, t in median.items()},
        "ratio": statistics.median(theirs[best] / mine[0] for mine, theirs in rounds),
        "share": statistics.median(mine[1] for mine, _ in rounds),
        "memory": rounds[0][0][2],
        "peer_memory": min(memory.values()),
    }


def against(value, target, form):
    if target is None:
        return f"{value:{form}}"
    return f"{value:{form}} (≥ {target:{form}}{'' if value >= target else ', missed'})"


def row(network, task, ways, m):
    ratio, share = TARGETS[network, task]
    mib = (lambda n: f"{n / 2**20:.0f}" if n else "")
    peers = " | ".join(f"{m['peers'][way]:.2f}" for way in ways)
    memory = f"{mib(m['memory'])} | {mib(m['peer_memory'])}" if m["memory"] else "|"
    return (f"| {network} {task} | {m['ms']:.2f} | {peers} | {against(m['ratio'], ratio, '.2f')} "
            f"| {against(m['share'], share, '.0%')} | {memory} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ambit", required=True, help="the program")
    parser.add_argument("--network", nargs="*", help="only these")
    parser.add_argument("--task", nargs="*", help="only these: step, sample1, sample256")
    parser.add_argument("--way", nargs="*", default=["eager", "compile"],
                        help="of PyTorch: eager, compile, autotune")
    parser.add_argument("--bf16", action="store_true", help="products of bfloat16 in both")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--core", type=int, default=0)
    options = parser.parse_args()
    if options.bf16:
        options.way = [f"{way}-bf16" for way in options.way]
    ways = " | ".join(f"PyTorch {way}, ms" for way in options.way)
    print(f"| | Ambit, ms | {ways} | times the better | share of peak | MiB | PyTorch's |")
    print("|---" * (6 + len(options.way)) + "|")
    for network, task in TARGETS:
        if network in (options.network or [network]) and task in (options.task or [task]):
            print(row(network, task, options.way, measure(options, network, task)), flush=True)


if __name__ == "__main__":
    main()
