"""Seconds and peak memory of a whole run, per preset and image size, each in a process of its own.

    python benchmarks/speed.py [--presets fast balanced] [--sides 512 1024 2048] [--stages auto]

Generated images with noise along rows, so that both stages run. The memory is that over an interpreter which has
imported torch and nothing else.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time


def measure(preset: str, side: int, stages: str) -> None:
    """Run once and print the figures as JSON."""
    import torch

    bare = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    import numpy as np
    from scipy import ndimage

    from napari_autostructn2v import Settings, denoise

    rng = np.random.default_rng(0)
    clean = ndimage.gaussian_filter(rng.standard_normal((side, side)).astype(np.float32), 4)
    lines = ndimage.uniform_filter1d(rng.standard_normal((side, side)).astype(np.float32), 3)
    image = np.clip(1000 + 6000 * clean.clip(0) + 300 * lines, 0, 65535).astype(np.uint16)
    del clean, lines
    start = time.perf_counter()
    result = denoise(image, Settings.from_preset(preset, stages=stages))
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        json.dumps(
            {
                "seconds": seconds,
                "memory": (peak - bare) / 1e3,
                "stages": "+".join(result.report.stages),
                "phases": result.report.seconds,
                "threads": torch.get_num_threads(),
            }
        )
    )


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--presets", nargs="+", default=["fast", "balanced"])
    parser.add_argument("--sides", nargs="+", type=int, default=[512, 1024, 2048])
    parser.add_argument("--stages", default="auto")
    parser.add_argument("--one", action="store_true", help="measure in this process")
    arguments = parser.parse_args()
    if arguments.one:
        measure(arguments.presets[0], arguments.sides[0], arguments.stages)
        return
    print("| preset | pixels | stages | seconds | of these denoising | peak memory / MB |")
    print("|---|---|---|--:|--:|--:|", flush=True)
    for preset in arguments.presets:
        for side in arguments.sides:
            command = [sys.executable, __file__, "--one", "--presets", preset, "--sides", str(side)]
            command += ["--stages", arguments.stages]
            found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            print(
                f"| {preset} | {side} x {side} | {found['stages']} | {found['seconds']:.0f} | "
                f"{found['phases'].get('prediction', 0):.1f} | {found['memory']:.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
