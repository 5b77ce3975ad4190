"""A batch as one piece of work: which files, what is wanted of them, and all of it done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..disk import Places
from ..files import is_zarr
from ..progress import Progress
from ..settings import Settings
from ..stop import StopToken
from .all_files import denoise_files
from .inputs import error_map_path, targets_of
from .many_files import Batch
from .one_file import process
from .one_model import train, train_once, trainable
from .open_images import OpenImage
from .plan import digest, training_plan
from .work_folder import WorkFolder

if TYPE_CHECKING:
    from ..denoiser import Denoiser

__all__ = ["BatchOrder", "carry_out"]


@dataclass(frozen=True, kw_only=True)
class BatchOrder:
    """What is wanted of many files.

    Parameters
    ----------
    sources : tuple of Path
    folder : Path
        For the results.
    settings : Settings
    one_model : bool
        Train one model on all of them; otherwise each has its own.
    unnamed : str
        Letter of the one axis of a stack whose file does not name it; empty refuses such files.
    error_maps : bool
    overwrite : bool
        Replace results that something else has made.
    how_to_replace : str
        What a user does to have them replaced.
    ending : str
        Of the names of results, such as ".ome.tif"; empty keeps the kind of each file.
    in_use : tuple of Path
        What nothing may replace beside the files themselves.
    images : tuple of OpenImage
        What one model for all is trained on as well; whoever has opened them applies the model to them.
    """

    sources: tuple[Path, ...]
    folder: Path
    settings: Settings
    one_model: bool = False
    unnamed: str = ""
    error_maps: bool = False
    overwrite: bool = False
    how_to_replace: str = "choose another folder"
    ending: str = ""
    in_use: tuple[Path, ...] = ()
    images: tuple[OpenImage, ...] = ()

    @property
    def targets(self) -> list[Path]:
        """Where the results go."""
        return targets_of(self.sources, self.folder, self.ending)

    def prepared(self) -> tuple[Batch, tuple[list[Path], list[OpenImage]] | None]:
        """Return the batch, and what one model is trained on, None where each file has its own; reads the images."""
        options: dict[str, Any] = {"unnamed": self.unnamed, "error_maps": self.error_maps}
        plan = training_plan(self.settings, **options)
        files, images = trainable(self.sources, plan, self.images) if self.one_model else ([], [])
        if files or images:
            plan = training_plan(self.settings, files, on_all=True, **options)
            if images:
                plan = replace(plan, identity=digest(plan.identity, *(image.digest for image in images)))
        targets = self.targets
        batch = Batch(
            inputs=self.sources,
            targets=targets,
            plan=plan,
            places=self._places(targets),
            overwrite=self.overwrite,
            how_to_replace=self.how_to_replace,
        )
        return batch, (files, images) if files or images else None

    def _places(self, targets: list[Path]) -> Places:
        places = Places()
        for path in self.sources:
            places.add(path, "an input", folder=is_zarr(path))
        for path in self.in_use:
            places.add(path, "an open image", folder=is_zarr(path))
        for path in targets:
            places.add(path, "a result", folder=path.suffix == ".zarr")
            if self.error_maps:
                places.add(error_map_path(path), "an error map")
        return places


def carry_out(
    order: BatchOrder, tell: Callable[[Progress], None], stop: StopToken | None = None
) -> tuple[Denoiser, ...]:
    """Denoise all files of an order; what was done already is kept, and what cannot be done is told of.

    Parameters
    ----------
    order : BatchOrder
    tell : callable
        Called with the events of a training on all images, and with a `FileEvent` for all that concerns one file.
    stop : StopToken or None

    Returns
    -------
    tuple of Denoiser
        The one model for all, one a channel; none where each image has its own, or all files were done already and
        there are no open images.

    Raises
    ------
    InputError
        If one model for all cannot be trained.
    KeyboardInterrupt
        If the stop token was set in the middle of a file or a training; `StoppedEarly` where there is a result.
    """
    batch, training = order.prepared()
    if training is None or (batch.is_done and not order.images):
        denoise_files(batch, _work_of(batch, stop), tell, stop)
        return ()
    files, images = training
    if not order.sources:
        return train(files, batch.plan, tell, stop, images)[0]  # there is no folder in which it could be kept
    with WorkFolder(order.folder / "model", batch.plan.identity) as memory:
        models, _ = train_once(files, batch.plan, memory, tell, stop, images)
        plan = replace(batch.plan, models=models, trained_on=tuple(files), judged=True)
        batch = replace(batch, plan=plan)
        denoise_files(batch, _work_of(batch, stop), tell, stop)
        memory.unfinished = stop is not None and stop.is_set()
    return models


def _work_of(batch: Batch, stop: StopToken | None) -> Any:
    def work(source: Path, target: Path, listen: Callable[[Progress], None]) -> tuple[dict[str, Any], str]:
        values = process(source, target, batch.plan, listen, stop).values()
        return values, str(values.get("verdict", ""))

    return work
