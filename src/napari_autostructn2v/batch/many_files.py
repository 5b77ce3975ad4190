"""Many inputs, and what is checked for each before anything is done."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ..disk import Places
from ..errors import InputError
from .inputs import error_map_path

if TYPE_CHECKING:
    from .plan import BatchPlan

__all__ = ["Batch"]


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Many inputs and what to do with each of them, whatever happens to the others.

    Parameters
    ----------
    inputs, targets : sequence of Path
        As many of each.
    plan : BatchPlan
    places : Places
        What else the command reads and writes.
    overwrite : bool
        Replace results that something else has made.
    again : bool
        Do what was done already again: there is more to come of it than the result, such as a model.
    how_to_replace : str
        What a user does to have them replaced.
    as_json : bool
        Print one JSON object for each input.
    quiet : bool
        Print no summary.
    """

    inputs: Sequence[Path]
    targets: Sequence[Path]
    plan: BatchPlan
    places: Places = field(default_factory=Places)
    overwrite: bool = False
    again: bool = False
    how_to_replace: str = "add --overwrite to replace it"
    as_json: bool = False
    quiet: bool = False

    def check(self, source: Path, target: Path, try_writing: bool = True) -> bool:
        """Return True if the result is there; raise if it could not be written or would replace what should stay."""
        from ..files import SUFFIXES, check_writable, is_zarr
        from .plan import is_whole, made_by, run_id, unfinished_id

        if source.is_dir() and not is_zarr(source):
            raise InputError(
                f"{source} is a folder in which no image was found. Files named {', '.join(SUFFIXES)} directly in it "
                "are looked for, or those that --pattern describes; results of earlier runs do not count."
            )
        self.places.check(target, "a result")
        if self.plan.error_maps:
            self.places.check(error_map_path(target), "an error map")
        if os.path.lexists(target):
            # The same input, settings and model give the same pixels: there is nothing to be done.
            maker, run = made_by(target), run_id(source, self.plan)
            if maker == run and not self.again and is_whole(target) and self._has_error_map(source, target, run):
                return True
            if not self.overwrite and maker not in (run, unfinished_id(run)):
                raise InputError(f"{target} exists already; {self.how_to_replace}.")
            if os.path.isdir(target) and not os.path.islink(target) and not is_zarr(target):
                raise InputError(f"{target} is a folder but not a zarr, so it is not replaced. Choose another folder.")
        beside = error_map_path(target)
        if (
            self.plan.error_maps
            and os.path.lexists(beside)
            and not self.overwrite
            and made_by(beside) != run_id(source, self.plan)
        ):
            raise InputError(f"{beside} exists already; {self.how_to_replace}.")
        if try_writing:
            # A zarr is a folder, for which a file of another name stands here.
            check_writable(target.with_name(f"{target.name}.tif") if target.suffix == ".zarr" else target)
        return False

    @property
    def is_done(self) -> bool:
        """Whether all results are there."""
        try:
            pairs = zip(self.inputs, self.targets, strict=True)
            return all(self.check(source, target, try_writing=False) for source, target in pairs)
        except InputError:
            return False

    def _has_error_map(self, source: Path, target: Path, run: str) -> bool:
        """Return whether the error map of a result is there, is not wanted, or cannot be made."""
        from ..files import open_image
        from .plan import is_whole, made_by, streams

        beside = error_map_path(target)
        if not self.plan.error_maps or (beside.exists() and made_by(beside) == run and is_whole(beside)):
            return True
        with open_image(source) as image:  # of what is denoised block by block no error map is made
            return streams(image, self.plan)
