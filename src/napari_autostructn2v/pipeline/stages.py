"""Stage 1, the noise, stage 2: the one generator that the docks, the command line and scripts drive."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..images import to_planes
from ..large import is_large, sample_planes
from ..noise import BlindMask, assess, check_mask, mask_for, measure, prepare
from ..progress import Phase, Progress
from ..roi import StackPatches, select_stage_patches
from ..settings import Settings, StageSettings
from ..stop import Deadline, StopToken
from .preview import Preview, first_preview
from .result import Report, Result, over_all

if TYPE_CHECKING:
    from ..denoiser import Denoiser
    from ..network import UNet

__all__ = ["denoise", "run"]

#: Seconds after a stop within which the result so far is computed, or left out.
_STOPPED_PREDICTION_SECONDS = 0.5


def denoise(
    image: Any,
    settings: Settings | None = None,
    *,
    progress: Callable[[Progress], None] | None = None,
    stop: StopToken | None = None,
) -> Result:
    """Denoise an image, a stack or a movie.

    Parameters
    ----------
    image : (..., Y, X) array-like
        Real numbers; all planes are trained on together. A dask array of more than 33 megapixels is never read whole:
        planes spread over it are trained on, and the results are dask arrays, denoised where they are computed.
    settings : Settings or None
    progress : callable or None
        Called with every event.
    stop : StopToken or None
        Ends the run with what there is.

    Returns
    -------
    Result

    Raises
    ------
    InputError
        If the image or the settings cannot be used; the text says why and what to do.

    Examples
    --------
    >>> from napari_autostructn2v import Settings, denoise
    >>> result = denoise(image, Settings.from_preset("fast"))  # doctest: +SKIP
    >>> result.denoised.dtype == image.dtype  # doctest: +SKIP
    True
    """
    events = run(image, settings, stop=stop)
    while True:
        try:
            event = next(events)
        except StopIteration as end:
            return end.value
        if progress is not None:
            progress(event)


def run(
    image: Any,
    settings: Settings | None = None,
    *,
    stop: StopToken | None = None,
    mask: BlindMask | None = None,
    preview_plane: int | None = None,
    start: Denoiser | None = None,
) -> Generator[Progress, None, Result]:
    """Denoise an image step by step; see :func:`denoise`.

    Parameters
    ----------
    image : (..., Y, X) array-like
    settings : Settings or None
    stop : StopToken or None
        Polled at every step and tile.
    mask : BlindMask or None
        Used in stage 2 instead of what `settings.mask` says.
    preview_plane : int or None
        Index, over all leading axes flattened, of the plane that previews show; None makes no previews.
    start : Denoiser or None
        What an earlier run of this image ended with. A stage that was stopped trains on from there; one that was not
        is taken as it is, unless it is the last one, which is given half its steps again.

    Yields
    ------
    Progress

    Returns
    -------
    Result
    """
    settings = settings or Settings()
    if not is_large(image):
        return (yield from _Run(image, settings, stop, mask, preview_plane, start).go())
    yield Progress("measuring", message="Reading planes to train on")
    sample, preview_plane = sample_planes(image, preview_plane)
    result = yield from _Run(sample, settings, stop, mask, preview_plane, start).go()
    return over_all(result, image, len(sample))


class _Run:
    """The state that the phases of one run share."""

    def __init__(
        self,
        image: Any,
        settings: Settings,
        stop: StopToken | None,
        mask: BlindMask | None,
        preview_plane: int | None,
        earlier: Denoiser | None,
    ) -> None:
        self.earlier = earlier
        self.image, self.settings, self.stop, self.preview_plane = image, settings, stop, preview_plane
        self.given_mask = mask
        self.seconds: dict[str, float] = {}
        self.steps: dict[str, int] = {}
        self.messages: list[str] = []
        self.networks: dict[str, UNet] = {}
        self.results: dict[str, np.ndarray] = {}

    @property
    def stopped(self) -> bool:
        return self.stop is not None and self.stop.is_set()

    def go(self) -> Generator[Progress, None, Result]:
        """Run all phases."""
        yield Progress("measuring", message="Measuring the noise")
        start = time.monotonic()
        self.planes, self.evened = prepare(self.image, self.settings)
        background, self.noise = measure(self.planes.values, self.settings)
        self.raw_noise = self.noise
        mask = self._mask(self.planes.values)
        if self.evened not in mask.reason:  # of a mask that was drawn or read
            self.messages.append(self.evened)
        stages, first, second = self.settings.stages, self.settings.stage1, self.settings.stage2
        measured_later = self.settings.mask.source == "stage1" and self.given_mask is None and stages != "2"
        with_second = stages in ("2", "both") or (stages == "auto" and (mask.is_structured or measured_later))
        # Selected now, so that what is wrong with the patches or the mask is said before a stage has been trained.
        structure = select_stage_patches(self.planes.values, second) if with_second else None
        if with_second:
            self._check_mask(mask)
        self.seconds["measuring"] = time.monotonic() - start
        if stages == "auto" and with_second:
            # Here stage 1 is a step on the way; the longer it learns from correlated noise, the more of that it keeps.
            first = replace(first, num_epochs=max(1, first.num_epochs // 3))
        if self.preview_plane is not None and not self.stopped:
            pattern = mask.pattern if with_second else np.ones((1, 1), bool)
            preview = first_preview(self.planes, self.preview_plane, pattern)
            yield Progress("measuring", message=mask.reason, preview=preview)
        self.steps_to_come = second.steps if with_second else 0
        if stages != "2":
            yield from self._stage("1", "stage 1", first, np.ones((1, 1), bool), background)
            if measured_later and "1" in self.results:
                yield Progress("noise", message="Measuring the noise that stage 1 left")
                left = to_planes(self.results["1"]).values
                _, self.noise = measure(left, self.settings)
                mask = self._mask(left)
                self._check_mask(mask)
                with_second = with_second and (stages != "auto" or mask.is_structured)
        self.steps_to_come = 0
        if with_second and not self.stopped:
            yield Progress("noise", message=mask.reason)
            try:
                yield from self._stage("2", "stage 2", second, mask.pattern, structure)
            except (MemoryError, RuntimeError) as error:
                # PyTorch says most of what goes wrong, memory included, by a RuntimeError.
                if "1" not in self.results:
                    raise
                said = str(error) or "out of memory" if isinstance(error, MemoryError) else str(error)
                self.messages.append(f"Stage 2 ended with an error ({said}); this is the result of stage 1.")
        result = self._result(mask)
        yield Progress("done", 1, 1, message="Stopped" if self.stopped else "Done")
        return result

    def _mask(self, values: np.ndarray) -> BlindMask:
        """The blind mask of stage 2."""
        if self.given_mask is not None:
            return self.given_mask
        return mask_for(self.noise, values, self.settings.mask, self.evened)

    def _check_mask(self, mask: BlindMask) -> None:
        check_mask(mask, self.settings.stage2.crop_size, self.planes.values.shape[1:])

    def _stage(
        self, name: str, phase: Phase, stage: StageSettings, pattern: np.ndarray, patches: StackPatches | None
    ) -> Generator[Progress, None, None]:
        """Train one stage and denoise the image with it."""
        if self.stopped:
            return
        from ..network import give_back, new_network, prediction_symmetries, refine, resolve_device, train
        from ..stop import Stopped

        start = time.monotonic()
        device = resolve_device(self.settings.device)
        network, done = new_network(stage, self.settings.random_seed, device), 0
        if self.earlier is not None and name in self.earlier.networks:
            network = copy.deepcopy(self.earlier.networks[name]).to(device)
            done = self.earlier.steps.get(name, stage.steps)
            if done >= stage.steps and (name == "2" or not self.steps_to_come):
                done = stage.steps // 2
        training = train(
            network,
            self.planes.values,
            stage,
            pattern,
            patches=None if patches is None else patches.corners,
            patch_size=patches.side if patches is not None else stage.roi.patch_size,
            seed=self.settings.random_seed + done,
            first_step=done,
            stop=self.stop,
            phase=phase,
        )
        preview = Preview(self.planes, self.preview_plane, network, self.settings.tile, self.stop)
        title = phase.capitalize()
        while True:
            try:
                event = next(training)
            except StopIteration as end:
                self.steps[name] = end.value.steps
                break
            left = event.seconds_left or 0.0
            left += (time.monotonic() - start) / event.step * self.steps_to_come
            yield replace(
                event,
                message=f"{title}: step {event.step} of {event.total}",
                seconds_left=left,
                preview=preview.next(),
            )
        self.seconds[phase] = time.monotonic() - start
        if self.steps[name] == 0:
            return
        if pattern.sum() > 1 and not self.stopped:
            with suppress(Stopped):
                refine(network, self.planes.values, self.raw_noise, seed=self.settings.random_seed, stop=self.stop)
        self.networks[name] = network
        yield Progress("prediction", message=f"{title}: denoising the image")
        start = time.monotonic()
        denoised = self._predicted(network, prediction_symmetries(stage, pattern))
        if denoised is None:
            self.messages.append(f"{title} was stopped before the image was denoised; its model is kept.")
            return
        self.results[name] = self.planes.restore(give_back(self.planes.values, denoised, self.raw_noise))
        self.seconds["prediction"] = self.seconds.get("prediction", 0.0) + time.monotonic() - start

    def _predicted(self, network: UNet, turns: Sequence[tuple[bool, bool, bool]]) -> np.ndarray | None:
        """Denoise the image; after a stop only if that is a matter of moments, and then without turning it."""
        from ..network import AS_IT_IS, predict_planes
        from ..stop import Stopped

        attempts: list[tuple[Sequence[tuple[bool, bool, bool]], StopToken | None]] = [(turns, self.stop)]
        if self.stop is not None:
            attempts.append(([AS_IT_IS], Deadline(_STOPPED_PREDICTION_SECONDS)))
        for symmetries, stop in attempts:
            with suppress(Stopped):
                return predict_planes(
                    network, self.planes.values, tile=self.settings.tile, symmetries=symmetries, stop=stop
                )
        return None

    def _result(self, mask: BlindMask) -> Result:
        """Gather what there is."""
        from ..denoiser import Denoiser

        best = self.results[max(self.results)] if self.results else None
        noise, raw_noise = (
            measured.rescaled(self.planes.scale, self.planes.offset) for measured in (self.noise, self.raw_noise)
        )
        # What the offsets of lines add is not in the noise that was measured.
        noisy = self.planes.restore(self.planes.values, np.float32) if self.evened else np.asarray(self.image)
        quality = None if best is None else assess(noisy, best, noise)
        if not self.steps:
            self.messages.append("The run was stopped before training began.")
        denoiser = None
        if self.networks:
            denoiser = Denoiser(
                self.networks,
                self.settings,
                mask,
                raw_noise,
                self.planes.offset,
                self.planes.scale,
                usual_excess=self.planes.usual_excess,
                steps=self.steps,
                evened=self.planes.evened,
            )
        report = Report(
            verdict=mask.reason,
            stages=tuple(self.networks),
            seconds={phase: round(seconds, 3) for phase, seconds in self.seconds.items()},
            steps=self.steps,
            quality=quality,
            stopped=self.stopped,
            messages=tuple(self.messages),
        )
        return Result(best, self.results.get("1"), self.results.get("2"), mask, noise, report, denoiser, self.settings)
