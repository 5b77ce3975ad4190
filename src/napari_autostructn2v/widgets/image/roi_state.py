"""What a viewer's patches are tuned to; it outlives the dock that shows it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal
from weakref import WeakKeyDictionary, ref

from napari.layers import Image
from qtpy.QtCore import QObject, Signal

from ...settings import RoiSettings, Settings
from ..parts import unwrapped

if TYPE_CHECKING:
    from napari.viewer import Viewer

__all__ = ["RoiPair", "RoiState", "Stage", "roi_state", "with_pair"]

#: Settings of stage 1 (background) and of stage 2 (structure).
RoiPair = tuple[RoiSettings, RoiSettings]

#: Index into a pair: 0 is stage 1 (background), 1 is stage 2 (structure).
Stage = Literal[0, 1]


class RoiState(QObject):
    """The tuning of every image of a viewer, and the settings that it is a part of.

    Each image keeps its own tuning. An image that was never tuned takes over the present one without the patches that
    were put in or taken out by hand, since those belong to a place in one image.
    """

    #: The tuning, the chosen image, or both have changed.
    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._base = Settings()
        self._pair: RoiPair = (self._base.stage1.roi, self._base.stage2.roi)
        self._pairs: WeakKeyDictionary[Image, RoiPair] = WeakKeyDictionary()
        self._layer: ref[Image] | None = None

    @property
    def layer(self) -> Image | None:
        """The image whose patches are tuned."""
        return self._layer() if self._layer is not None else None

    def choose(self, layer: Image | None) -> None:
        """Turn to another image."""
        if layer is self.layer:
            return
        self._layer = None if layer is None else ref(layer)
        self._pair = self.pair_for(layer)
        self.changed.emit()

    @property
    def pair(self) -> RoiPair:
        """The tuning of the chosen image."""
        return self._pair

    def pair_for(self, layer: Image | None) -> RoiPair:
        """Return the tuning of any image, chosen or not."""
        if layer is None:
            return self._pair
        if layer in self._pairs:
            return self._pairs[layer]
        first, second = (replace(roi, added=(), removed=()) for roi in self._pair)
        return first, second

    def set_pair(self, pair: RoiPair) -> None:
        """Replace the tuning of the chosen image."""
        if self.layer is not None:
            self._pairs[self.layer] = pair
        if pair != self._pair:
            self._pair = pair
            self.changed.emit()

    def set_stage(self, stage: Stage, roi: RoiSettings) -> None:
        """Replace the tuning of one stage of the chosen image."""
        self.set_pair((roi, self._pair[1]) if stage == 0 else (self._pair[0], roi))

    @property
    def settings(self) -> Settings:
        """All settings of a run with the tuning of the chosen image in it: what a settings file holds."""
        return self.settings_for(self.layer)

    def settings_for(self, layer: Image | None) -> Settings:
        """Return all settings of a run on any image, with its tuning in it."""
        return with_pair(self._base, self.pair_for(layer))

    def set_settings(self, settings: Settings) -> None:
        """Replace all settings, as after loading a file."""
        base_changed = settings != with_pair(self._base, (settings.stage1.roi, settings.stage2.roi))
        self._base = settings
        before = self._pair
        self.set_pair((settings.stage1.roi, settings.stage2.roi))
        if base_changed and before == self._pair:
            self.changed.emit()


def with_pair(settings: Settings, pair: RoiPair) -> Settings:
    """Return settings with another tuning of the patches."""
    return replace(
        settings,
        stage1=replace(settings.stage1, roi=pair[0]),
        stage2=replace(settings.stage2, roi=pair[1]),
    )


_states: WeakKeyDictionary[Viewer, RoiState] = WeakKeyDictionary()


def roi_state(viewer: Viewer) -> RoiState:
    """Return the tuning of a viewer; the same object every time, whether a dock is open or not."""
    viewer = unwrapped(viewer)
    if viewer not in _states:
        _states[viewer] = RoiState()
    return _states[viewer]
