"""What the docks of a viewer have in common: the chosen image, what is known of each, and the one run at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, ref

from napari.layers import Image
from napari.utils.notifications import show_warning
from qtpy.QtCore import QObject, Signal
from qtpy.QtWidgets import QWidget

from ...progress import Progress
from ...settings import MaskSettings, Settings
from ..parts import GentleRemoval, WindowWatch, connect_while_alive, shortened, unwrapped
from ..work import Activity, Failure, Latest, fill_task
from .chosen_image import ChosenImage
from .queue import RunControl
from .state import ImageState, RoiPair, with_pair
from .view_plane import plane_index

if TYPE_CHECKING:
    from napari.layers import Layer
    from napari.viewer import Viewer

__all__ = ["ASPECTS", "ViewerState", "viewer_state"]

ASPECTS = ("axes", "settings", "noise", "run", "result", "model")


class ViewerState(QObject):
    """Lives as long as the viewer, whether a dock is open or not.

    An image starts with the default patches and without a mask of its own, whatever others are tuned to.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
    """

    #: Another image was chosen.
    chosen_changed = Signal()
    #: Of the chosen image, an `Aspect` has changed; all of them when another one was chosen.
    changed = Signal(str)
    #: The missing pixels of an image have been filled: its `ImageState`.
    filled = Signal(object)
    #: They could not be: its `ImageState` and a `Failure`.
    fill_failed = Signal(object, object)

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(viewer.window._qt_window)
        self.viewer = viewer
        self.gentle_removal = GentleRemoval(viewer, self)
        self._common = Settings()
        self.result_dtype: str | None = None
        self.keep_earlier = False
        #: What the user has said of axes without a name, by the shape of the leading ones.
        self._said: dict[tuple[int, ...], str] = {}
        self._watching: ref[QWidget] | None = None  # the dock that tells of runs
        self._states: WeakKeyDictionary[Layer, ImageState] = WeakKeyDictionary()
        # What images start with; shown while there is none.
        self._start = self._watched(ImageState(None, _pair_of(self._common)))
        self._tuned_before: ImageState | None = None
        self.chosen = ChosenImage(viewer, self)
        self.control = RunControl(viewer, self.of, self)
        self._activity = Activity(viewer.window._qt_window)
        self.control.started.connect(self._on_run_started)
        self.control.progressed.connect(self._on_run_progressed)
        self.control.finished.connect(self._on_run_ended)
        self.control.failed.connect(self._on_run_ended)
        self.control.failed.connect(self._tell_if_unwatched)
        self.control.batch_started.connect(self._on_run_started)
        self.control.batch_progressed.connect(self._on_run_progressed)
        self.control.batch_ended.connect(self._on_run_ended)
        WindowWatch(viewer.window._qt_window).closed.connect(self._on_window_closed)
        self._image = self.of(self.chosen.layer)
        self.chosen.changed.connect(self._on_chosen)
        self._viewer_dims = viewer.dims
        connect_while_alive(self, viewer.dims.events.point, self._on_plane)
        self._filler = Latest(self)
        self._filler.finished.connect(self._on_filled)
        self._filler.failed.connect(self.fill_failed)

    @property
    def image(self) -> ImageState:
        """What is known of the chosen image; a state without a layer where none is open."""
        return self._image

    @property
    def tuned_before(self) -> ImageState | None:
        """The image that was tuned last before the chosen one, None if there is none or it is gone."""
        state = self._tuned_before
        return None if state is None or state is self._image or state.layer is None else state

    def of(self, layer: Layer | None) -> ImageState:
        """Return what is known of an image layer."""
        if not isinstance(layer, Image):
            return self._start
        if layer not in self._states:
            state = self._states[layer] = self._watched(ImageState(layer, self._start.pair, self._start.mask))
            said = self._said.get(tuple(state.pixels.levels[0].shape[:-2]))
            if said is not None and not state.pixels.reading.is_sure:
                state.say_axes(said)
        return self._states[layer]

    @property
    def common(self) -> Settings:
        """The settings that hold for every image: what the Denoise dock says."""
        return self._common

    @property
    def settings(self) -> Settings:
        """All settings of a run on the chosen image: what a settings file holds."""
        return self._image.settings(self._common)

    def set_common(self, common: Settings) -> None:
        """Replace what holds for every image; patches and mask in there do not count."""
        common = with_pair(replace(common, mask=MaskSettings()), _pair_of(Settings()))
        if common != self._common:
            self._common = common
            self.changed.emit("settings")

    def set_settings(self, settings: Settings) -> None:
        """Replace all settings, as after loading a file: patches and mask are those of the chosen image."""
        blocked = self.blockSignals(True)
        before = self.settings
        self.set_common(settings)
        self._image.set_settings(_pair_of(settings), settings.mask)
        self.blockSignals(blocked)
        if self.settings != before:
            self.changed.emit("settings")

    def say_axes(self, image: ImageState, axes: str) -> None:
        """Take the user's word for the axes of an image; it holds for others with the same leading axes as well."""
        levels = image.pixels.levels
        if levels:
            self._said[tuple(levels[0].shape[:-2])] = axes
            image.say_axes(axes)
            self._on_plane()

    def turn_to_channel(self, channel: int) -> None:
        """Show the noise and the patches of a channel of the chosen image, in the viewer as well if it has a slider."""
        image, layer = self._image, self._image.layer
        if layer is None:
            return
        axis = image.pixels.reading.axes.find("C")
        if axis >= 0:
            at = self._viewer_dims.ndim - layer.ndim + axis
            self._viewer_dims.set_current_step(at, channel)
        image.show_channel(channel)

    def fill_missing(self, image: ImageState) -> None:
        """Fill the missing pixels of an image, beside the window; `filled` or `fill_failed` follows."""
        layer = image.layer
        if layer is not None:
            self._filler.ask(image, fill_task(image.pixels.levels[0], is_rgb=layer.rgb))

    def _on_filled(self, image: ImageState, pixels: Any) -> None:
        image.take_filled(pixels)
        self.filled.emit(image)

    def _on_plane(self, event: Any = None) -> None:
        """Follow the viewer to the channel that it shows."""
        layer, axes = self._image.layer, self._image.pixels.reading.axes
        if layer is not None and "C" in axes:
            place = plane_index(layer, self._viewer_dims)
            self._image.show_channel(place[axes.index("C")])

    def _on_run_started(self, layer: Layer | None = None) -> None:
        self._activity.start("Denoise a batch of files" if layer is None else f"Denoise {layer.name}")

    def _on_run_progressed(self, events: list[Progress]) -> None:
        if not self.control.is_stopping:
            self._activity.update(events[-1])

    def _on_run_ended(self, *_: object) -> None:
        self._activity.finish()

    def watch_runs(self, dock: QWidget) -> None:
        """Take notice of a dock that tells of runs; while it is closed, napari itself tells of those that fail."""
        self._watching = ref(dock)

    def _tell_if_unwatched(self, layer: Layer | None, failure: Failure) -> None:
        dock = None if self._watching is None else self._watching()
        try:
            is_watched = dock is not None and dock.parent() is not None
        except RuntimeError:  # its Qt half is gone
            is_watched = False
        if not is_watched:
            name = "An image" if layer is None else f"“{shortened(layer.name)}”"
            show_warning(f"{name} could not be denoised in the background. {failure.sentence}")

    def _on_window_closed(self) -> None:
        self._activity.finish()
        self.control.leave()

    def _watched(self, state: ImageState) -> ImageState:
        state.changed.connect(self._on_state)
        return state

    def _on_state(self, aspect: str) -> None:
        if self.sender() is self._image:
            self.changed.emit(aspect)

    def _on_chosen(self, layer: Image | None) -> None:
        before = self._image
        if before.layer is not None and before.pair != self._start.pair:
            self._tuned_before = before
        self._image = self.of(layer)
        self._on_plane()
        self.chosen_changed.emit()
        for aspect in ASPECTS:
            self.changed.emit(aspect)


def _pair_of(settings: Settings) -> RoiPair:
    return settings.stage1.roi, settings.stage2.roi


def viewer_state(viewer: Viewer) -> ViewerState:
    """Return the state of a viewer; the same object every time, whether a dock is open or not."""
    viewer = unwrapped(viewer)
    # It belongs to the window, since a table of viewers would keep each of them alive.
    state = viewer.window._qt_window.findChild(ViewerState)
    return ViewerState(viewer) if state is None else state
