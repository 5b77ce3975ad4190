"""Trained models: those of earlier runs and of files, to be kept, taken up again and applied to other images."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QFileDialog,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ...denoiser import Run, delete_run, kept_runs, methods_text
from ...errors import InputError
from ..image import ImageState, ModelAtHand, ViewerState
from ..parts import WrappedLabel, ask_save
from ..work import Failure, Latest, export_models_task, load_models_task
from .model_files import files_to_read, files_to_write

if TYPE_CHECKING:
    from ...denoiser import Denoiser

__all__ = ["ModelPanel"]

_FILES = "Model (*.safetensors *.zip)"

_NONE = "No model for this image yet. A run trains one; click an earlier run to take up its model, or load a file."

_CONTINUE = (
    "Train the model of this run further on the chosen image, with the settings and the mask of the run: a cancelled "
    "run to its full length, a finished one for half as long again."
)

_EXPORT = (
    "Write this model as a bioimage.io package, which other programs open (deepImageJ, bioimageio.core). It can be "
    "loaded here, too."
)

_NO_RUN = "Choose a run in the list first."

_ROWS_SHOWN = 4


class _ModelAsked(NamedTuple):
    """Which image a model is read for, what it is called, and whether its run was cancelled."""

    image: ImageState
    name: str
    stopped: bool


class ModelPanel(QWidget):
    """Shows the model at hand for the chosen image, and lists the runs whose models are on disk.

    `apply_requested` is emitted when it should denoise the chosen image, `continue_requested` when it should be trained
    on with it, `failed` with a `Failure` if a file could not be read or written.

    Parameters
    ----------
    state : ViewerState
    """

    apply_requested = Signal()
    continue_requested = Signal()
    failed = Signal(object)

    def __init__(self, state: ViewerState) -> None:
        super().__init__()
        self._state = state
        self.reader = Latest(self)
        self.reader.finished.connect(self._on_loaded)
        self.reader.failed.connect(self._on_failed)
        self.exporter = Latest(self)
        self.exporter.finished.connect(self._on_exported)
        self.exporter.failed.connect(self._on_failed)
        self.label = WrappedLabel(_NONE)
        self.runs = QListWidget()
        self.runs.setAccessibleName("Kept runs")
        self.runs.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.runs.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.runs.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.runs.setToolTip("Runs whose models are kept on this computer, newest first. Click one to use its model.")
        self.apply_button = QPushButton("Apply")
        self.continue_button = QPushButton("Continue")
        self.save_button = QPushButton("Save…")
        self.export_button = QPushButton("Export…")
        self.load_button = QPushButton("Load…")
        self.load_button.setToolTip("Load a model that was saved or exported here or by the command line.")
        self.delete_button = QPushButton("Delete")
        self.methods_button = QPushButton("Copy methods text")
        self._lay_out()
        self.apply_button.clicked.connect(self.apply_requested)
        self.continue_button.clicked.connect(self.continue_requested)
        self.save_button.clicked.connect(self._ask_save)
        self.export_button.clicked.connect(self._ask_export)
        self.load_button.clicked.connect(self._ask_load)
        self.delete_button.clicked.connect(self.delete)
        self.methods_button.clicked.connect(self.copy_methods_text)
        self.runs.itemClicked.connect(self._take_up)
        self.runs.itemActivated.connect(self._take_up)
        self.runs.itemSelectionChanged.connect(self._show)
        state.changed.connect(self._on_state)
        state.chosen_changed.connect(self.runs.clearSelection)
        self.refresh()

    @property
    def chosen_run(self) -> Run | None:
        """The run that is selected in the list."""
        items = self.runs.selectedItems()
        return items[0].data(Qt.ItemDataRole.UserRole) if items else None

    @property
    def model(self) -> ModelAtHand | None:
        """The model at hand for the chosen image."""
        return self._state.image.model

    def show_kept(self) -> None:
        """Show the list after a run: one that has just been kept heads it, and is chosen if its model is at hand."""
        before = self._newest()
        self.refresh()
        self.runs.clearSelection()
        newest = self._newest()
        if newest != before and newest is not None and self.model is not None and self.model.stopped == newest.stopped:
            self.runs.setCurrentRow(0)

    def refresh(self) -> None:
        """Read the list anew."""
        chosen = self.chosen_run
        blocked = self.runs.blockSignals(True)
        self.runs.clear()
        for run in kept_runs():
            item = QListWidgetItem(run.title)
            item.setToolTip(run.description)
            item.setData(Qt.ItemDataRole.UserRole, run)
            self.runs.addItem(item)
            item.setSelected(chosen is not None and run.model == chosen.model)
        self.runs.blockSignals(blocked)
        rows = min(_ROWS_SHOWN, self.runs.count())
        height = max(self.runs.sizeHintForRow(0), self.fontMetrics().height())
        self.runs.setFixedHeight(rows * height + 2 * self.runs.frameWidth() + 4)
        self.runs.setVisible(rows > 0)
        self.delete_button.setVisible(rows > 0)
        self._show()

    def save(self, path: str) -> None:
        """Write the model to a file."""
        if self.model is None:
            return
        try:
            for denoiser, where in zip(self.model.each, files_to_write(path, len(self.model.each)), strict=True):
                denoiser.save(where)
        except InputError as error:
            self.failed.emit(Failure(str(error), "input"))
            return
        self._state.image.take_model(replace(self.model, name=Path(path).name))

    def export(self, path: str) -> None:
        """Write the model as a package for other programs, beside the window; the image becomes its example."""
        if self.model is None:
            return
        models = list(self.model.each)
        levels = self._state.image.pixels.levels
        # The middle of one grey image in memory; otherwise the package makes up its example.
        plain = len(models) == 1 and levels and isinstance(levels[0], np.ndarray)
        plain = plain and "S" not in self._state.image.pixels.reading.axes
        files = files_to_write(path, len(models))
        self.exporter.ask(Path(path).name, export_models_task(models, files, levels[0] if plain else None))
        self._show()

    def load(self, path: str, name: str = "", *, stopped: bool = False) -> None:
        """Read a model from a file, beside the window, for the image that is chosen now.

        The files of its other channels are read with that of the first.
        """
        image = self._state.image
        files = files_to_read(path, 1 if image.layer is None else len(image.pixels.channel_names))
        together = f" to {Path(files[-1]).name}" if len(files) > 1 else ""
        asked = _ModelAsked(image, name or Path(path).name + together, stopped)
        self.reader.ask(asked, load_models_task(files))
        self._show()

    def delete(self) -> None:
        """Take the chosen run off the disk; if its model is at hand, it stays so until napari is closed."""
        run = self.chosen_run
        if run is not None:
            delete_run(run)
            self.refresh()

    def copy_methods_text(self) -> None:
        """Put a text for a paper on the clipboard, with what the model at hand was trained with."""
        if self.model is None:
            return
        QApplication.clipboard().setText(methods_text(self.model.denoiser))

    def _newest(self) -> Run | None:
        return self.runs.item(0).data(Qt.ItemDataRole.UserRole) if self.runs.count() else None

    def _take_up(self, item: QListWidgetItem) -> None:
        run: Run = item.data(Qt.ItemDataRole.UserRole)
        self.load(run.model, f"trained on “{run.image}”", stopped=run.stopped)

    def _on_loaded(self, asked: _ModelAsked, models: list[Denoiser]) -> None:
        asked.image.take_model(ModelAtHand(models[0], asked.name, asked.stopped, others=tuple(models[1:])))
        self._show()

    def _on_exported(self, name: str, _: None) -> None:
        self._show()
        self.label.setText(f"{self.label.text()} Exported to {name}.")

    def _on_failed(self, asked: _ModelAsked | str, failure: Failure) -> None:
        self._show()
        self.failed.emit(failure)

    def _on_state(self, aspect: str) -> None:
        if aspect == "model":
            self._show()

    def _ask_save(self) -> None:
        path = ask_save(self, "Save the model", "model.safetensors", "Model")
        if path:
            self.save(path)

    def _ask_export(self) -> None:
        path = ask_save(self, "Export the model", "model.zip", "bioimage.io package")
        if path:
            self.export(path)

    def _ask_load(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Load a model", "", _FILES)
        if path:
            self.runs.clearSelection()
            self.load(path)

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.label)
        layout.addWidget(self.runs)
        # On one line they would be wider than the dock.
        for line in (
            (self.apply_button, self.continue_button),
            (self.save_button, self.load_button, self.delete_button),
            (self.export_button, self.methods_button),
        ):
            buttons = QHBoxLayout()
            for button in line:
                buttons.addWidget(button)
            layout.addLayout(buttons)

    def _show(self) -> None:
        reading = self.reader.is_busy
        there = self.model is not None and not reading
        at_hand = f"Model at hand: {self.model.name}." if self.model is not None else _NONE
        missing = "Reading the model…" if reading else _NONE
        self.label.setText(missing if reading else at_hand)
        self.apply_button.setEnabled(there)
        self.continue_button.setEnabled(there)
        self.save_button.setEnabled(there)
        self.methods_button.setEnabled(there)
        self.apply_button.setToolTip(
            "Denoise the chosen image with this model, without training." if there else missing
        )
        self.continue_button.setToolTip(_CONTINUE if there else missing)
        self.save_button.setToolTip("Save this model to a file." if there else missing)
        exporting = self.exporter.is_busy
        self.export_button.setEnabled(there and not exporting)
        self.export_button.setText("Exporting…" if exporting else "Export…")
        self.export_button.setToolTip(_EXPORT if there else missing)
        self.methods_button.setToolTip(
            "Put a text for the methods section of a paper on the clipboard, with this model's settings and references."
            if there
            else missing
        )
        chosen = self.chosen_run is not None
        self.delete_button.setEnabled(chosen)
        self.delete_button.setToolTip("Delete the chosen run from the disk. Layers stay." if chosen else _NO_RUN)
