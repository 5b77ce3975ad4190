"""What the user chose, as frozen values: comparable, hashable, readable and writable as TOML.

A widget makes one :class:`Settings`, the pipeline takes one, a model file stores one.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..disk import atomic_path
from .choices import (
    Background,
    Combine,
    ContextChoice,
    Equalize,
    MaskingStrategy,
    MaskSource,
    OtherChannels,
    Stages,
    StartChoice,
)
from .presets import PRESET_EPOCHS, Preset
from .ranges import check, check_fields, shortened
from .text import merged, parsed, read_text, to_text

__all__ = ["MaskSettings", "RoiSettings", "Settings", "StageSettings"]

#: Channels, at most, where the network halves the image for the last time: the weights of twice as many take gigabytes.
_MOST_CHANNELS = 4096


@dataclass(frozen=True, kw_only=True)
class RoiSettings:
    """Which patches of an image are selected, with the defaults of stage 1.

    Parameters
    ----------
    use_roi : bool
        Select patches by their content; False draws them at random.
    roi_threshold : float
        Between 0 and 1. After global equalisation it reads as "the darkest (brightest) share of the image".
    scale_factor : float
        The image is shrunk by this factor (0 to 1) before it is smoothed: small values see large structures.
    select_background : bool
        True selects patches below the threshold, False those above.
    patch_size : int
        Side of a patch in pixels of the original image.
    overlap : float
        Share of a patch that its neighbour covers, from 0 to below 1.
    sigma : float or None
        Gaussian smoothing in pixels of the original image; None takes a quarter of `patch_size`.
    equalize : {"global", "adaptive", "none"}
        How intensities are spread over 0 to 1 before they are compared with the threshold.
    background : {"dark", "bright", "auto"}
        What empty regions look like; "bright" turns intensities around, "auto" looks at the image.
    criteria : tuple of str
        What the score of a patch is made of: "mean" (intensity), "band", "gradient", "texture", or names given to
        :func:`~napari_autostructn2v.roi_criteria.register_criterion`.
    combine : {"all", "any"}
        A patch counts as structure if all, or any, of the criteria say so.
    band : tuple of float
        Lowest and highest equalised intensity, 0 to 1, that criterion "band" looks for.
    added, removed : tuple of (int, int)
        Corners (row, column) of patches put in and taken out by hand, in pixels of the original image.
    """

    use_roi: bool = True
    roi_threshold: float = 0.5
    scale_factor: float = 0.25
    select_background: bool = True
    patch_size: int = 32
    overlap: float = 0.5
    sigma: float | None = None
    equalize: Equalize = "global"
    background: Background = "dark"
    criteria: tuple[str, ...] = ("mean",)
    combine: Combine = "all"
    band: tuple[float, float] = (0.3, 0.7)
    added: tuple[tuple[int, int], ...] = ()
    removed: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        check_fields(self)
        check(len(self.criteria) > 0, "criteria is empty; it must name at least one criterion, such as 'mean'.")
        check(self.band[0] < self.band[1], f"band is {self.band}; its first number must be the lower one.")


@dataclass(frozen=True, kw_only=True)
class StageSettings:
    """How one stage is trained.

    Parameters
    ----------
    roi : RoiSettings
        The patches of this stage.
    roi_share : float
        Share of the training crops drawn from the selected patches; the others come from anywhere in the image.
        1 trains on the selected patches alone; that is the default of stage 2, once its patches are chosen by content.
    crop_size : int
        Side in pixels of a training crop; the selected patch lies inside it and gives the network its surroundings.
    patches_per_image, batch_size, num_epochs : int
        An epoch shows `patches_per_image` crops in batches of `batch_size`.
    mask_percentage : float
        Share of the pixels, in percent, that are blind in a training crop.
    masking_strategy : {"random", "local_mean", "zeros"}
        What stands in a blind pixel.
    use_augmentation : bool
        Flips and turns that leave the blind mask as it is.
    features, num_layers : int
        Width and depth of the network.
    learning_rate : float
        Peak of the schedule.
    flips_at_prediction : bool
        Average the result over the flips and turns that leave the blind mask alone: about 0.1 dB better, up to eight
        times as long to denoise. The preset "fast" leaves it out beyond a megapixel.
    early_stopping : bool
        Come to an end once held-out pixels have not improved for `early_stopping_patience` epochs; the learning rate
        falls to zero over another quarter of the steps done.
    """

    roi: RoiSettings = RoiSettings()
    roi_share: float = 0.25
    crop_size: int = 64
    patches_per_image: int = 160
    batch_size: int = 16
    num_epochs: int = 45
    mask_percentage: float = 10.0
    masking_strategy: MaskingStrategy = "random"
    use_augmentation: bool = True
    features: int = 16
    num_layers: int = 2
    learning_rate: float = 0.015
    flips_at_prediction: bool = True
    early_stopping: bool = True
    early_stopping_patience: int = 10

    def __post_init__(self) -> None:
        check_fields(self)
        deepest = self.features * 2**self.num_layers
        check(
            deepest <= _MOST_CHANNELS,
            f"features is {self.features} and num_layers {self.num_layers}, which makes {deepest} channels (features "
            f"times 2 for each layer); at most {_MOST_CHANNELS} are possible. Take fewer features or fewer layers.",
        )

    @property
    def steps(self) -> int:
        """Optimiser steps of a full run."""
        return self.num_epochs * self.steps_per_epoch

    @property
    def steps_per_epoch(self) -> int:
        """Optimiser steps of an epoch."""
        return max(1, self.patches_per_image // self.batch_size)


@dataclass(frozen=True, kw_only=True)
class MaskSettings:
    """Where the blind mask of stage 2 comes from.

    Parameters
    ----------
    source : {"raw", "stage1", "file", "editor"}
        Measure the noise in the raw image or in the output of stage 1, read a ``.npy`` file, or take `pattern`.
    path : str
        The file of source "file".
    pattern : tuple of str
        The mask of source "editor", one string of 0 and 1 a row, for instance ``("00000", "11111", "00000")``.
    max_lag : int
        Largest offset in pixels at which correlation is measured.
    min_correlation : float
        Correlations below this size are taken for none.
    """

    source: MaskSource = "raw"
    path: str = ""
    pattern: tuple[str, ...] = ()
    max_lag: int = 12
    min_correlation: float = 0.05

    def __post_init__(self) -> None:
        check_fields(self)
        widths = {len(row) for row in self.pattern}
        check(
            len(widths) < 2 and 0 not in widths and not set("".join(self.pattern)) - {"0", "1"},
            f"pattern is {shortened(self.pattern)}; its rows must be equally long texts of 0 and 1.",
        )


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that decides what a run does.

    Parameters
    ----------
    stages : {"auto", "1", "2", "both"}
        "auto" runs stage 2 only if the noise is correlated.
    preset : {"fast", "balanced", "best"}
        The budget that the stages were made for; see :meth:`from_preset`.
    stage1, stage2 : StageSettings
    mask : MaskSettings
    random_seed : int
    device : str
        "auto", "cpu", "cuda", "cuda:1" or "mps".
    tile : int
        Side in pixels of the pieces in which the whole image is denoised; smaller needs less memory.
    remove_line_offsets : bool
        Flatten rows or columns that are each a little too bright or too dark, where there are any, before all else.
    context : {"auto", "none", "near", "far"}
        What a plane of a stack is denoised with: nothing else, the planes beside it, or these and planes farther away.
        "auto" tries what may help and keeps what predicts held-out pixels best.
    other_channels : {"auto", "none"}
        What the channels of one image, which are denoised one by one, tell each other: with "auto" each is then given
        back structure that it has lost and that the others show too, where that lessens the error; or nothing.
    start : {"general", "scratch"}
        What training sets out from: a network that has learned from pictures made by code, where there is one of the
        size and for the noise at hand (docs/start.md), or nothing.
    """

    stages: Stages = "auto"
    preset: Preset = "balanced"
    stage1: StageSettings = StageSettings()
    stage2: StageSettings = field(
        default_factory=lambda: StageSettings(
            roi=RoiSettings(use_roi=False, select_background=False, patch_size=64), roi_share=1.0
        )
    )
    mask: MaskSettings = MaskSettings()
    random_seed: int = 42
    device: str = "auto"
    tile: int = 512
    remove_line_offsets: bool = True
    context: ContextChoice = "auto"
    other_channels: OtherChannels = "auto"
    start: StartChoice = "general"

    def __post_init__(self) -> None:
        check_fields(self)

    @classmethod
    def from_preset(cls, preset: Preset = "balanced", **changes: Any) -> Settings:
        """Return the settings of a preset, with top-level fields changed.

        Examples
        --------
        >>> Settings.from_preset("fast", stages="1").stage1.num_epochs
        14
        """
        return cls(**changes).with_preset(preset)

    def with_preset(self, preset: Preset) -> Settings:
        """Return these settings with the training budget of another preset."""
        known = isinstance(preset, str) and preset in PRESET_EPOCHS
        check(known, f"There is no preset {shortened(preset)}; choose one of {', '.join(PRESET_EPOCHS)}.")
        budget: dict[str, Any] = {
            "num_epochs": PRESET_EPOCHS[preset],
            "flips_at_prediction": True,  # whatever a run of "fast" on a large image left out
            # Where photons are few, the held-out error scatters, and a long training was ended by chance.
            "early_stopping": preset != "best",
        }
        return replace(
            self, preset=preset, stage1=replace(self.stage1, **budget), stage2=replace(self.stage2, **budget)
        )

    def to_toml(self) -> str:
        """Return the settings as TOML text that :meth:`from_toml` reads back to an equal value."""
        return to_text(self)

    @classmethod
    def from_toml(cls, text: str) -> Settings:
        """Read settings from TOML text; what it leaves out keeps its default.

        Raises
        ------
        InputError
            If the text is no TOML, names an unknown setting or holds a value out of range.
        """
        values = parsed(text)
        preset = values.get("preset", "balanced")
        known = isinstance(preset, str) and preset in PRESET_EPOCHS
        return merged(cls.from_preset(preset) if known else cls(), values)

    @classmethod
    def load(cls, path: str | Path) -> Settings:
        """Read settings from a TOML file."""
        return cls.from_toml(read_text(path))

    def save(self, path: str | Path) -> None:
        """Write the settings to a TOML file; the file is whole or absent."""
        with atomic_path(path) as part:
            part.write_text(self.to_toml(), encoding="utf-8")
