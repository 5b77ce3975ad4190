"""A movie larger than memory should be: peak memory, speed, and a run that is killed three times.

    python benchmarks/beyond_memory.py [--gb 6] [--side 1024] [--preset fast] [--kills 3] [--folder DIR]

Generates a noisy uint16 zarr movie, denoises it with the command line, and prints a Markdown table: peak resident
memory of the process above that of a bare interpreter with torch, planes a second beside those of an image in memory,
and whether a run that is killed with SIGKILL and started again, several times, ends in the same pixels.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
import zarr

COMMAND = [sys.executable, "-c", "from napari_autostructn2v.cli import main; raise SystemExit(main())"]


def make_movie(path: Path, gigabytes: float, side: int) -> int:
    """Write the movie plane by plane; returns the number of planes."""
    planes = max(4, round(gigabytes * 1e9 / (2 * side * side)))
    movie = zarr.create_array(
        path, shape=(planes, side, side), chunks=(1, side, side), dtype="u2", dimension_names=["t", "y", "x"]
    )
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:side, :side] / side
    for plane in range(planes):
        scene = 400 + 300 * np.sin(20 * x + 0.1 * plane) * np.sin(15 * y)
        movie[plane] = (scene + rng.normal(0, 40, (side, side))).clip(0, 65535).astype(np.uint16)
    return planes


def watch(process: subprocess.Popen, done: Path) -> tuple[int, float, int]:
    """Wait for a process to end; returns its greatest resident memory in bytes, and when so many planes were done."""
    watched, peak, start, planes = psutil.Process(process.pid), 0, 0.0, 0
    while process.poll() is None:
        if not planes and done.is_file() and (planes := done.read_bytes().count(b"\n")):
            start = time.perf_counter()
        try:
            peak = max(peak, watched.memory_info().rss)
        except psutil.NoSuchProcess:
            break
        time.sleep(0.05)
    return peak, start, planes


def bare_memory() -> int:
    """Return the resident memory of an interpreter that has imported torch, in bytes."""
    code = "import torch, psutil; torch.ones(1); print(psutil.Process().memory_info().rss)"
    return int(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)


def killed_run(command: list[str], done: Path, planes: int, kills: int) -> int:
    """Kill a run when it has come a further part of its way, start it again, and let the last one finish."""
    happened = 0
    for number in range(1, kills + 1):
        process = subprocess.Popen(command)
        while process.poll() is None:
            if done.exists() and done.read_bytes().count(b"\n") >= planes * number // (kills + 1):
                process.send_signal(signal.SIGKILL)
                happened += 1
                break
            time.sleep(0.02)
        process.wait()
    subprocess.run(command, check=True)
    return happened


def in_memory_rate(movie: Path, model: Path) -> float:
    """Return planes a second of `Denoiser.predict` on some planes that are in memory."""
    from napari_autostructn2v import Denoiser

    planes = zarr.open_array(movie, mode="r")[:24]
    denoiser = Denoiser.load(model)
    denoiser.predict(planes[:1])
    start = time.perf_counter()
    denoiser.predict(planes)
    return len(planes) / (time.perf_counter() - start)


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gb", type=float, default=6.0)
    parser.add_argument("--side", type=int, default=1024)
    parser.add_argument("--preset", default="fast")
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="for the movie and the results; needs three times --gb")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(dir=arguments.folder))
    try:
        movie, model = folder / "movie.zarr", folder / "model.safetensors"
        planes = make_movie(movie, arguments.gb, arguments.side)
        options = ["--preset", arguments.preset, "--stages", "1", "--quiet"]
        denoise = [*COMMAND, "denoise", str(movie), *options, "-o"]
        training = subprocess.Popen([*denoise, str(folder / "a"), "--save-model", str(model)])
        denoising_peak, *_ = watch(training, folder / "a")
        in_memory = [in_memory_rate(movie, model)]  # and again afterwards, since the speed of a machine wanders
        prediction = subprocess.Popen([*COMMAND, "predict", str(movie), "--model", str(model), "-o", str(folder / "b")])
        prediction_peak, start, first = watch(prediction, folder / "b" / ".movie_denoised.zarr.part" / "done")
        rate = (planes - first) / (time.perf_counter() - start)
        in_memory.append(in_memory_rate(movie, model))
        done = folder / "c" / ".movie_denoised.zarr.part" / "done"
        kills = killed_run([*denoise, str(folder / "c")], done, planes, arguments.kills)
        one, two = (zarr.open_array(folder / name / "movie_denoised.zarr", mode="r") for name in "ac")
        same = all(np.array_equal(one[plane], two[plane]) for plane in range(planes))
        bare = bare_memory()
        print(f"\n{planes} planes of {arguments.side} x {arguments.side} uint16, {arguments.gb:g} GB\n")
        print("| what | figure |\n|---|---|")
        print(f"| peak memory of `denoise` above torch | {(denoising_peak - bare) / 1e9:.2f} GB |")
        print(f"| peak memory of `predict` above torch | {(prediction_peak - bare) / 1e9:.2f} GB |")
        print(f"| planes a second, `predict` from zarr to zarr | {rate:.2f} |")
        print(f"| planes a second, image in memory | {np.mean(in_memory):.2f} |")
        print(f"| killed {kills} times and finished: same pixels | {'yes' if same else 'NO'} |")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
