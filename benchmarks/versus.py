"""Beside CAREamics in one run, at equal wall time and to its own best quality.

    python benchmarks/versus.py PEER_PYTHON [--long 100] [NAME ...]
    python benchmarks/versus.py [PEER_PYTHON] --stacks [--bm4d BM4D_PYTHON] [--epochs 30] [--only "movie 4"]

PEER_PYTHON is the interpreter of an environment with CAREamics; ``peer_careamics.py`` is found in the folder that
ASN2V_BENCH names, the images through ASN2V_DATA. The peer runs as N2V and N2V2, and where our automatic mask says that
the noise is correlated also as structN2V with a square and with the line direction of the mask; the best of those
counts, which its user could not know without the truth. Its epochs are set from two short timings so that it takes as
long as our run did.

With --stacks: movies and volumes with known truth, one table with PSNR, flicker and seconds of ours, of BM4D, which is
told the true noise, and of CAREamics' 3D Noise2Void, each where its interpreter is given (``pip install bm4d
scikit-image`` makes an environment for BM4D). All take the processors that they are given: ``taskset -c 0`` in front
compares on one of them.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import time
from pathlib import Path
from statistics import mean

import tifffile
from quality import psnr_eight_bit, psnr_fitted
from real_pairs import pairs
from stack_peers import Method, of_peer, ours, print_table

from napari_autostructn2v import Settings, denoise

BENCH = Path(os.environ.get("ASN2V_BENCH", Path(__file__).parents[1] / "../shared/bench"))


def peer(python: str, noisy: Path, truth: Path, epochs: int, *options: str) -> tuple[float, float]:
    """Seconds and PSNR of one run of the peer."""
    command = [python, str(BENCH / "peer_careamics.py"), str(noisy), str(truth), "--epochs", str(epochs), *options]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found = json.loads(done.stdout.strip().splitlines()[-1])
    return found["total_s"], found["psnr_fmd" if noisy.parent.name == "fmd" else "psnr_fit"]


def methods(pattern_shape: tuple[int, int]) -> dict[str, tuple[str, ...]]:
    """Return the options of the peer that are tried for a mask of ours."""
    tried = {"n2v": ("--method", "n2v"), "n2v2": ("--method", "n2v2")}
    height, width = pattern_shape
    if max(height, width) > 1:
        span = str(min(15, max(height, width)))
        axes = "horizontal" if width >= height else "vertical"
        tried["structn2v square"] = ("--method", "structn2v", "--axes", "square", "--span", "5")
        tried[f"structn2v {axes}"] = ("--method", "structn2v", "--axes", axes, "--span", span)
    return tried


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("python", nargs="?")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--stacks", action="store_true", help="movies and volumes instead of images")
    parser.add_argument("--bm4d", help="with --stacks: interpreter of an environment with BM4D")
    parser.add_argument("--epochs", type=int, default=30, help="with --stacks: epochs of CAREamics")
    parser.add_argument("--only", default="", help="with --stacks: scenes whose name holds this")
    parser.add_argument(
        "--long", type=int, default=0, help="also its best method with so many epochs, beside our preset fast"
    )
    arguments = parser.parse_intermixed_args()
    if arguments.stacks:
        methods_tried: dict[str, Method] = {"ours": ours}
        if arguments.bm4d:
            methods_tried["BM4D"] = of_peer(arguments.bm4d, "peer_bm4d.py")
        if arguments.python:
            epochs = str(arguments.epochs)
            methods_tried["CAREamics"] = of_peer(arguments.python, "peer_careamics_stack.py", "--epochs", epochs)
        print_table(methods_tried, arguments.only)
        return
    if arguments.python is None:
        parser.error("PEER_PYTHON is missing: the interpreter of an environment with CAREamics")
    head = "| image | ours | seconds | peer, equal time | method | seconds | ahead |"
    extra = " peer, long | seconds | ours, fast | seconds |" if arguments.long else ""
    print(head + extra + "\n|---|--:|--:|--:|---|--:|--:|" + "--:|--:|--:|--:|" * bool(extra), flush=True)
    ahead = []
    for path, noisy, truth in pairs():
        if arguments.names and path.name not in arguments.names:
            continue
        score = psnr_eight_bit if path.parent.name == "fmd" else psnr_fitted
        files = (
            path.with_name(f"{path.name}__noisy.tif"),
            next(file for suffix in ("gtreg", "gt") if (file := path.with_name(f"{path.name}__{suffix}.tif")).exists()),
        )
        if tifffile.imread(files[0]).ndim != 2:
            continue
        start = time.perf_counter()
        result = denoise(noisy, Settings())
        seconds = time.perf_counter() - start
        own = score(result.denoised, truth)
        short, _ = peer(arguments.python, *files, 3, "--method", "n2v")
        longer, _ = peer(arguments.python, *files, 8, "--method", "n2v")
        # Two timings that happen to be alike must not make an epoch look free.
        epoch = max((longer - short) / 5, longer / 40)
        epochs = max(1, round(3 + (seconds - short) / epoch))
        found = {
            name: peer(arguments.python, *files, epochs, *options)
            for name, options in methods(result.mask.pattern.shape).items()
        }
        best = max(found, key=lambda name: found[name][1])
        ahead.append(own - found[best][1])
        row = (
            f"| {path.name} | {own:.2f} | {seconds:.0f} | {found[best][1]:.2f} | {best}, {epochs} epochs | "
            f"{found[best][0]:.0f} | {ahead[-1]:+.2f} |"
        )
        if arguments.long:
            long_seconds, long_psnr = peer(
                arguments.python, *files, arguments.long, *methods(result.mask.pattern.shape)[best]
            )
            start = time.perf_counter()
            quick = score(denoise(noisy, Settings.from_preset("fast")).denoised, truth)
            row += f" {long_psnr:.2f} | {long_seconds:.0f} | {quick:.2f} | {time.perf_counter() - start:.0f} |"
        print(row, flush=True)
    print(f"\nahead on {sum(value > 0 for value in ahead)} of {len(ahead)}, mean {mean(ahead):+.2f} dB")


if __name__ == "__main__":
    main()
