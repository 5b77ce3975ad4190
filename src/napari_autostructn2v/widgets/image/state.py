"""All that is known about one image layer, in one object; docks show it and hold none of it themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, Literal
from weakref import ref

from napari.layers import Image
from qtpy.QtCore import QObject, Signal

from ...progress import Progress
from ...settings import MaskSettings, RoiSettings, Settings
from .findings import Gain, Measured, ModelAtHand
from .history import History
from .pixels import Pixels

if TYPE_CHECKING:
    from ...noise import BlindMask, Measurement
    from ..work import Failure
    from .results import Outcome

__all__ = ["Aspect", "ImageState", "RoiPair", "Stage", "with_pair"]

#: Settings of stage 1 (background) and of stage 2 (structure).
RoiPair = tuple[RoiSettings, RoiSettings]

#: Index into a pair: 0 is stage 1 (background), 1 is stage 2 (structure).
Stage = Literal[0, 1]

#: What of an image has changed: its pixels or what its axes are, its patches and its mask, its noise, its run, its
#: result, its model.
Aspect = Literal["axes", "settings", "noise", "run", "result", "model"]


class ImageState(QObject):
    """What is known about an image layer.

    Parameters
    ----------
    layer : napari.layers.Image or None
    pair : RoiPair
        The patches to begin with.
    mask : MaskSettings
    """

    #: An `Aspect`.
    changed = Signal(str)

    def __init__(self, layer: Image | None, pair: RoiPair, mask: MaskSettings = MaskSettings()) -> None:
        super().__init__()
        self.pixels = Pixels(layer)
        self._pair = History(pair)
        self._mask = mask
        #: Of the channel that the noise and the patches are shown of.
        self.channel = 0
        self._measured: dict[int, Measured] = {}
        self._gains: dict[int, Gain] = {}
        self.is_measuring = False
        self.model: ModelAtHand | None = None
        self.outcome: Outcome | None = None
        self._result: ref[Image] | None = None
        #: Whether its run is under way, or waits for its turn.
        self.is_running = self.is_waiting = False
        #: Events of the present or last run that carry losses.
        self.losses: list[Progress] = []
        #: What there was last to say about a run, and why it came to nothing.
        self.last_words = ""
        self.failure: Failure | None = None

    @property
    def layer(self) -> Image | None:
        """The layer, None once it is gone, or where no image is open."""
        return self.pixels.layer

    @property
    def name(self) -> str:
        """That of the layer."""
        layer = self.layer
        return "" if layer is None else layer.name

    # ---- its pixels

    def say_axes(self, axes: str) -> None:
        """Take the user's word for which axis is which."""
        if axes != self.pixels.said_axes:
            before = self.pixels.reading.axes
            self.pixels.said_axes = axes
            if self.failure is not None and self.failure.kind == "axes":
                self.failure = None  # the question is answered
            if before != self.pixels.reading.axes:
                self._forget_measurements()
            self.changed.emit("axes")

    def show_channel(self, channel: int) -> None:
        """Turn to another channel."""
        if channel != self.channel:
            self.channel = channel
            self.changed.emit("axes")

    def take_filled(self, filled: Any) -> None:
        """Work with these pixels in place of those that the layer has now."""
        self.pixels.take_filled(filled)
        self._forget_measurements()
        self.changed.emit("axes")

    def _forget_measurements(self) -> None:
        self._measured, self._gains, self.channel = {}, {}, 0

    # ---- settings that belong to the image

    @property
    def pair(self) -> RoiPair:
        """Which patches each stage learns from."""
        return self._pair.value

    @property
    def mask(self) -> MaskSettings:
        """The blind mask of stage 2."""
        return self._mask

    def set_pair(self, pair: RoiPair) -> None:
        """Replace the patches of both stages."""
        if self._pair.set(pair, _kind_of_change(self.pair, pair)):
            self.changed.emit("settings")

    def set_stage(self, stage: Stage, roi: RoiSettings) -> None:
        """Replace the patches of one stage."""
        self.set_pair((roi, self.pair[1]) if stage == 0 else (self.pair[0], roi))

    def set_mask(self, mask: MaskSettings) -> None:
        """Replace the blind mask."""
        if mask != self._mask:
            self._mask = mask
            self.changed.emit("settings")

    def set_settings(self, pair: RoiPair, mask: MaskSettings) -> None:
        """Replace both, and tell once."""
        changed = self._pair.set(pair)
        if changed or mask != self._mask:
            self._mask = mask
            self.changed.emit("settings")

    @property
    def can_undo(self) -> bool:
        """Whether a change of the patches can be taken back."""
        return self._pair.can_undo

    @property
    def can_redo(self) -> bool:
        """Whether a change that was taken back can come again."""
        return self._pair.can_redo

    def undo(self) -> None:
        """Take the last change of the patches back."""
        if self._pair.undo():
            self.changed.emit("settings")

    def redo(self) -> None:
        """Make the last change that was taken back again."""
        if self._pair.redo():
            self.changed.emit("settings")

    def settings(self, common: Settings) -> Settings:
        """Return all settings of a run on this image, from those that hold for every image."""
        return replace(with_pair(common, self.pair), mask=self._mask)

    # ---- what was found out about it

    @property
    def measured(self) -> Measured | None:
        """What is known of the noise of the present channel."""
        return self.measured_of(self.channel)

    def measured_of(self, channel: int) -> Measured | None:
        """Return what is known of the noise of a channel."""
        return self._measured.get(channel)

    @property
    def gain(self) -> Gain | None:
        """What its own mask gains in the present channel."""
        return self._gains.get(self.channel)

    def take_measurement(self, measurement: Measurement, automatic: BlindMask | None, channel: int = 0) -> None:
        """Keep a measurement; `automatic` is the mask that follows from it, None keeps the one that was known."""
        known = self.measured_of(channel)
        mask = automatic or (None if known is None else known.automatic)
        if mask is None:
            import numpy as np

            from ...noise import BlindMask

            mask = BlindMask(np.ones((1, 1), bool))
        self._measured[channel] = Measured(measurement, mask)
        self._gains.pop(channel, None)
        self.is_measuring = False
        self.changed.emit("noise")

    def show_measuring(self, measuring: bool) -> None:
        """Say that the noise is being measured, or is no longer."""
        if measuring != self.is_measuring:
            self.is_measuring = measuring
            self.changed.emit("noise")

    def take_gain(self, gain: Gain, channel: int = 0) -> None:
        """Keep what a mask gains in a channel."""
        self._gains[channel] = gain
        self.changed.emit("noise")

    def take_model(self, model: ModelAtHand | None) -> None:
        """Hold a trained model for this image."""
        self.model = model
        self.changed.emit("model")

    @property
    def result(self) -> Image | None:
        """The layer of the last result, None if there is none any more."""
        return None if self._result is None else self._result()

    def take_outcome(self, outcome: Outcome, layer: Image) -> None:
        """Keep a result and its layer."""
        self.outcome, self._result = outcome, ref(layer)
        self.changed.emit("result")

    # ---- its run

    def wait_for_run(self, waiting: bool) -> None:
        """Say that the image waits for its turn, or no longer does."""
        if waiting != self.is_waiting:
            self.is_waiting = waiting
            self.changed.emit("run")

    def begin_run(self) -> None:
        """Forget how the last run went: another has begun."""
        self.is_running, self.is_waiting = True, False
        self.losses, self.last_words, self.failure = [], "", None
        self.changed.emit("run")

    def take_events(self, events: Sequence[Progress]) -> None:
        """Keep the losses among some events."""
        told = [event for event in events if event.loss is not None or event.held_out is not None]
        self.losses += [replace(event, preview=None) for event in told]
        self.changed.emit("run")

    def end_run(self, words: str = "", failure: Failure | None = None) -> None:
        """Say how a run has ended, where it has not ended with a result."""
        self.is_running = self.is_waiting = False
        self.last_words, self.failure = words, failure
        self.changed.emit("run")


def with_pair(settings: Settings, pair: RoiPair) -> Settings:
    """Return settings with other patches."""
    return replace(
        settings,
        stage1=replace(settings.stage1, roi=pair[0]),
        stage2=replace(settings.stage2, roi=pair[1]),
    )


def _kind_of_change(before: RoiPair, after: RoiPair) -> str:
    """Name the one setting that differs, such as that of a slider; empty for several, and for edits by hand."""
    changed = [
        f"{stage} {item.name}"
        for stage, (old, new) in enumerate(zip(before, after, strict=True))
        for item in fields(RoiSettings)
        if getattr(old, item.name) != getattr(new, item.name)
    ]
    by_hand = any(name.split()[1] in ("added", "removed") for name in changed)
    return changed[0] if len(changed) == 1 and not by_hand else ""
