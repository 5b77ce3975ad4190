"""A dask cluster of separate programs: what it listens on, one of two workers killed on the way, with and without TLS.

    python benchmarks/cluster.py [--planes 48] [--side 512]

Starts `dask scheduler` and two `dask worker` on this machine only, denoises a zarr movie with `autostructn2v predict
--scheduler`, kills one worker with SIGKILL once a quarter of the planes is written, and compares all pixels with those
of a run without a cluster. With TLS the certificates are made by openssl, and a client without one is turned away.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import zarr

from napari_autostructn2v import Settings, denoise

CLI = [sys.executable, "-m", "napari_autostructn2v"]
DASK = [sys.executable, "-m", "dask"]
#: Even without a dashboard a web server listens, on all addresses unless it is told otherwise.
ONLY_HERE = ["--dashboard-address", "127.0.0.1:0"]
CONFIG = """\
distributed:
  comm:
    require-encryption: true
    tls:
      ca-file: {folder}/ca.pem
      scheduler: {{cert: {folder}/own.pem, key: {folder}/own.key}}
      worker: {{cert: {folder}/own.pem, key: {folder}/own.key}}
      client: {{cert: {folder}/own.pem, key: {folder}/own.key}}
"""


def certificates(folder: Path) -> None:
    """Make an authority and a certificate of it, and a file of dask's that names them."""

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    new = ("req", "-nodes", "-newkey", "rsa:2048")
    openssl(*new, "-x509", "-days", "365", "-subj", "/CN=our lab", "-keyout", "ca.key", "-out", "ca.pem")
    openssl(*new, "-subj", "/CN=our cluster", "-keyout", "own.key", "-out", "own.csr")
    openssl("x509", "-req", "-in", "own.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "365",
            "-out", "own.pem")  # fmt: skip
    (folder / "distributed.yaml").write_text(CONFIG.format(folder=folder))


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def listening(processes: list[subprocess.Popen[bytes]]) -> list[str]:
    """List the addresses that some programs and their children listen on."""
    every = [psutil.Process(started.pid) for started in processes]
    every += [child for process in every for child in process.children(recursive=True)]
    found = {
        f"{connection.laddr.ip}:{'*' if connection.laddr.port > 20000 else connection.laddr.port}"
        for process in every
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    return sorted(found)


def until(done: Callable[[], bool], seconds: float = 300) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            raise SystemExit("it took too long")
        time.sleep(0.1)


def written(target: Path) -> int:
    """Count the chunks of a zarr that is being written, under its hidden name or its own."""
    return sum(1 for part in target.parent.rglob("*") if re.fullmatch(r"[\d.]+", part.name) and part.is_file())


def run(folder: Path, movie: Path, local: np.ndarray, *, tls: bool) -> None:
    """Denoise on a cluster, kill a worker on the way, and say what was seen."""
    environment = dict(os.environ, OMP_NUM_THREADS="1")
    environment["DASK_CONFIG"] = str(folder if tls else folder / "none")
    address = f"{'tls' if tls else 'tcp'}://127.0.0.1:{free_port()}"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": environment}
    programs = [subprocess.Popen([*DASK, "scheduler", "--host", address, *ONLY_HERE], **quiet)]
    try:
        for _ in range(2):
            options = ["--nthreads", "1", *ONLY_HERE, "--no-nanny", "--local-directory", str(folder)]
            programs.append(subprocess.Popen([*DASK, "worker", address, "--host", "127.0.0.1", *options], **quiet))
        target = folder / ("tls" if tls else "plain") / "movie_denoised.zarr"
        command = [*CLI, "predict", str(movie), "--model", str(folder / "m.safetensors"), "-o", str(target.parent)]
        time.sleep(8)
        print(f"{address.split(':', 1)[0]}: listens on {', '.join(listening(programs))}")
        client = subprocess.Popen([*command, "--scheduler", address], env=environment)
        until(lambda: written(target) >= len(local) // 4)
        programs[1].send_signal(signal.SIGKILL)
        print(f"one worker killed after {written(target)} of {len(local)} planes")
        print("exit code", client.wait(), "- same pixels:", np.array_equal(zarr.open(target)[:], local))
        if tls:
            other = subprocess.run(
                [*command, "--overwrite", "--scheduler", address],
                env=environment | {"DASK_CONFIG": str(folder / "none")},
                capture_output=True,
                text=True,
                check=False,
            )
            print("without a certificate: exit code", other.returncode, other.stderr.strip())
    finally:
        for program in programs:
            program.kill()
            program.wait()


def main() -> None:
    """Run once without and once with TLS."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--planes", type=int, default=48)
    parser.add_argument("--side", type=int, default=512)
    given = parser.parse_args()
    movie = np.random.default_rng(0).normal(1000, 100, (given.planes, given.side, given.side)).astype(np.uint16)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        certificates(folder)
        settings = Settings.from_preset("fast", stages="1", context="none", device="cpu")
        model = denoise(movie[0, :256, :256], settings).denoiser
        model.save(folder / "m.safetensors")
        path = folder / "movie.zarr"
        zarr.create_array(path, data=movie, chunks=(1, given.side, given.side), dimension_names=["t", "y", "x"])
        local = model.predict(movie, device="cpu")
        for tls in (False, True):
            run(folder, path, local, tls=tls)


if __name__ == "__main__":
    main()
