"""The two choices that everybody makes: how long to train, and which stages."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QComboBox, QFormLayout, QLabel, QVBoxLayout, QWidget

from ...settings import Preset, Stages
from ..image import QualityChoice
from ..parts import add_row

__all__ = ["RunOptions"]

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
        self.choice = QualityChoice()
        self.quality = self.choice.buttons
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
        quality.addWidget(self.choice)
        quality.addWidget(self.estimate)
        add_row(
            self.form, "Quality", quality, "How long to train: longer gives a better result, up to a point (preset)."
        )
        add_row(self.form, "Stages", self.stages_combo)
        self.choice.changed.connect(self._emit)
        self.stages_combo.activated.connect(self._emit)

    @property
    def preset(self) -> Preset:
        """The chosen quality."""
        return self.choice.preset

    @preset.setter
    def preset(self, preset: Preset) -> None:
        self.choice.preset = preset

    @property
    def stages(self) -> Stages:
        """The chosen stages."""
        return self.stages_combo.currentData()

    @stages.setter
    def stages(self, stages: Stages) -> None:
        self.stages_combo.setCurrentIndex(self.stages_combo.findData(stages))

    def _emit(self, *_: object) -> None:
        self.changed.emit()
