"""How each setting of a run is called and shown: a table of fields, whose editors magicgui makes.

An editor follows from the type of a setting, its range and its choices.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from magicgui.widgets import FloatSpinBox, create_widget
from qtpy.QtWidgets import QComboBox, QDoubleSpinBox

from ...settings import RANGES

__all__ = ["RUN_FIELDS", "STAGE_FIELDS", "SettingField"]


class SettingField(NamedTuple):
    """One setting: its name, how it is called here, and how it is shown; what it may be is known from the settings."""

    name: str
    label: str
    tooltip: str
    decimals: int = 0
    suffix: str = ""
    factor: float = 1  # value shown = setting * factor
    choices: tuple[tuple[str, Any], ...] = ()

    def editor(self, hint: Any) -> Any:
        """Return the magicgui widget for a setting of this type."""
        if self.choices:
            chooser: Any = create_widget(name=self.name, annotation=hint, options={"choices": list(self.choices)})
            chooser.native.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            chooser.native.setMinimumContentsLength(8)
            return chooser
        if self.name not in RANGES:
            tick: Any = create_widget(name=self.name, annotation=hint)
            tick.text = ""
            return tick
        # The widget that magicgui has for whole numbers corrects a number while it is typed: 64 becomes 84 where at
        # least 8 is allowed.
        editor: Any = FloatSpinBox(name=self.name, step=1)
        editor.native.setDecimals(self.decimals)
        editor.native.setSuffix(self.suffix)
        if self.decimals:
            editor.native.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
        limits = RANGES[self.name]
        # At least what the digits can show, where nothing is not allowed.
        low = limits.low if limits.low <= 0 else max(limits.low, 10**-self.decimals)
        editor.max, editor.min = limits.high * self.factor, low * self.factor
        return editor

    def show(self, editor: Any, value: Any) -> None:
        """Show a setting; one that comes from a file may be none of the choices, or have more digits."""
        if self.choices and value not in editor.choices:
            editor.choices = [*self.choices, (f"{value}{self.suffix}", value)]
        elif isinstance(editor, FloatSpinBox):
            value = min(max(value * self.factor, editor.min), editor.max)
        editor.value = value

    def read(self, editor: Any, hint: Any) -> Any:
        """Return the setting that is shown."""
        if not isinstance(editor, FloatSpinBox):
            return editor.value
        return round(editor.value) if hint is int else editor.value / self.factor


RUN_FIELDS = (
    SettingField(
        "device",
        "Device",
        "The device that computes. Automatic uses a graphics card if there is one (device).",
        choices=(
            ("Automatic", "auto"),
            ("CPU", "cpu"),
            ("NVIDIA graphics card", "cuda"),
            ("Apple graphics", "mps"),
        ),
    ),
    SettingField(
        "tile",
        "Tile size",
        "Side of the pieces in which the whole image is denoised after training (tile). "
        "Smaller tiles need less memory.",
        suffix=" px",
        choices=tuple((f"{side} px", side) for side in (256, 512, 1024, 2048)),
    ),
    SettingField(
        "context",
        "Other planes",
        "Which other planes of a stack or movie help to denoise a plane (context). By default this is tried out on "
        "each image; a single plane is not changed by it.",
        choices=(
            ("Where they help", "auto"),
            ("None", "none"),
            ("Next to it", "near"),
            ("Near and far", "far"),
        ),
    ),
    SettingField(
        "other_channels",
        "Other channels",
        "What the channels of an image give back to each other: fine structure that one has lost and that others show "
        "too, where that lessens the error (other_channels). Each channel is denoised by itself first.",
        choices=(("Where they help", "auto"), ("Nothing", "none")),
    ),
    SettingField(
        "start",
        "Start from",
        "What training sets out from: a network that has learned from pictures made by code, which is sooner done, or "
        "nothing (start). Either way it is your image that decides what is kept.",
        choices=(("A trained network", "general"), ("Nothing", "scratch")),
    ),
    SettingField(
        "remove_line_offsets",
        "Flatten lines",
        "First flatten whole rows or columns that are a little too bright or too dark, if there are any "
        "(remove_line_offsets). Turn it off if the specimen itself runs along whole rows or columns.",
    ),
)

STAGE_FIELDS = (
    SettingField(
        "num_epochs",
        "Epochs",
        "How long to train at most (num_epochs). Quality sets it; more is slower and, up to a point, better.",
    ),
    SettingField(
        "patches_per_image",
        "Crops an epoch",
        "Pieces of the image shown in each epoch (patches_per_image).",
    ),
    SettingField(
        "roi_share",
        "ROI patches",
        "Share of the crops that come from the patches of the ROI tuning dock; "
        "the others come from anywhere in the image (roi_share).",
        0,
        " %",
        100,
    ),
    SettingField("crop_size", "Crop size", "Side of a piece (crop_size).", 0, " px"),
    SettingField(
        "batch_size",
        "Batch size",
        "Pieces that are trained on together (batch_size). Smaller batches need less memory.",
    ),
    SettingField(
        "mask_percentage",
        "Hidden pixels",
        "Share of the pixels that the network has to guess in each piece (mask_percentage).",
        1,
        " %",
    ),
    SettingField(
        "masking_strategy",
        "Hidden show",
        "What the network sees in place of a hidden pixel (masking_strategy).",
        choices=(("a neighbour", "random"), ("the mean around", "local_mean"), ("zero", "zeros")),
    ),
    SettingField(
        "use_augmentation",
        "Flips and turns",
        "Also train on mirrored and turned pieces, as far as the direction of the noise allows (use_augmentation).",
    ),
    SettingField("features", "Network width", "Features of the first layer (features); wider is slower."),
    SettingField("num_layers", "Network depth", "How often the network halves the image (num_layers)."),
    SettingField("learning_rate", "Learning rate", "Largest step of the optimiser (learning_rate).", 6),
    SettingField("early_stopping", "Stop early", "End once held-out pixels no longer improve (early_stopping)."),
    SettingField(
        "early_stopping_patience",
        "Patience",
        "Epochs without improvement before stopping early (early_stopping_patience).",
    ),
)
