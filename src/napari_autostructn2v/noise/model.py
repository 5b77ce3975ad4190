"""The noise of an image: variance, autocorrelation and dependence on the intensity."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..errors import InputError
from ..settings import Range, checked, shortened
from .intensity import along_line

__all__ = ["SIGNIFICANCE", "NoiseModel"]

#: Correlations that differ from none by fewer standard errors than this are taken for chance.
SIGNIFICANCE = 5.0

#: By how much a model may be rescaled: beyond, a variance leaves the range of 64-bit floating point.
_SCALES = Range(1e-150, 1e150)


@dataclass(frozen=True, eq=False)
class NoiseModel:
    """The noise of an image as measured in its flattest background tiles.

    Parameters
    ----------
    correlation : (2L+1, 2L+1) float64
        Autocorrelation at offsets -L to L along rows and columns; 1 at the centre.
    standard_error : (2L+1, 2L+1) float64
        Standard error of `correlation`, from its scatter between tiles.
    variance : float
        Noise variance in the background, in squared input units.
    mean_variance : float
        Noise variance averaged over the image: larger than `variance` where noise grows with the signal.
    intensities, variances : (B,) float64
        Noise variance against intensity, in input units.
    tiles : int
        How many tiles the measurement rests on.
    from_flat_parts : bool
        False where there was structure in all tiles: then the noise is taken for independent between pixels, and its
        variance is what the differences between neighbours say.
    along_lines : bool
        Whether it was measured along rows or columns in differences across them, in which there is no structure.
    looks_smooth : bool
        Whether what neighbours share is as smooth as structure, and under a floor of white noise or uneven.
    may_be_structure : bool
        Whether structure may be part of what was measured, as nothing tells it from noise.
    """

    correlation: np.ndarray
    standard_error: np.ndarray
    variance: float
    mean_variance: float
    intensities: np.ndarray
    variances: np.ndarray
    tiles: int
    from_flat_parts: bool = True
    along_lines: bool = False
    looks_smooth: bool = False
    may_be_structure: bool = False

    @property
    def max_lag(self) -> int:
        """Largest measured offset in pixels."""
        return len(self.correlation) // 2

    @property
    def significant(self) -> np.ndarray:
        """(2L+1, 2L+1) bool, offsets at which the correlation is not chance."""
        return np.abs(self.correlation) > SIGNIFICANCE * self.standard_error

    def variance_at(self, intensity: np.ndarray) -> np.ndarray:
        """Noise variance at given intensities, in squared input units; `intensity` in input units, of any shape.

        Interpolated between the classes that were measured. Beyond the brightest of them it goes on along a straight
        line through all where that grows, since the noise of light grows with the light; few pixels are brighter, but
        they are the ones that are looked at.
        """
        given, intensity = intensity, np.asarray(intensity)
        if intensity.dtype.kind not in "iuf":
            raise InputError(f"intensity is {shortened(given)}; it must be a number or an array of numbers.")
        return along_line(intensity, self.intensities, self.variances)

    def rescaled(self, scale: float, offset: float) -> NoiseModel:
        """Return the model of the image times `scale` plus `offset`."""
        scale, offset = checked(scale, float, "scale", _SCALES), checked(offset, float, "offset")
        square = scale**2
        return replace(
            self,
            variance=self.variance * square,
            mean_variance=self.mean_variance * square,
            intensities=self.intensities * scale + offset,
            variances=self.variances * square,
        )
