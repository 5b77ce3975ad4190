"""The settings of a stage's patches that are seldom needed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from qtpy.QtCore import QSignalBlocker, Signal
from qtpy.QtWidgets import QAbstractSpinBox, QCheckBox, QComboBox, QDoubleSpinBox, QFormLayout, QSpinBox, QWidget

from ...roi import criterion_names
from ...settings import RANGES, RoiSettings
from ..parts import add_row

__all__ = ["MoreForm"]

_EQUALIZE = (
    ("Whole image", "global", "Threshold 0.4 then means: the darkest 40 % of the image."),
    ("Neighbourhood", "adaptive", "Evens out uneven illumination, but flat regions get contrast as well (CLAHE)."),
    ("None", "none", "The threshold is a share of the way from the darkest to the brightest value."),
)

_BACKGROUND = (
    ("Dark", "dark", "Fluorescence: empty regions are dark."),
    ("Bright", "bright", "Bright field, electron microscopy: empty regions are bright."),
    ("Automatic", "auto", "Decided from the image."),
)

_SIDE = (
    ("Below threshold", True, "Background: patches that look empty."),
    ("Above threshold", False, "Structure: patches that show something."),
)

_COMBINE = (
    ("All of them", "all", "A patch is structure if every ticked criterion says so."),
    ("Any of them", "any", "A patch is structure if one of the ticked criteria says so."),
)

_CRITERIA = {
    "mean": ("Brightness", "Mean brightness of the patch, after smoothing."),
    "band": ("Brightness range", "How much of the patch lies in a range of brightness; set the range below."),
    "gradient": ("Edges", "How steeply brightness changes inside the patch."),
    "texture": ("Texture", "How much local pattern the patch has (local binary patterns)."),
}

#: The settings that the form shows.
_FIELDS = (
    "patch_size", "overlap", "sigma", "equalize", "background", "select_background", "criteria", "combine", "band",
)  # fmt: skip

#: What the smoothing box holds while smoothing follows the patch size.
_AUTOMATIC = -1.0


class MoreForm(QWidget):
    """Patch size, overlap, smoothing, equalisation, polarity and criteria of one stage."""

    #: The settings were changed by the user.
    changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._roi = RoiSettings()
        self._shown: tuple[Any, ...] = ()
        self.patch_size = _spin_box("patch_size", 8, " px")
        self.overlap = _spin_box("overlap", 5, " %", 100)
        largest = RANGES["sigma"].high
        self.sigma = QDoubleSpinBox(minimum=_AUTOMATIC, maximum=largest, singleStep=1, decimals=1, suffix=" px")
        self.sigma.setKeyboardTracking(False)
        self.equalize = _combo_box(_EQUALIZE)
        self.background = _combo_box(_BACKGROUND)
        self.side = _combo_box(_SIDE)
        self.criteria: dict[str, QCheckBox] = {}
        self.combine = _combo_box(_COMBINE)
        self.band = QDoubleSpinBox(maximum=0.98, singleStep=0.05), QDoubleSpinBox(maximum=1, singleStep=0.05)

        self._form = QFormLayout(self)
        self._form.setContentsMargins(6, 0, 0, 0)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._form.setVerticalSpacing(3)
        self._add("Patch size", self.patch_size, "Side of a patch in pixels of the image (patch_size).")
        self._add("Overlap", self.overlap, "How much of a patch its neighbour covers (overlap).")
        self._add(
            "Smoothing", self.sigma,
            "Gaussian smoothing before patches are judged, in pixels of the image (sigma). "
            "Below 0 it follows the patch size. 300 is the value of the published method.",
        )  # fmt: skip
        self._add("Equalise over", self.equalize, "How brightness is spread over 0 to 1 first (equalize).")
        self._add("Background is", self.background, "What empty regions look like (background).")
        self._add("Take", self.side, "Which side of the threshold is selected (select_background).")
        self._criteria_rows = QWidget()
        self._criteria_layout = QFormLayout(self._criteria_rows)
        self._criteria_layout.setContentsMargins(0, 0, 0, 0)
        self._criteria_layout.setVerticalSpacing(1)
        self._add("Judge by", self._criteria_rows, "What makes a patch structure (criteria).")
        self._add("Needed", self.combine, "How several criteria work together (combine).")
        for box, label, end in zip(self.band, ("Range from", "Range up to"), ("Lower", "Upper"), strict=True):
            self._add(label, box, f"{end} end of the brightness that “Brightness range” looks for, 0 to 1 (band).")

        self.patch_size.valueChanged.connect(self._on_edit)
        self.overlap.valueChanged.connect(self._on_edit)
        self.sigma.valueChanged.connect(self._on_edit)
        for combo in (self.equalize, self.background, self.side, self.combine):
            combo.currentIndexChanged.connect(self._on_edit)
        for box in self.band:
            box.setKeyboardTracking(False)
            box.valueChanged.connect(self._on_edit)
        self.show_settings(self._roi)

    @property
    def roi(self) -> RoiSettings:
        """What is shown."""
        return self._roi

    def show_settings(self, roi: RoiSettings) -> None:
        """Show settings without telling anybody."""
        self._roi = roi
        shown = tuple(getattr(roi, name) for name in _FIELDS), criterion_names()
        if shown != self._shown:  # most changes are those of a threshold, which is not here
            self._shown = shown
            self._show(roi)

    def _show(self, roi: RoiSettings) -> None:
        self._fill_criteria(roi.criteria)
        blockers = [QSignalBlocker(widget) for widget in self._inputs()]
        self.patch_size.setValue(roi.patch_size)
        self.overlap.setValue(round(100 * roi.overlap))
        self.sigma.setSpecialValueText(f"auto ({roi.patch_size / 4:g} px)")
        self.sigma.setValue(_AUTOMATIC if roi.sigma is None else roi.sigma)
        choices: tuple[tuple[QComboBox, Any], ...] = (
            (self.equalize, roi.equalize), (self.background, roi.background),
            (self.side, roi.select_background), (self.combine, roi.combine),
        )  # fmt: skip
        for combo, value in choices:
            combo.setCurrentIndex(combo.findData(value))
        for name, box in self.criteria.items():
            box.setChecked(name in roi.criteria)
        for spin, end in zip(self.band, roi.band, strict=True):
            spin.setValue(end)
        del blockers
        self._form.setRowVisible(self.combine, len(roi.criteria) > 1)
        for spin in self.band:
            self._form.setRowVisible(spin, "band" in roi.criteria)

    def _inputs(self) -> list[QWidget]:
        return [
            self.patch_size, self.overlap, self.sigma, self.equalize, self.background, self.side, self.combine,
            *self.band, *self.criteria.values(),
        ]  # fmt: skip

    def _on_edit(self, value: Any = None) -> None:
        """Take up what was changed and leave the rest: a box holds fewer digits than a file."""
        roi, changed = self._roi, self.sender()
        changes: dict[str, Any]
        if changed in self.band:
            low, high = (round(box.value(), 2) for box in self.band)
            changes = {"band": (low, high) if low < high else (max(0.0, round(high - 0.05, 2)), max(high, 0.05))}
        elif changed in self.criteria.values():
            changes = {"criteria": tuple(name for name, box in self.criteria.items() if box.isChecked()) or ("mean",)}
        else:
            changes = self._single_change(changed)
        edited = replace(roi, **changes)
        if edited != roi:
            self._shown = ()  # the boxes may hold what is not in the settings
            self.show_settings(edited)
            self.changed.emit(edited)
        else:
            self._show(roi)  # the last criterion cannot be unticked

    def _single_change(self, changed: Any) -> dict[str, Any]:
        """Return the setting that one of the boxes stands for, with its value."""
        if changed is self.patch_size:
            return {"patch_size": self.patch_size.value()}
        if changed is self.overlap:
            return {"overlap": self.overlap.value() / 100}
        if changed is self.sigma:
            return {"sigma": None if self.sigma.value() < 0 else self.sigma.value()}
        combos = {
            "equalize": self.equalize, "background": self.background,
            "select_background": self.side, "combine": self.combine,
        }  # fmt: skip
        return {name: combo.currentData() for name, combo in combos.items() if combo is changed}

    def _add(self, label: str, widget: QWidget, tooltip: str) -> None:
        add_row(self._form, label, widget, tooltip)

    def _fill_criteria(self, also: tuple[str, ...]) -> None:
        """Offer the known criteria, those that a user registered meanwhile, and any that a file names."""
        names = [*criterion_names(), *also]
        for name in dict.fromkeys(names):
            if name in self.criteria:
                continue
            text, tooltip = _CRITERIA.get(name, (name, f"Your own criterion, registered as {name!r}."))
            box = QCheckBox(text if len(text) <= 20 else f"{text[:19]}…")
            box.setToolTip(tooltip)
            box.toggled.connect(self._on_edit)
            self.criteria[name] = box
            self._criteria_layout.addRow(box)


def _spin_box(name: str, step: int, suffix: str, factor: int = 1) -> QSpinBox:
    low, high = (round(end * factor) for end in (RANGES[name].low, RANGES[name].high))
    box = QSpinBox(minimum=low, maximum=high, singleStep=step, suffix=suffix)
    box.setKeyboardTracking(False)  # 64 is not meant to be 6 on the way
    box.setStepType(QAbstractSpinBox.StepType.DefaultStepType)
    return box


def _combo_box(items: tuple[tuple[str, Any, str], ...]) -> QComboBox:
    box = QComboBox()
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(8)
    box.setToolTip("\n".join(f"{text}: {tooltip}" for text, _, tooltip in items))
    for text, value, _ in items:
        box.addItem(text, value)
    return box
