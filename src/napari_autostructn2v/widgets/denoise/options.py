"""The two choices that everybody makes: how long to train, and which stages."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QButtonGroup, QComboBox, QFormLayout, QHBoxLayout, QLabel, QRadioButton, QVBoxLayout, QWidget

from ...settings import Preset, Stages
from ..parts import add_row

__all__ = ["RunOptions"]

_PRESETS: tuple[tuple[Preset, str, str], ...] = (
    ("fast", "Fast", "A first look: trains a third as long as Balanced."),
    ("balanced", "Balanced", "Good for most images."),
    ("best", "Best", "Trains three times as long as Balanced; worth it for the final picture."),
)

_STAGES: tuple[tuple[Stages, str, str], ...] = (
    ("auto", "Automatic", "Measures the noise; runs stage 2 only if neighbouring pixels share noise."),
    ("1", "Stage 1: independent noise", "Noise2Void: removes noise that differs from pixel to pixel."),
    ("2", "Stage 2: correlated noise", "structN2V: removes noise that neighbouring pixels share, such as lines."),
    ("both", "Both, one after the other", "Stage 1, then stage 2 on the original image; both results are kept."),
)


class RunOptions(QWidget):
    """Quality and stages; `changed` is emitted when the user picks another."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._group = QButtonGroup(self)
        self.quality: dict[Preset, QRadioButton] = {}
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        for preset, label, tooltip in _PRESETS:
            button = QRadioButton(label)
            button.setToolTip(tooltip)
            self._group.addButton(button)
            self.quality[preset] = button
            row.addWidget(button)
        row.addStretch()
        self.quality["balanced"].setChecked(True)
        self.stages_combo = QComboBox()
        for index, (stages, label, tooltip) in enumerate(_STAGES):
            self.stages_combo.addItem(label, stages)
            self.stages_combo.setItemData(index, tooltip, 3)  # Qt.ItemDataRole.ToolTipRole
        tooltips = [f"{label}: {tooltip}" for _, label, tooltip in _STAGES]
        self.stages_combo.setToolTip("\n".join(["Which stages are run (stages).", *tooltips]))
        #: Of these rows; a dock puts others of its own above them.
        self.form = QFormLayout(self)
        self.form.setContentsMargins(0, 0, 0, 0)
        #: How long that will take.
        self.estimate = QLabel()
        self.estimate.setToolTip("Estimated from earlier runs on this computer.")
        quality = QVBoxLayout()
        quality.setSpacing(0)
        quality.addLayout(row)
        quality.addWidget(self.estimate)
        add_row(
            self.form, "Quality", quality, "How long to train: longer gives a better result, up to a point (preset)."
        )
        add_row(self.form, "Stages", self.stages_combo)
        self._group.buttonClicked.connect(self._emit)
        self.stages_combo.activated.connect(self._emit)

    @property
    def preset(self) -> Preset:
        """The chosen quality."""
        return next(preset for preset, button in self.quality.items() if button.isChecked())

    @preset.setter
    def preset(self, preset: Preset) -> None:
        self.quality[preset].setChecked(True)

    @property
    def stages(self) -> Stages:
        """The chosen stages."""
        return self.stages_combo.currentData()

    @stages.setter
    def stages(self, stages: Stages) -> None:
        self.stages_combo.setCurrentIndex(self.stages_combo.findData(stages))

    def _emit(self, *_: object) -> None:
        self.changed.emit()
