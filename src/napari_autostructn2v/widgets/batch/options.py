"""What is chosen for a batch: models, quality, where results go and what kind of file they are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from qtpy.QtCore import Signal
from qtpy.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from ...errors import InputError
from ...settings import Settings
from ..image import QualityChoice
from ..parts import Section, add_row
from .wish import BatchWish

__all__ = ["BatchOptions"]

_QUALITY = "How long to train: longer gives a better result, up to a point (preset)."

_EACH = "A model for each image, trained on it alone: slower, and right for images that differ."

_ALL = (
    "One model, trained on all images together, files and layers alike: much faster, for images of one microscope. "
    "Another exposure, bit depth or camera offset is allowed for; the light says where the model does not fit."
)

_FOLDER = "Where results go, NAME_denoised each; nothing that is read is ever replaced."

_ENDINGS = (
    ("Same kind as each image", "", "TIFF as TIFF, PNG as PNG, OME-Zarr as OME-Zarr, with their scale and metadata."),
    ("OME-TIFF", ".ome.tif", "Every result is an OME-TIFF."),
)

_STACKS = (
    ("Ask", "", "Stacks whose file does not say what their planes are have a row that says so."),
    ("Time", "T", "Their planes are times."),
    ("Depth", "Z", "Their planes are depths."),
    ("Channels", "C", "Their planes are channels, each with a model of its own."),
)

_ERROR_MAPS = (
    "Write NAME_uncertainty.tif beside each result: how far off it is likely to be, and where. A bound of the gain "
    "follows from it. Takes about a quarter longer; not for images that are denoised in blocks."
)

_OVERWRITE = "Replace results that other settings have made; those that are done already stay in any case."

_FROM_FILE = (
    "Take all settings, patches and mask included, from a file that Save settings… of the Denoise dock (under "
    "Advanced) has written."
)

_PRESET_AGAIN = "Forget the settings file; the settings are those of the chosen quality again."


class BatchOptions(QWidget):
    """Shows a `BatchWish`; `changed` is emitted with another one when the user picks something else.

    `failed` is emitted with a sentence where a settings file cannot be used.
    """

    changed = Signal(object)
    failed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._wish = BatchWish()
        self.quality = QualityChoice()
        self.each, self.all = QRadioButton("One each"), QRadioButton("One for all")
        self.folder = QLineEdit()
        self.folder.setPlaceholderText("Choose a folder for the results")
        self.browse_button = QPushButton("…")
        self.browse_button.setToolTip("Choose the folder for the results.")
        self.browse_button.setAccessibleName("Choose the folder for the results")
        self.browse_button.setFixedWidth(32)
        self.ending, self.stacks = QComboBox(), QComboBox()
        self.error_maps, self.overwrite = QCheckBox("Error maps and gain"), QCheckBox("Replace earlier results")
        self.file_button, self.preset_button = QPushButton("Settings from file…"), QPushButton("Forget")
        self._lay_out()
        self.show_wish(self._wish)
        self.quality.changed.connect(self._on_quality)
        self._models.buttonClicked.connect(self._emit)
        for box in (self.ending, self.stacks):
            box.activated.connect(self._emit)
        for check in (self.error_maps, self.overwrite):
            check.clicked.connect(self._emit)
        self.folder.editingFinished.connect(self._emit)
        self.browse_button.clicked.connect(self._browse)
        self.file_button.clicked.connect(self._ask_file)
        self.preset_button.clicked.connect(self._forget_file)

    def show_wish(self, wish: BatchWish) -> None:
        """Show choices that were made elsewhere."""
        self._wish = wish
        self.quality.preset = wish.settings.preset
        (self.all if wish.one_model else self.each).setChecked(True)
        if self.folder.text() != wish.folder:
            self.folder.setText(wish.folder)
        self.folder.setToolTip(f"{_FOLDER}\n{wish.folder}".strip())
        self.ending.setCurrentIndex(self.ending.findData(wish.ending))
        self.stacks.setCurrentIndex(self.stacks.findData(wish.unnamed))
        self.error_maps.setChecked(wish.error_maps)
        self.overwrite.setChecked(wish.overwrite)
        name = Path(wish.settings_file).name
        self.file_button.setText(f"Settings from {name}" if name else "Settings from file…")
        self.preset_button.setVisible(bool(name))

    def load(self, path: str) -> None:
        """Take the settings from a file; one that cannot be used changes nothing."""
        try:
            settings = Settings.load(path)
        except InputError as error:
            self.failed.emit(str(error))
            return
        self.changed.emit(replace(self._wish, settings=settings, settings_file=path))

    def show_running(self, running: bool) -> None:
        """Hold the choices while a batch is under way."""
        self.setEnabled(not running)

    def _emit(self, *_: object) -> None:
        self.changed.emit(
            replace(
                self._wish,
                one_model=self.all.isChecked(),
                folder=self.folder.text().strip(),
                ending=self.ending.currentData(),
                unnamed=self.stacks.currentData(),
                error_maps=self.error_maps.isChecked(),
                overwrite=self.overwrite.isChecked(),
            )
        )

    def _on_quality(self) -> None:
        self.changed.emit(replace(self._wish, settings=self._wish.settings.with_preset(self.quality.preset)))

    def _forget_file(self) -> None:
        settings = Settings.from_preset(self.quality.preset)
        self.changed.emit(replace(self._wish, settings=settings, settings_file=""))

    def _ask_file(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Settings from file", "", "Settings (*.toml)")
        if path:
            self.load(path)

    def _browse(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Folder for the results", self.folder.text())
        if folder:
            self.folder.setText(folder)
            self._emit()

    def _lay_out(self) -> None:
        self._models = QButtonGroup(self)
        models = QHBoxLayout()
        for button, tooltip in ((self.each, _EACH), (self.all, _ALL)):
            button.setToolTip(tooltip)
            self._models.addButton(button)
            models.addWidget(button)
        models.addStretch()
        folder = QHBoxLayout()
        folder.addWidget(self.folder, stretch=1)
        folder.addWidget(self.browse_button)
        for box, choices in ((self.ending, _ENDINGS), (self.stacks, _STACKS)):
            for index, (label, data, tooltip) in enumerate(choices):
                box.addItem(label, data)
                box.setItemData(index, tooltip, 3)  # Qt.ItemDataRole.ToolTipRole
            box.setToolTip("\n".join(f"{label}: {tooltip}" for label, _, tooltip in choices))
        self.error_maps.setToolTip(_ERROR_MAPS)
        self.overwrite.setToolTip(_OVERWRITE)
        self.file_button.setToolTip(_FROM_FILE)
        self.preset_button.setToolTip(_PRESET_AGAIN)
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        add_row(
            form, "Quality", self.quality, "How long to train: longer gives a better result, up to a point (preset)."
        )
        add_row(form, "Models", models, "One model for all images, or one each.")
        add_row(form, "Results", folder, _FOLDER)
        add_row(form, "Save as", self.ending)
        file = QHBoxLayout()
        file.addWidget(self.file_button, stretch=1)
        file.addWidget(self.preset_button)
        more = QWidget()
        further = QFormLayout(more)
        further.setContentsMargins(0, 0, 0, 0)
        add_row(further, "Stacks", self.stacks)
        further.addRow(self.error_maps)
        further.addRow(self.overwrite)
        further.addRow(file)
        #: What is seldom changed.
        self.more = Section("More", more, expanded=False, tooltip="Stacks, error maps, earlier results, settings file.")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(form)
        layout.addWidget(self.more)
