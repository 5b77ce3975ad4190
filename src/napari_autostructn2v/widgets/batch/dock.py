"""The Batch dock: many images in one table, denoised one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari.layers import Image
from qtpy.QtCore import QSize
from qtpy.QtGui import QDragEnterEvent, QDropEvent
from qtpy.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from ...files import SUFFIXES
from ..image import image_of, is_made_here
from ..parts import (
    BUSY,
    DockTabs,
    DockWatch,
    MessageBar,
    RunButtons,
    WheelGuard,
    WrappedLabel,
    add_shortcuts,
    unwrapped,
)
from .batch_state import batch_state
from .closing import ClosingBatch
from .opening import open_row
from .options import BatchOptions
from .table import BatchTable

if TYPE_CHECKING:
    import napari.viewer

__all__ = ["BatchDock"]

_WIDTH = 380

_KINDS = f"Images ({' '.join(f'*{ending}' for ending in SUFFIXES if ending != '.zarr')});;All files (*)"

_START = "Denoise the images that are not done yet, one after the other (Ctrl+R while this dock has the keyboard)."

_CANCEL = "End the batch; what is done stays, and Start goes on with the rest (Esc while this dock has the keyboard)."

_EMPTY = (
    "Add layers, files, or a folder of images, or drop them here. OME-Zarr images are folders: add each by Add folder…"
)

_NO_ROWS = "Add images first."

_NO_FOLDER = "Choose a folder for the results first."

_ALL_DONE = "All images are done."


class BatchDock(QWidget):
    """Denoises many files, and shows what becomes of each.

    Parameters
    ----------
    napari_viewer : napari.viewer.Viewer
    """

    def __init__(self, napari_viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self._viewer = unwrapped(napari_viewer)
        self.batch = batch_state(self._viewer)
        self.layers_button = QPushButton("Add layers")
        self.layers_button.setToolTip(
            "Add the selected image layers; all of them where none is selected. The result of each is a layer."
        )
        self.setFocusProxy(self.layers_button)
        self.files_button = QPushButton("Add files…")
        self.files_button.setToolTip("Add TIFF, OME-TIFF, ImageJ and PNG files.")
        self.folder_button = QPushButton("Add folder…")
        self.folder_button.setToolTip("Add all images directly in a folder, or a zarr or OME-Zarr image, which is one.")
        self.table = BatchTable()
        self.hint = WrappedLabel(_EMPTY)
        self.open_button = QPushButton("Open")
        self.open_button.setToolTip("Add the selected images and their results to the viewer as layers (Enter).")
        self.remove_button = QPushButton("Remove")
        self.remove_button.setToolTip("Take the selected images out of the table (Delete); files stay as they are.")
        self.options = BatchOptions()
        self.buttons = RunButtons("Start", _START, _CANCEL)
        self.start_button, self.cancel_button = self.buttons.run, self.buttons.cancel
        self.words = WrappedLabel()
        self.message = MessageBar()
        self._lay_out()
        self._connect()
        self.setAcceptDrops(True)
        DockTabs(self, self._viewer.window.remove_dock_widget)
        self.closing = ClosingBatch(self, self.batch)
        DockWatch(self, self.closing.may_close).closed.connect(self.closing.tell_if_unasked)
        self.options.show_wish(self.batch.wish)
        self._show_rows()

    def _connect(self) -> None:
        self.layers_button.clicked.connect(self.add_layers)
        self.files_button.clicked.connect(self._ask_files)
        self.folder_button.clicked.connect(self._ask_folder)
        self.open_button.clicked.connect(self.open_selected)
        self.remove_button.clicked.connect(self.remove_selected)
        self.table.open_wanted.connect(self.open)
        self.table.details_wanted.connect(self._show_details)
        self.table.removal_wanted.connect(self.remove_selected)
        self.table.itemSelectionChanged.connect(self._show_run)
        self.options.changed.connect(self.batch.set_wish)
        self.options.failed.connect(self.message.warn)
        self.start_button.clicked.connect(self.start)
        self.cancel_button.clicked.connect(self.cancel)
        self.batch.rows_changed.connect(self._show_rows)
        self.batch.row_changed.connect(self._show_row)
        self.batch.wish_changed.connect(self._show_wish)
        self.batch.run_changed.connect(self._show_run)
        self.batch.said.connect(self._say)
        control = self.batch.control
        for signal in (control.started, control.finished, control.failed):
            signal.connect(self._show_run)
        add_shortcuts(self, {"Ctrl+R": self.start, "Esc": self.cancel})

    # ---- what a user does

    def start(self) -> None:
        """Denoise what is not done yet."""
        if self.batch.control.is_running:
            self.message.say(BUSY, "warning")
        elif self.start_button.isEnabled():
            self.batch.start()

    def cancel(self) -> None:
        """End the batch; what is done stays."""
        self.batch.stop()

    def open(self, number: int) -> None:
        """Add an image and its result to the viewer."""
        self.message.clear()
        said = open_row(self._viewer, self.batch.rows[number], self.batch.wish)
        if said:
            self.message.warn(said)

    def open_selected(self) -> None:
        """Add the selected images and their results to the viewer."""
        for number in self.table.chosen:
            self.open(number)

    def remove_selected(self) -> None:
        """Take the selected rows out of the table."""
        self.batch.remove([self.batch.rows[number] for number in self.table.chosen])

    def add_layers(self) -> None:
        """Add the selected image layers, all of them where none is selected; of a result, its image."""
        selected = [layer for layer in self._viewer.layers if layer in self._viewer.layers.selection]
        images = [image for layer in selected if (image := image_of(layer)) is not None]
        every = [layer for layer in self._viewer.layers if isinstance(layer, Image) and not is_made_here(layer)]
        self.batch.add_layers(list(dict.fromkeys(images)) or every)

    def _ask_files(self) -> None:
        paths, _ = QFileDialog.getOpenFileNames(self, "Add files", "", _KINDS)
        if paths:
            self.batch.add(paths)

    def _ask_folder(self) -> None:
        path = QFileDialog.getExistingDirectory(self, "Add a folder of images")
        if path:
            self.batch.add([path])

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:
        """Take files and folders."""
        if event is not None and event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent | None) -> None:
        """Add what was dropped."""
        if event is not None:
            paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
            event.acceptProposedAction()
            if paths:
                self.batch.add(paths)

    # ---- what is shown

    def _show_rows(self) -> None:
        rows = self.batch.rows
        self.table.show_rows(rows)
        self.hint.setVisible(not rows)
        self._show_run()

    def _show_row(self, number: int) -> None:
        self.table.show_row(number, self.batch.rows[number])

    def _show_wish(self) -> None:
        self.options.show_wish(self.batch.wish)
        self._show_run()

    def _show_run(self, *_: object) -> None:
        control, rows = self.batch.control, self.batch.rows
        missing = ""
        if not rows:
            missing = _NO_ROWS
        elif self.batch.files and not self.batch.wish.folder:
            missing = _NO_FOLDER
        elif all(row.state == "done" for row in rows):
            missing = _ALL_DONE
        listing = self.batch.listing
        self.buttons.show_running(control.is_running or listing.is_busy, control.is_stopping, missing=missing)
        self.options.show_running(self.batch.is_running)
        looking = "Looking at the files…" if self.batch.is_looking and rows else ""
        self.words.setText(listing.words or (looking or self.batch.words if rows else ""))
        self.words.setVisible(bool(self.words.text()))
        chosen = self.table.chosen
        for button in (self.open_button, self.remove_button):
            button.setEnabled(bool(chosen))

    def _show_details(self, number: int) -> None:
        row = self.batch.rows[number]
        self.message.say(f"{row.name}: {row.words}", "warning", details=row.details)

    def _say(self, sentence: str) -> None:
        if sentence:
            self.message.warn(sentence)
        else:
            self.message.clear()

    def _lay_out(self) -> None:
        add = QHBoxLayout()
        for button in (self.layers_button, self.files_button, self.folder_button):
            add.addWidget(button)
        below = QHBoxLayout()
        for button in (self.open_button, self.remove_button):
            below.addWidget(button)
        below.addStretch()
        layout = QVBoxLayout(self)
        layout.addLayout(add)
        layout.addWidget(self.hint)
        layout.addWidget(self.table, stretch=1)
        layout.addLayout(below)
        layout.addWidget(self.message)
        layout.addWidget(self.options)
        layout.addWidget(self.buttons)
        layout.addWidget(self.words)
        WheelGuard(self.options)

    def minimumSizeHint(self) -> QSize:
        """Return the width that a dock of this kind has unless its content needs more."""
        return super().minimumSizeHint().expandedTo(QSize(_WIDTH, 0))
