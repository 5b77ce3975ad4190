"""What is done with each channel of one image of an experiment, and what there is to say about it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError, counted
from ..files import ImageFile
from ..images import FixedPattern, Layout
from ..progress import Progress
from ..stop import Stopped, StopToken
from .judging import quality_values
from .plan import BatchPlan, run_id
from .report import FileReport, result_values

if TYPE_CHECKING:
    from ..denoiser import Denoiser
    from ..pipeline import Result

__all__ = ["FileJob", "Listen"]

Listen = Callable[[Progress], None]


class FileJob:
    """The channels of one image: what is trained on them, and what there is to say about each."""

    def __init__(
        self,
        image: ImageFile,
        layout: Layout,
        plan: BatchPlan,
        listen: Listen,
        stop: StopToken | None,
        messages: list[str],
    ) -> None:
        self.image, self.layout, self.plan, self.listen, self.messages = image, layout, plan, listen, messages
        self.stop = stop
        self.channels = layout.channels
        self.values: list[dict[str, Any]] = []
        self.models: list[Denoiser | None] = []
        self.seconds = 0.0
        light = [channel for channel in self.channels if not channel.is_alpha]
        if plan.models is not None and len(plan.models) not in (1, len(light)):
            raise InputError(
                f"{image.path} has {counted(len(light), 'channel')}, and there are {len(plan.models)} models; give one "
                "for all of them, or one for each."
            )

    def train(self, number: int, planes: np.ndarray, *, are_neighbours: bool = True) -> Result:
        """Train on the planes of a channel, or on some of them, and denoise them."""
        from .. import pipeline

        settings = self.plan.settings
        if planes.ndim > 2 and len(planes) > 1 and not are_neighbours:
            settings = replace(settings, context="none")
        return pipeline.denoise(planes, settings, progress=self.hear(number), stop=self.stop)

    def hear(self, number: int) -> Listen:
        """Return what hears of the progress of a channel."""
        name = self.channels[number].name
        if not name:
            return self.listen
        return lambda event: self.listen(replace(event, message=f"{name}: {event.message}"))

    def given_model(self, number: int) -> Denoiser | None:
        """Return the model of a channel, of those that were given."""
        models = self.plan.models or ()
        light = [index for index, channel in enumerate(self.channels) if not channel.is_alpha]
        return models[0] if len(models) == 1 else models[light.index(number)]

    def fitting_model(self, number: int, planes: np.ndarray) -> Denoiser:
        """Return the given model of a channel on the scale of the image, of which some planes are enough."""
        model = self.given_model(number)
        assert model is not None
        if self.plan.anyway:
            return model
        model, said = model.fitted_to(planes, known=Path(self.image.path) in self.plan.trained_on)
        if said:
            name = f"{self.channels[number].name}: " if self.channels[number].name else ""
            self.messages.append(f"{self.image.path}: {name}{said}")
        return model

    def is_kept(self, number: int, planes: np.ndarray) -> bool:
        """Return True for a channel in which there is nothing to denoise beside others in which there is."""
        channel = self.channels[number]
        if channel.is_alpha:
            return True
        if len(self.channels) == 1 or planes.min() != planes.max():
            return False
        self.messages.append(f"{self.image.path}: {channel.name} is constant; it is kept as it is.")
        return True

    def fixed_pattern(self, number: int, find: Callable[[], FixedPattern]) -> FixedPattern:
        """Return the fixed pattern to remove; one that is found and not to be removed is only named."""
        if self.plan.models is not None and not self.plan.remove_fixed_pattern:
            return FixedPattern()
        found = find()
        if not found:
            return found
        name = f"{self.channels[number].name}: " if self.channels[number].name else ""
        advice = "It was removed." if self.plan.remove_fixed_pattern else "--remove-fixed-pattern takes it out."
        self.messages.append(f"{self.image.path}: {name}{found.sentence} {advice}")
        return found if self.plan.remove_fixed_pattern else FixedPattern()

    def said_of(self, number: int, run: Result) -> dict[str, Any]:
        """Return what there is to say about the training on a channel."""
        return {"channel": self.channels[number].name} | result_values(run)

    def error_map(self, number: int, model: Denoiser, planes: np.ndarray) -> np.ndarray | None:
        """Return the error map of a channel; None where there can be none, or a stop came before it was whole."""
        hear = self.hear(number)

        def tell(done: int, total: int) -> None:
            hear(Progress("prediction", done, total, message="Estimating the error"))

        try:
            return model.uncertainty(
                planes, device=self.plan.settings.device, stop=self.stop, on_step=tell, anyway=True
            )
        except InputError as error:
            self.messages.append(f"{self.image.path}: {error}")
        except Stopped:
            pass
        return None

    def judged(self, number: int, planes: np.ndarray, denoised: np.ndarray) -> dict[str, Any]:
        """Judge what a given model made of some planes of a channel, where that is asked for."""
        if not self.plan.judged:
            return {}
        said: dict[str, Any] = {"channel": self.channels[number].name}
        try:
            said["quality"] = quality_values(planes, denoised, self.plan.settings, self.stop)
        except InputError as error:  # too small to be measured: the result is whole all the same
            self.messages.append(f"{self.image.path}: the result could not be judged: {error}")
        except Stopped as stopped:
            raise KeyboardInterrupt from stopped  # there is no whole result
        return said

    def predicted(self, number: int, model: Denoiser, planes: np.ndarray) -> np.ndarray:
        """Return what a given model makes of the planes of a channel."""
        hear = self.hear(number)
        start = time.perf_counter()

        def tell(done: int, total: int) -> None:
            left = (time.perf_counter() - start) / done * (total - done)
            hear(Progress("prediction", done, total, seconds_left=left))

        try:
            denoised: np.ndarray = model.predict(
                planes, device=self.plan.settings.device, on_tile=tell, stop=self.stop, anyway=True
            )
        except Stopped as stopped:
            raise KeyboardInterrupt from stopped  # there is no whole result
        self.seconds += time.perf_counter() - start
        return denoised

    def report(self) -> FileReport:
        """Return all there is to say."""
        return FileReport(
            axes=self.layout.axes,
            shape=tuple(self.layout.shape),
            channels=tuple(value for value in self.values if value),
            messages=tuple(self.messages),
            models=tuple(model for model in self.models if model is not None),
            prediction_seconds=self.seconds if self.plan.models is not None else None,
        )

    def check_unchanged(self, software: str) -> None:
        """Raise if the input is no longer what the result says it was made of."""
        if run_id(self.image.path, self.plan) != software:
            raise InputError(
                f"{self.image.path} was changed while it was denoised, so that the result would be of no image; run "
                "the command again once the file is complete."
            )

    def write(self, target: Path, array: Any, software: str) -> None:
        """Write a result as the kind of file that its name says, with what is known from its source."""
        from ..files import write_as

        write_as(target, array, like=self.image, axes=self.layout.axes, software=software)
