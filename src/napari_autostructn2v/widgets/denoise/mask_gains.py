"""What a mask drawn by hand gains over hiding a single pixel, worked out beside the window."""

from __future__ import annotations

from typing import NamedTuple

from qtpy.QtCore import QObject, Signal

from ...noise import BlindMask
from ..image import Gain, ImageState, Measured
from ..work import Failure, Latest, gain_task

__all__ = ["MaskGains", "gain_in_words"]


class _Asked(NamedTuple):
    """Of which image a gain is worked out, from which measurement, for which mask and in which channel."""

    image: ImageState
    measured: Measured
    mask: tuple[str, ...]
    channel: int


class MaskGains(QObject):
    """Works out the gains of masks; an image's state takes up its own.

    `failed` is emitted with a `Failure`.

    Parameters
    ----------
    parent : QObject
    """

    failed = Signal(object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._asked: _Asked | None = None
        self._latest = Latest(self)
        self._latest.finished.connect(self._on_gain)
        self._latest.failed.connect(self._on_failed)

    @property
    def is_busy(self) -> bool:
        """Whether a gain is being worked out."""
        return self._latest.is_busy

    def of(self, image: ImageState, mask: BlindMask) -> Gain | None:
        """Return what a mask gains in an image, or ask for it and return None."""
        rows = mask.to_rows()
        if image.measured is None:
            return None
        if image.gain is not None and image.gain.mask == rows:
            return image.gain
        asked = _Asked(image, image.measured, rows, image.channel)
        if not (self.is_busy and self._asked == asked):
            self._asked = asked
            self._latest.ask(asked, gain_task(image.measured.measurement, mask.pattern))
        return None

    def _on_gain(self, asked: _Asked, db: float | None) -> None:
        if asked.image.measured_of(asked.channel) is asked.measured:
            asked.image.take_gain(Gain(asked.mask, db), asked.channel)

    def _on_failed(self, asked: _Asked, failure: Failure) -> None:
        self.failed.emit(failure)


def gain_in_words(gain: float | None) -> str:
    """Return a gain in dB as a sentence; None is one that cannot be predicted."""
    if gain is None:
        return "What it gains cannot be predicted for this image."
    if abs(gain) < 0.05:
        return "It neither gains nor costs anything over hiding a single pixel."
    if gain > 0:
        return f"It gains about {gain:.1f} dB over hiding a single pixel."
    return f"It costs about {-gain:.1f} dB compared with hiding a single pixel."
