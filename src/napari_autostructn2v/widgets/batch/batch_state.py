"""The batch of a viewer: its rows, what is wanted of them, and its run; it stays when the dock is closed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import ref

from qtpy.QtCore import QObject, QTimer, Signal

from ...batch import BatchOrder, FileEvent
from ...microscopes import split_scene
from ...progress import Progress
from ..image import ViewerState, viewer_state
from ..parts import unwrapped
from ..work import BatchEnd, Failure, FileLook, Latest, Listed, ResultEvent, batch_task, look_task
from .layer_runs import LayerRuns
from .listing import Listing
from .opening import files_in_use
from .rows import BatchRow, picture_of_layer, summary_of
from .wish import BatchWish

if TYPE_CHECKING:
    from napari.components import LayerList
    from napari.layers import Image
    from napari.viewer import Viewer

__all__ = ["BatchState", "batch_state"]

#: Milliseconds after which the files are looked at if nothing else changes.
_SETTLED = 300

_FOLDER = "denoised"

_NO_MODEL = Failure("There is no model of all images; choose One each and start again.", "input")


class BatchState(QObject):
    """Lives as long as the viewer, whether the dock is open or not.

    Parameters
    ----------
    state : ViewerState
        Whose one run at a time a batch takes.
    layers : LayerList
        Of the viewer.
    """

    #: There are other rows.
    rows_changed = Signal()
    #: This row has changed.
    row_changed = Signal(int)
    #: Other choices hold.
    wish_changed = Signal()
    #: A run has begun, is at another point, or has ended.
    run_changed = Signal()
    #: A sentence about what went wrong, or nothing any more.
    said = Signal(str)

    def __init__(self, state: ViewerState, layers: LayerList) -> None:
        super().__init__(state)
        self._viewer_layers = layers
        self._state = state
        self.control = state.control
        self.rows: list[BatchRow] = []
        self.wish = BatchWish()
        #: How far the run is, in words.
        self.words = ""
        self._is_stopped = False  # by the user
        self._running: list[BatchRow] = []  # those of the present run
        self.listing = Listing(self)
        self.listing.found.connect(self._on_listed)
        self.listing.failed.connect(self.said)
        self.listing.changed.connect(self.run_changed)
        self._looker = Latest(self)
        self._looker.runner.progressed.connect(self._on_looked)
        self._looker.finished.connect(self._on_all_looked)
        self._looker.failed.connect(self._on_all_looked)
        self._timer = QTimer(self, singleShot=True, interval=_SETTLED)
        self._timer.timeout.connect(self.look)
        self._layers = LayerRuns(state, self)
        self._layers.row_changed.connect(self._tell)
        self._layers.ended.connect(self._on_all_ended)
        self.control.batch_progressed.connect(self._on_progress)
        self.control.batch_ended.connect(self._on_files_ended)

    @property
    def is_running(self) -> bool:
        """Whether the batch is under way."""
        return self.control.is_batch or self._layers.is_running

    @property
    def files(self) -> list[BatchRow]:
        """The rows that are files."""
        return [row for row in self.rows if row.layer is None]

    @property
    def is_looking(self) -> bool:
        """Whether what is done already is still being found out."""
        return self.listing.is_busy or self._timer.isActive() or self._looker.is_busy

    # ---- what a user does

    def add(self, places: Sequence[str]) -> None:
        """Add files, and the images that lie directly in folders, once they are found; each comes once."""
        self.said.emit("")
        self.listing.ask(places)

    def add_layers(self, layers: Sequence[Image]) -> None:
        """Add image layers; each comes once."""
        known = [row.layer() for row in self.rows if row.layer is not None]
        fresh = []
        for layer in layers:
            if not any(layer is other for other in known):
                fresh.append(BatchRow(Path(layer.name), layer=ref(layer), before=picture_of_layer(layer)))
                fresh[-1].about = " × ".join(map(str, (layer.data[0] if layer.multiscale else layer.data).shape))
        self.said.emit("" if layers else "There is no image layer. Open an image first.")
        if fresh:
            self._set_rows([*self.rows, *fresh])
            self._look_soon()

    def remove(self, rows: Sequence[BatchRow]) -> None:
        """Take rows out that are not being worked on."""
        kept = [row for row in self.rows if not any(row is other for other in rows) or self._is_taken(row)]
        if len(kept) < len(self.rows):
            self._set_rows(kept)
            self._look_soon()

    def set_wish(self, wish: BatchWish) -> None:
        """Choose something else."""
        if wish != self.wish:
            self.wish = wish
            self.wish_changed.emit()
            self._look_soon()

    def start(self) -> None:
        """Denoise the files that are not done yet, one after the other."""
        if self.control.is_running or self.listing.is_busy or not self.rows:
            return
        self._is_stopped = False
        self.said.emit("")
        self._timer.stop()
        self._looker.forget()
        self._running = list(self.rows)
        for row in self._running:
            if row.state != "done":
                row.wait()
        if self.files or self.wish.one_model:
            order = self._order()
            for row, target in zip(self.files, order.targets, strict=True):
                row.target = target
            self.control.start_batch(batch_task(order))
        else:
            self._start_layers()
        self.words = "Getting ready…"
        self.rows_changed.emit()
        self.run_changed.emit()

    def stop(self) -> None:
        """End the run, what is done stays; without one, look for images no longer."""
        if self.listing.is_busy:
            self.listing.cancel()
        elif self.is_running:
            self._is_stopped = True
            if self._layers.is_running:
                self._layers.stop()
            else:
                self.control.stop()
            self.words = "Stopping; what is done is kept…" if self.is_running else self.words
            self.run_changed.emit()

    # ---- what is found out

    def look(self) -> None:
        """Find out what is known of each file, beside the window."""
        if self.is_running or not self.files or not self.wish.folder:
            return
        without = [number for number, row in enumerate(self.files) if row.before is None]
        self._looker.ask(None, look_task(self._order(), without))
        self.run_changed.emit()

    def _order(self) -> BatchOrder:
        wish = self.wish
        if not wish.settings_file:
            here = self._state.common  # where and in which pieces the work is done is a matter of this computer
            wish = replace(wish, settings=replace(wish.settings, device=here.device, tile=here.tile))
        images = self._layers.images(self.rows) if wish.one_model else ()
        return wish.order([row.source for row in self.files], files_in_use(self._viewer_layers), images)

    def _look_soon(self) -> None:
        if not self.is_running:
            self._looker.forget()
            self._timer.start()
            self.run_changed.emit()

    def _on_listed(self, listed: Listed) -> None:
        known = {os.path.abspath(row.source) for row in self.files}
        fresh = [path for path in listed.images if os.path.abspath(path) not in known]
        empty = " and ".join(path.name for path in listed.empty)
        self.said.emit(f"No image was found in {empty}." if empty else "")
        if not fresh:
            return
        if not self.wish.folder:
            self.set_wish(self._with_folder(fresh[0]))
        self._set_rows([*self.rows, *map(BatchRow, fresh)])
        self._look_soon()

    def _set_rows(self, rows: list[BatchRow]) -> None:
        self.rows = rows
        for number, row in enumerate(rows):
            row.number = number
        self.rows_changed.emit()

    def _on_looked(self, events: list[Progress]) -> None:
        rows = {row.source: row for row in self.files} if self._looker.is_busy else {}
        for look in events:
            if isinstance(look, FileLook) and (row := rows.get(look.source)) is not None:
                row.take_look(look, self.wish.one_model)
                self._tell(row)

    def _on_all_looked(self, about: object, answer: object) -> None:
        if isinstance(answer, Failure):
            self.said.emit(answer.sentence)
        self.run_changed.emit()

    def _on_progress(self, events: list[Progress]) -> None:
        files = [row for row in self._running if row.layer is None]
        for event in events:
            if isinstance(event, FileEvent):
                self._take(event, files[event.number])
            else:
                what = "One model for all" if event.phase != "measuring" or event.total else "Getting ready"
                share = f": {event.phase} · {100 * event.step / event.total:.0f} %" if event.total else "…"
                self.words = f"{what}{share}"
        if not self.control.is_stopping:
            self.run_changed.emit()

    def _take(self, event: FileEvent, row: BatchRow) -> None:
        if row.state == "done" and event.status in ("begun", "was done already"):
            return  # that is known
        if event.error is not None:
            row.take_failure(event.error)
        elif isinstance(event, ResultEvent):
            row.take_result(event, self.wish.one_model)
        else:
            row.take_progress(event)
        self.words = f"{event.number + 1} of {event.count}: {row.name}"
        self._tell(row)

    def _on_files_ended(self, answer: object) -> None:
        for row in self._running:
            if row.state == "running":
                row.end_early(answer.sentence if isinstance(answer, BatchEnd) else "")
        self.said.emit(answer.sentence if isinstance(answer, Failure) else "")
        if self._is_stopped:
            self._on_all_ended()
        else:
            self._start_layers(answer)

    def _start_layers(self, answer: object = None) -> None:
        """Turn to the layers, once all files are through and there is the model that is wanted."""
        layers = [row for row in self._running if row.layer is not None and row.state != "done"]
        models = answer.models if isinstance(answer, BatchEnd) else ()
        if self.wish.one_model and not models and layers:
            for row in layers:
                row.take_layer_failure(answer if isinstance(answer, Failure) else _NO_MODEL)
            layers = []
        self._layers.start(layers, self.wish, models)
        self.rows_changed.emit()
        self.run_changed.emit()

    def _on_all_ended(self) -> None:
        self._running = []
        self.words = summary_of(self.rows)
        self.rows_changed.emit()
        self.run_changed.emit()

    def _tell(self, row: BatchRow) -> None:
        if row.number < len(self.rows) and self.rows[row.number] is row:
            self.row_changed.emit(row.number)

    def _is_taken(self, row: BatchRow) -> bool:
        return self.is_running and any(row is other for other in self._running)

    def _with_folder(self, first: Path) -> BatchWish:
        return replace(self.wish, folder=str(split_scene(first.absolute())[0].parent / _FOLDER))


def batch_state(viewer: Viewer) -> BatchState:
    """Return the batch of a viewer; the same object every time, whether the dock is open or not."""
    viewer = unwrapped(viewer)
    known = viewer.window._qt_window.findChild(BatchState)
    return BatchState(viewer_state(viewer), viewer.layers) if known is None else known
