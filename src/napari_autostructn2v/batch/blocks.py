"""All blocks of an image, one after the other here or side by side on the workers of a cluster."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..files import ImageFile
from ..images import FixedPattern, Layout
from ..large import Block, PackedModel, Recipe, blocks_of, chunks_for, denoise_block, done_blocks
from ..progress import Progress
from ..stop import StopToken
from .work_folder import WorkFolder

__all__ = ["check_scheduler", "denoise_blocks"]

#: Times that a block is tried again when the worker that had it is lost.
_RETRIES = 10

_CONNECT_SECONDS = 10


def denoise_blocks(
    image: ImageFile,
    layout: Layout,
    models: tuple[PackedModel | None, ...],
    patterns: tuple[FixedPattern, ...],
    *,
    margin: int,
    reach: int,
    work: WorkFolder,
    software: str,
    device: str,
    scheduler: str | None,
    listen: Callable[[Progress], None],
    stop: StopToken | None = None,
) -> Any:
    """Denoise the blocks that an earlier run has not, and return the zarr array that holds them all.

    Raises
    ------
    InputError
        If the file is damaged, or there is no scheduler at the address.
    """
    import zarr

    from ..files import create_like

    blocks = blocks_of(layout, image.chunks, margin, reach)
    inner = image.details["levels"][0] if image.kind == "ome-zarr" else ""
    if work.done.exists():
        done = done_blocks(work.done)
    else:
        create_like(work.result, image, chunks_for(layout, image.chunks, margin, reach), layout.axes, software)
        done = set()
    recipe = Recipe(
        source=os.path.abspath(image.path),
        target=os.path.abspath(work.result / inner),
        layout=layout,
        models=models,
        patterns=patterns,
        margin=margin,
        reach=reach,
        device=device,
    )
    left = [block for block in blocks if block.number not in done]
    finished = _on_cluster(recipe, left, scheduler) if scheduler else _here(recipe, left, image)
    start = time.monotonic()
    with _progress_file(work.done) as write:
        for count, number in enumerate(finished, 1):
            write(number)
            if stop is not None and stop.is_set():
                raise KeyboardInterrupt
            seconds = (time.monotonic() - start) / count * (len(left) - count)
            listen(Progress("prediction", len(done) + count, len(blocks), "Denoising blocks", seconds_left=seconds))
    return zarr.open_array(recipe.target, mode="r")


@contextmanager
def _progress_file(path: Path) -> Iterator[Callable[[int], None]]:
    path.touch()
    with path.open("r+b") as file:
        # A number that was being written when the last run ended is taken away.
        file.truncate(file.read().rfind(b"\n") + 1)
        file.seek(0, os.SEEK_END)

        def write(number: int) -> None:
            file.write(b"%d\n" % number)
            file.flush()

        yield write


def _here(recipe: Recipe, blocks: list[Block], image: ImageFile) -> Iterator[int]:
    for block in blocks:
        yield denoise_block(recipe, block, image)


def _on_cluster(recipe: Recipe, blocks: list[Block], scheduler: str) -> Iterator[int]:
    """Denoise blocks on the workers of a dask scheduler, which see the files under the same paths."""
    import distributed

    with _client(scheduler) as client:
        # As a result of a task the recipe, and with it the model, goes to each worker once, and is made again if the
        # only worker that has it is lost.
        shared = client.submit(_same, recipe, pure=False, retries=_RETRIES)
        futures = [client.submit(denoise_block, shared, block, pure=False, retries=_RETRIES) for block in blocks]
        for future in distributed.as_completed(futures, loop=client.loop):
            yield future.result()
            future.release()


def check_scheduler(address: str) -> str:
    """Look for a scheduler before anything else is done; returns a remark where it has no workers yet.

    Raises
    ------
    InputError
        If there is no dask scheduler at the address, after ten seconds at most.
    """
    with _client(address) as client:
        if client.nthreads():
            return ""
    return (
        f"The dask scheduler at {address} has no workers yet; blocks are denoised once there are some, for instance by "
        f"dask worker {address}"
    )


def _client(address: str) -> Any:
    try:
        import distributed
    except ImportError as error:
        raise InputError("--scheduler needs one more package: pip install distributed.") from error
    if address.startswith("tls:") and not distributed.Security().get_connection_args("client").get("ssl_context"):
        raise InputError(
            f"The scheduler at {address} wants a certificate, and dask knows of none: name it in the file "
            "~/.config/dask/distributed.yaml (see the page 'Use several machines' of the documentation)."
        )
    try:
        return distributed.Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
    except Exception as error:  # addresses can be wrong in many ways
        raise InputError(f"There is no dask scheduler at {address} ({error or type(error).__name__}).") from error


def _same(recipe: Recipe) -> Recipe:
    return recipe
