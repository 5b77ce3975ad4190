"""What is found out about an image: its noise, what a mask gains on it, and the model for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...denoiser import Denoiser
    from ...noise import BlindMask, Measurement

__all__ = ["Gain", "Measured", "ModelAtHand"]


@dataclass(frozen=True, eq=False)
class Measured:
    """What is known of the noise of an image, and the mask that follows from it."""

    measurement: Measurement
    automatic: BlindMask


@dataclass(frozen=True)
class Gain:
    """What a mask, as rows of 0 and 1, gains over a single blind pixel, in dB; None where that cannot be said."""

    mask: tuple[str, ...]
    db: float | None


@dataclass(frozen=True, eq=False)
class ModelAtHand:
    """A trained model, where it comes from, and whether its run was cancelled; or one for each of several channels.

    Parameters
    ----------
    denoiser : Denoiser
        Of the first channel.
    name : str
    stopped : bool
    others : tuple of Denoiser
        Of the further channels.
    """

    denoiser: Denoiser
    name: str
    stopped: bool = False
    others: tuple[Denoiser, ...] = ()

    @property
    def each(self) -> tuple[Denoiser, ...]:
        """The models of all channels."""
        return self.denoiser, *self.others

    def of(self, channel: int) -> Denoiser:
        """Return the model for a channel; where there is only one, it is for all."""
        return self.each[channel] if channel < len(self.each) else self.denoiser
