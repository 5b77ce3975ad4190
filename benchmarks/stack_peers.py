"""Stacks with known truth: ours, BM4D and CAREamics' 3D Noise2Void in turn. Part of ``versus.py``, which see."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from napari_autostructn2v import Settings, denoise

BENCH = Path(os.environ.get("ASN2V_BENCH", Path(__file__).parents[1] / "../shared/bench"))

#: Kind of stack, photons and seed; the peers make the same stack with the same noise.
SCENES = (("movie", 4, 0), ("movie", 20, 0), ("volume", 4, 0), ("volume", 20, 0))

#: What runs on a scene, and what comes of it: PSNR without a fit, flicker and seconds.
Method = Callable[[str, int, int], tuple[float, float, float]]


def ours(kind: str, photons: int, seed: int) -> tuple[float, float, float]:
    """Run *Balanced* as it comes: to measure, to choose, to train and to denoise takes time."""
    sys.path.insert(0, str(BENCH))
    import stacks

    noisy, truth = stacks.noisy_stack(getattr(stacks, kind)(seed=seed), photons)
    begun = time.perf_counter()
    result = denoise(noisy, Settings()).denoised
    return stacks.psnr_stack(result, truth), stacks.flicker(result, truth), time.perf_counter() - begun


def of_peer(python: str, script: str, *options: str) -> Method:
    """Return what runs a peer in an environment of its own."""

    def measured(kind: str, photons: int, seed: int) -> tuple[float, float, float]:
        scene = [kind, "--photons", str(photons), "--seed", str(seed)]
        done = subprocess.run(
            [python, str(BENCH / script), *scene, *options], stdout=subprocess.PIPE, text=True, check=True
        )
        found = json.loads(done.stdout.strip().splitlines()[-1])
        return found["psnr"], found["flicker"], found["total_s"]

    return measured


def print_table(methods: Mapping[str, Method], wanted: str = "") -> None:
    """Print a Markdown table: of every scene whose name holds `wanted` PSNR, flicker and seconds of every method."""
    print("| scene |" + "".join(f" {name}, dB | flicker | s |" for name in methods))
    print("|---|" + "--:|" * 3 * len(methods), flush=True)
    for kind, photons, seed in SCENES:
        name = f"{kind} {photons}"
        if wanted not in name:
            continue
        print(f"| {kind}, {photons} photons |", end="", flush=True)
        for method in methods.values():
            decibels, flicker, seconds = method(kind, photons, seed)
            print(f" {decibels:.2f} | {flicker:.2f} | {seconds:.0f} |", end="", flush=True)
        print(flush=True)
