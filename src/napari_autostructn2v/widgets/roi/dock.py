"""The ROI tuning dock: see, tune and correct the patches that each stage learns from."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from napari.layers import Image
from qtpy.QtCore import QEvent, QTimer, Signal
from qtpy.QtWidgets import QFormLayout, QVBoxLayout

from ...errors import InputError
from ...roi import PatchSelection
from ..image import ImageDock, RoiPair, viewer_state
from ..parts import SectionColumn, WheelGuard, add_row, connect_while_alive
from ..work import FILL_LABEL, FILL_TOOLTIP, Failure
from .files import RoiFiles
from .plane_preview import PlanePreview
from .stage import BACKGROUND, STRUCTURE, StageTuning

if TYPE_CHECKING:
    import napari.viewer

__all__ = ["RoiDock"]

#: Events of an image layer after which the patches, or their place in the world, are others.
_LAYER_EVENTS = ("data", "scale", "translate", "rotate", "shear", "affine", "units", "axis_labels", "name")


def _undo(viewer: napari.viewer.Viewer) -> None:
    viewer_state(viewer).image.undo()


def _redo(viewer: napari.viewer.Viewer) -> None:
    viewer_state(viewer).image.redo()


#: Layers with keys of their own, such as labels, keep theirs.
_CANVAS_KEYS = {"Control-Z": _undo, "Control-Shift-Z": _redo}

_TURNED = (
    "The view is turned: patches lie in the last two axes of the image, which are not both on the screen. "
    "Turn back with the roll button below the layer list to see them."
)


class RoiDock(ImageDock):
    """Shows the patches of both stages on the chosen image, live, and lets a user tune and edit them.

    The settings live with what is known of the image, so that they are still there after the dock was closed; this
    widget shows them and writes to them. A new threshold is shown at once. Whatever needs the
    image to be looked at again waits until the window has nothing else to do and then takes the newest settings, so
    that a fast hand on a slider leaves no queue behind and its last position always lands.

    Parameters
    ----------
    napari_viewer : napari.viewer.Viewer
    """

    #: The settings of the patches, or the chosen image, have changed.
    settings_changed = Signal()

    def __init__(self, napari_viewer: napari.viewer.Viewer) -> None:
        super().__init__(napari_viewer)
        self._preview = PlanePreview(self)
        self._preview.ready.connect(self._schedule)
        self._closed = False
        self._was_reading = False
        self._had_no_image = True
        self._end_connections: list[Callable[[], None]] = []  # to the chosen image
        self._timer = QTimer(self, singleShot=True, interval=0)
        self._timer.timeout.connect(self.update_patches)

        self.background = StageTuning(0, BACKGROUND, self._viewer, self._state, self._preview, self)
        self.structure = StageTuning(1, STRUCTURE, self._viewer, self._state, self._preview, self)
        self.files = RoiFiles(self._state, self.message)
        self._lay_out()
        self._follow({"Ctrl+Z": self.files.undo, "Ctrl+Shift+Z": self.files.redo})
        for tuning in self._stages():
            tuning.outdated.connect(self._on_outdated)
        moves = self._viewer.dims.events
        for emitter in (moves.point, moves.order, moves.ndisplay):
            connect_while_alive(self, emitter, self._schedule)
        self.message.action_triggered.connect(self._on_action)
        self._on_chosen()

    @property
    def layer(self) -> Image | None:
        """The chosen image layer."""
        return self._state.chosen.layer

    @property
    def settings_pair(self) -> RoiPair:
        """Settings of the patches of stage 1 and of stage 2, edits by hand included."""
        return self._state.image.pair

    @property
    def selections(self) -> tuple[PatchSelection | None, PatchSelection | None]:
        """The patches of the plane on the screen for both stages, None where there are none."""
        return self.background.selection, self.structure.selection

    def update_patches(self) -> None:
        """Bring everything up to date now rather than as soon as the window is idle."""
        self._timer.stop()
        layer = self.layer
        if layer is None:
            self._clear("No image is open. Open one by File > Open File(s), or try File > Open Sample.")
            return
        new_plane = self._preview.look_at(self._state.image, layer, self._viewer.dims)
        if self._preview.error is not None:
            self._clear_for(self._preview.error)
            return
        if self._preview.is_reading:
            self._show_reading()
            return
        if not self._shows_rows_and_columns():
            self.message.say(_TURNED, "info")
        elif new_plane or self.message.text == _TURNED or self._was_reading:
            self.message.clear()
        self._was_reading = False
        for tuning in self._stages():
            tuning.update(layer, on_screen=self._shows_rows_and_columns())

    def _stages(self) -> tuple[StageTuning, StageTuning]:
        return self.background, self.structure

    def _show_reading(self) -> None:
        """Say that the plane on the screen is on its way; patches of another image do not stay in the meantime."""
        self._was_reading = True
        for tuning in self._stages():
            tuning.show_reading(self.layer)

    def _clear_for(self, error: InputError) -> None:
        """Show no patches, and say why, with a way out where there is one."""
        failure = Failure.from_error(error)
        self._clear(failure.sentence)
        if failure.kind == "missing":
            self.message.say(
                failure.sentence,
                "warning",
                action="fill",
                action_label=FILL_LABEL,
                action_tooltip=FILL_TOOLTIP,
            )

    def _on_action(self, action: str) -> None:
        if action == "fill":
            self._state.fill_missing(self._state.image)

    def _clear(self, sentence: str) -> None:
        for tuning in self._stages():
            tuning.clear()
        self.message.say(sentence, "info" if self.layer is None else "warning")

    def _shows_rows_and_columns(self) -> bool:
        dims = self._viewer.dims
        return set(dims.displayed) >= {dims.ndim - 2, dims.ndim - 1}

    def _schedule(self, event: Any = None) -> None:
        if not self._closed and not self._timer.isActive():
            self._timer.start()

    def _on_chosen(self) -> None:
        layer = self.layer
        for end in self._end_connections:
            end()
        self._end_connections = []
        if layer is not None:
            for name in _LAYER_EVENTS:
                emitter = getattr(layer.events, name)
                callback = self._on_layer_data if name == "data" else self._schedule
                self._end_connections.append(connect_while_alive(self, emitter, callback))
        for tuning in self._stages():
            tuning.turn_to_other_image(is_first=self._had_no_image)
        self._had_no_image = layer is None
        self._schedule()  # first, so that nothing is drawn from the image before

    def _on_layer_data(self, event: Any = None) -> None:
        self._preview.forget()
        self._schedule()

    def _on_state(self, aspect: str) -> None:
        if aspect == "axes":
            self._schedule()
        if aspect != "settings":
            return
        for tuning in self._stages():
            tuning.show_settings()
        self._on_outdated()
        self.settings_changed.emit()

    def _on_outdated(self) -> None:
        if self._closed or self._preview.is_reading:
            return
        stale = [tuning for tuning in self._stages() if not tuning.is_current]
        if stale and self.layer is not None and all(tuning.is_quick for tuning in stale) and not self._timer.isActive():
            for tuning in stale:
                tuning.update(self.layer, on_screen=self._shows_rows_and_columns())
        elif stale:
            self._schedule()

    def event(self, event: QEvent | None) -> bool:
        """Take the patches off the canvas when the dock is closed, not when it is hidden; neither is a close event."""
        handled = super().event(event)
        if event is not None and event.type() == QEvent.Type.ParentChange:
            self._closed = self.parent() is None
            self._bind_canvas_keys(not self._closed)
            if self._closed:
                self._timer.stop()
                for tuning in self._stages():
                    tuning.clear()
            else:
                self._schedule()
        return handled

    def _bind_canvas_keys(self, bound: bool) -> None:
        """Let undo and redo work from the canvas, too, while the dock is open."""
        for keys, command in _CANVAS_KEYS.items():
            self._viewer.bind_key(keys, command if bound else None, overwrite=True)

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        add_row(form, "Image", self.image)
        sections = SectionColumn(*(tuning.section for tuning in self._stages()))
        WheelGuard(sections)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(self.message)
        layout.addWidget(sections, stretch=1)
        layout.addWidget(self.files)
        self.setMinimumWidth(320)
