"""The controls of one stage: threshold, detail, histogram, and how many patches that makes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtWidgets import QCheckBox, QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget
from superqt import QLabeledDoubleSlider

from ...roi import PatchSelection
from ...settings import RANGES, RoiSettings
from ..parts import MessageBar, Section, SliderKeys, WrappedLabel, name_for_screen_readers
from ..plots import ThresholdHistogram
from .more import MoreForm
from .purity import PurityView

__all__ = ["StageSection"]

_OFF = "Not in use: this stage takes random patches. Tick “Choose by content” to use it."

_THRESHOLD = {
    True: "Patches darker than this are taken as background: 0.4 means about the darkest 40 % of the image "
    "(roi_threshold). Drag the line in the histogram, or press Auto.",
    False: "Patches brighter than this are taken as structure: 0.6 means about the brightest 40 % of the image "
    "(roi_threshold). Drag the line in the histogram, or press Auto.",
}

_DETAIL = (
    "The image is shrunk by this factor before patches are judged (scale_factor). "
    "Small values see only large structures and are faster."
)

_CHOOSE = "Take patches by what they show. Off: this stage takes patches at random from the whole image (use_roi)."

_STAGE = "Which patches of the image this stage learns from."

_AUTO = "Set the threshold from the image."


class StageSection(Section):
    """The part of the dock for one stage.

    Parameters
    ----------
    title : str
        Such as ``"Background (stage 1)"``.
    color : str
        Of the patches on the canvas.
    """

    #: The user wants these settings; they are shown once :meth:`show_settings` says so.
    changed = Signal(object)
    #: *Show* was ticked or unticked by the user.
    show_toggled = Signal(bool)
    #: A threshold is wanted that suits the image.
    auto_requested = Signal()

    def __init__(self, title: str, color: str) -> None:
        content = QWidget()
        super().__init__(title, content, tooltip=_STAGE)
        self._roi = RoiSettings()
        self._labels: dict[QWidget, QLabel] = {}
        self.threshold = _slider("roi_threshold")
        self.detail = _slider("scale_factor")
        self.auto_button = QPushButton("Auto")
        self.use_roi = QCheckBox("Choose by content")
        self.use_roi.setToolTip(_CHOOSE)
        self.histogram = ThresholdHistogram(color)
        self.count = WrappedLabel()
        self.purity = PurityView()
        self.message = MessageBar()
        self.more = MoreForm()
        self.more_section = Section(
            "More", self.more, expanded=False,
            tooltip="Patch size, overlap, smoothing, equalisation, polarity, and other criteria than brightness.",
        )  # fmt: skip
        self.show_box = QCheckBox("show")
        self.show_box.setToolTip("Show these patches on the image.")
        self._lay_out(content, color)

        self.threshold.valueChanged.connect(self._on_threshold)
        self.histogram.threshold_changed.connect(self._on_threshold)
        self.detail.valueChanged.connect(self._on_detail)
        self.use_roi.toggled.connect(self._on_use_roi)
        self.auto_button.clicked.connect(self._on_auto)
        self.show_box.toggled.connect(self.show_toggled)
        self.more.changed.connect(self.changed)
        self.show_settings(self._roi)

    @property
    def roi(self) -> RoiSettings:
        """What is shown."""
        return self._roi

    def show_settings(self, roi: RoiSettings) -> None:
        """Show settings without telling anybody."""
        self._roi = roi
        blockers = [QSignalBlocker(widget) for widget in (self.threshold, self.detail, self.use_roi)]
        self.threshold.setValue(roi.roi_threshold)
        self.detail.setValue(roi.scale_factor)
        self.use_roi.setChecked(roi.use_roi)
        del blockers
        if self.more.roi is not roi:
            self.more.show_settings(roi)
        for widget, tooltip in (
            (self.threshold, _THRESHOLD[roi.select_background]), (self.detail, _DETAIL), (self.auto_button, _AUTO),
        ):  # fmt: skip
            if widget.isEnabled() != roi.use_roi or not widget.toolTip():
                widget.setEnabled(roi.use_roi)
            tooltip = tooltip if roi.use_roi else _OFF
            widget.setToolTip(tooltip)
            if widget in self._labels:
                self._labels[widget].setToolTip(tooltip)

    def show_visible(self, visible: bool) -> None:
        """Tick or untick *show* without telling anybody."""
        blocker = QSignalBlocker(self.show_box)
        self.show_box.setChecked(visible)
        del blocker

    def show_selection(self, selection: PatchSelection, covered: float, shown: int | None, note: str) -> None:
        """Show how many patches are selected, which share of the image they cover, and the histogram of the scores.

        `shown` is how many are on the canvas, None while they are not to be shown.
        """
        count, total = len(selection), len(selection.candidates)
        if self._roi.use_roi:
            text = f"{count:,} of {total:,} patches · {100 * covered:.0f} % of image"
            if shown is not None and shown < count:
                text += f" · {shown:,} of {count:,} shown"
            by_hand = len(self._roi.added), len(self._roi.removed)
            if any(by_hand):
                text += f" · by hand: {by_hand[0]:,} added, {by_hand[1]:,} taken out"
        else:
            text = "Random patches, whole image"
            if shown is not None and shown < total:
                text += f" · {shown:,} shown"
        self.count.setText(f"{text}\n{note}" if note else text)
        self.histogram.show_scores(selection.scores)
        self.histogram.show_threshold(
            self._roi.roi_threshold, below=self._roi.select_background, enabled=self._roi.use_roi
        )

    def show_reading(self) -> None:
        """Say that the plane on the screen is being read."""
        self.count.setText("Reading the image…")

    def show_nothing(self) -> None:
        """Show that there is no image to speak of."""
        self.count.setText("–")
        self.message.clear()
        self.purity.hide()
        self.histogram.clear_scores()

    def _on_threshold(self, value: float) -> None:
        self._edit(roi_threshold=min(1.0, max(0.0, round(value, 3))))

    def _on_detail(self, value: float) -> None:
        self._edit(scale_factor=round(value, 2))

    def _on_use_roi(self, checked: bool) -> None:
        self._edit(use_roi=checked)

    def _on_auto(self) -> None:
        self.auto_requested.emit()

    def _edit(self, **changes: Any) -> None:
        roi = replace(self._roi, **changes)
        if roi != self._roi:
            self.changed.emit(roi)

    def _lay_out(self, content: QWidget, color: str) -> None:
        swatch = QLabel()
        swatch.setFixedSize(12, 12)
        swatch.setStyleSheet(f"background-color: {color}; border-radius: 2px;")
        swatch.setToolTip("The colour of these patches on the image.")
        header = QHBoxLayout()
        header.setContentsMargins(0, 0, 0, 0)
        header.addWidget(self.button, stretch=1)
        header.addWidget(self.show_box)
        header.addWidget(swatch)
        column = self.layout()
        assert isinstance(column, QVBoxLayout)
        column.insertLayout(0, header)

        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(2)
        for row, (text, slider) in enumerate((("threshold", self.threshold), ("detail", self.detail))):
            label = self._labels[slider] = QLabel(text)
            label.setBuddy(slider)
            name_for_screen_readers(slider, text)
            grid.addWidget(label, row, 0)
            grid.addWidget(slider, row, 1)
        grid.addWidget(self.auto_button, 0, 2)
        grid.setColumnStretch(1, 1)
        column = QVBoxLayout(content)
        column.setContentsMargins(6, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.use_roi)
        column.addLayout(grid)
        column.addWidget(self.histogram)
        column.addWidget(self.count)
        column.addWidget(self.purity)
        column.addWidget(self.message)
        column.addWidget(self.more_section)
        column.addStretch()


def _slider(name: str) -> QLabeledDoubleSlider:
    slider = QLabeledDoubleSlider(Qt.Orientation.Horizontal)
    slider.setRange(RANGES[name].low, RANGES[name].high)
    slider.setSingleStep(0.01)
    slider.setPageStep(0.1)
    slider.setDecimals(2)
    SliderKeys(slider)
    return slider
