"""One stage of the ROI tuning dock: its controls, its patches on the canvas, and what connects the two."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Literal, NamedTuple
from weakref import ref

from napari.layers import Image
from qtpy.QtCore import QObject, QTimer, Signal

from ...errors import InputError
from ...roi import PatchSelection
from ...settings import RoiSettings
from ..canvas import EditMarks, PatchOverlay, representatives
from ..image import Stage, ViewerState
from .plane_preview import PlanePreview
from .section import StageSection

if TYPE_CHECKING:
    from napari.viewer import Viewer

__all__ = ["BACKGROUND", "STRUCTURE", "StageLook", "StageTuning"]

#: Fewer patches than this say little about the noise of an image, unless it is small.
FEW_PATCHES = 16

#: Settings whose change needs the image to be looked at again; the others only decide which scores are selected.
_SLOW_FIELDS = tuple({item.name for item in fields(RoiSettings)} - {"roi_threshold", "added", "removed"})

#: Milliseconds without a change after which it is said what is wrong with a selection.
_SETTLED = 150

#: More rectangles than this no longer move fluently, and could not be told apart either.
MAX_SHOWN = 5000

#: How many random patches stand for all of them on the canvas.
RANDOM_SHOWN = 100


class StageLook(NamedTuple):
    """How a stage is called and coloured."""

    title: str
    patches: str
    color: str


#: Orange and blue of Okabe and Ito: told apart by colour-blind people, readable on dark and on bright images.
BACKGROUND = StageLook("Background (stage 1)", "Background patches (stage 1)", "#e69f00")

STRUCTURE = StageLook("Structure (stage 2)", "Structure patches (stage 2)", "#56b4e9")


class StageTuning(QObject):
    """Keeps what a stage shows equal to what the state says.

    Parameters
    ----------
    stage : {0, 1}
    look : StageLook
    viewer : napari.viewer.Viewer
    state : ViewerState
    preview : PlanePreview
    parent : QObject
    """

    #: The canvas is out of date for another reason than new settings.
    outdated = Signal()

    def __init__(
        self, stage: Stage, look: StageLook, viewer: Viewer, state: ViewerState, preview: PlanePreview, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._stage, self._look, self._state, self._preview = stage, look, state, preview
        self._done: RoiSettings | None = None
        self._redraw = False
        self._image: ref[Image] | None = None  # whose patches are shown
        #: The patches of the plane on the screen, None while there are none.
        self.selection: PatchSelection | None = None
        # Not at every step of a slider: what the scores of a selection have in common takes as long as drawing it.
        self._warn_timer = QTimer(self, singleShot=True, interval=_SETTLED)
        self._warn_timer.timeout.connect(self._warn)
        self.section = StageSection(look.title, look.color)
        self.overlay = PatchOverlay(viewer, look.color, self)
        self.marks = EditMarks(viewer, look.color, self)
        self.section.changed.connect(self._on_changed)
        self.section.show_toggled.connect(self._on_show_toggled)
        self.section.auto_requested.connect(self._on_auto)
        self.section.message.action_triggered.connect(self._on_action)
        self.overlay.edited.connect(self._on_edited)
        self.overlay.visibility_changed.connect(self.section.show_visible)
        self.section.show_settings(self.roi)
        self.section.show_visible(self.roi.use_roi)

    @property
    def roi(self) -> RoiSettings:
        """The settings of this stage for the chosen image."""
        return self._state.image.pair[self._stage]

    @property
    def is_current(self) -> bool:
        """Whether what is shown is what the settings say."""
        return self.roi == self._done and not self._redraw

    @property
    def is_quick(self) -> bool:
        """Whether an update costs no more than a comparison with the threshold."""
        done, roi = self._done, self.roi
        return done is not None and all(getattr(done, name) == getattr(roi, name) for name in _SLOW_FIELDS)

    def show_settings(self) -> None:
        """Bring the controls up to date."""
        if self.section.roi != self.roi:
            if self.roi.use_roi and not self.section.roi.use_roi:
                self.section.show_visible(True)  # what was just switched on should be seen
            self.section.show_settings(self.roi)

    def turn_to_other_image(self, *, is_first: bool) -> None:
        """Show the settings of the image that is chosen now; random patches are not shown, since they tell little."""
        if is_first or self.roi.use_roi != self.section.roi.use_roi:
            self.section.show_visible(self.roi.use_roi)
        self.section.show_settings(self.roi)
        self._done = None

    def update(self, image: Image, *, on_screen: bool) -> None:
        """Bring histogram, count and rectangles up to date.

        Parameters
        ----------
        image : napari.layers.Image
        on_screen : bool
            Whether the viewer shows the rows and columns in which the patches lie.
        """
        roi = self.roi
        self._done, self._redraw = roi, False
        try:
            selection = self._preview.select(roi)
        except InputError as error:
            self.clear()
            self._done = roi
            self.section.message.say(str(error), "warning")
            return
        if self.selection is None:
            self.section.message.clear()  # what was wrong before
        self.selection, self._image = selection, ref(image)
        shown = self._draw(selection, image) if on_screen and self.section.show_box.isChecked() else 0
        self.overlay.set_visible(on_screen and self.section.show_box.isChecked())
        edits = (roi.added, roi.removed) if shown and roi.use_roi else ((), ())
        self.marks.show(*edits, roi.patch_size, image, f"Edits by hand (stage {self._stage + 1}) – {image.name}")
        self.section.show_selection(
            selection,
            selection.share(self._preview.shape),
            shown if on_screen and self.section.show_box.isChecked() else None,
            self._preview.note,
        )
        self._warn_timer.start()

    def show_reading(self, image: Image | None) -> None:
        """Say that the plane on the screen is being read; its patches follow."""
        if self._image is None or self._image() is not image:
            self.clear()
        self.section.show_reading()

    def clear(self) -> None:
        """Show no patches."""
        self.selection = self._done = self._image = None
        self._warn_timer.stop()
        self.overlay.close()
        self.marks.close()
        self.section.show_nothing()

    def _draw(self, selection: PatchSelection, image: Image) -> int:
        """Show the patches, or a part of them, and return how many."""
        roi = self.roi
        shown = representatives(
            selection.coords, MAX_SHOWN if roi.use_roi else RANDOM_SHOWN,
            side=roi.patch_size, stride=max(1, round(roi.patch_size * (1 - roi.overlap))),
        )  # fmt: skip
        kind = self._look.patches if roi.use_roi else f"Random patches (stage {self._stage + 1})"
        self.overlay.show(
            shown, roi.patch_size, image, self._preview.shape, f"{kind} – {image.name}", editable=roi.use_roi
        )
        return len(shown)

    def _warn(self) -> None:
        """Say what is wrong with the selection, if anything is."""
        if self.selection is None:
            return
        roi, count = self.roi, len(self.selection)
        judged = roi.use_roi and roi.select_background and count > 0
        if judged:
            self.section.purity.show_share(self._preview.structured_share(roi))
        self.section.purity.setVisible(judged)
        message = self.section.message
        if not roi.use_roi:
            message.clear()
        elif count < min(FEW_PATCHES, max(1, len(self.selection.candidates) // 4)):
            way = "up" if roi.select_background else "down"
            amount = "no patch is" if not count else "1 patch is" if count == 1 else f"{count} patches are"
            message.say(
                f"Only a few patches: {amount} selected. Move the threshold {way}, or take random patches.",
                "warning", action="random", action_label="Use random patches",
                action_tooltip="Take patches at random from the whole image for this stage (use_roi off).",
            )  # fmt: skip
        # Pure background is all alike, as it should be: stage 1 takes most of its crops from anywhere in the image.
        elif not roi.select_background and self._preview.are_alike(roi):
            message.say(
                "The selected patches are all alike: they show hardly any of the image's range of brightness. "
                "Select more of the image so that this stage sees different places.",
                "warning",
            )
        elif (other := self._other_background()) is not None:
            message.say(
                f"The empty parts of this image look {other}, not {roi.background}.", "warning",
                action="background", action_label=f"Background is {other}",
                action_tooltip=f"Take the {other} parts for background, in both stages (background = {other!r}).",
            )  # fmt: skip
        elif roi.added or roi.removed:
            message.say(
                "Patches that were edited by hand stay in or out, whatever the sliders do.", "info",
                action="undo", action_label="Undo edits by hand",
                action_tooltip="Go back to the patches that the settings select.",
            )  # fmt: skip
        else:
            message.clear()

    def _other_background(self) -> Literal["dark", "bright"] | None:
        """Return what the background seems to be if the settings say otherwise, and if it matters."""
        if self.roi.background == "auto" or not {"mean", "band"} & set(self.roi.criteria):
            return None
        likely = self._preview.likely_background()
        return None if likely == self.roi.background else likely

    def _on_changed(self, roi: RoiSettings) -> None:
        self._state.image.set_stage(self._stage, roi)

    def _on_show_toggled(self, shown: bool) -> None:
        self._redraw = True
        self.outdated.emit()

    def _on_auto(self) -> None:
        if self.selection is not None:
            self._state.image.set_stage(
                self._stage, replace(self.roi, roi_threshold=self._preview.auto_threshold(self.roi))
            )

    def _on_action(self, action: str) -> None:
        if action == "random":
            self._state.image.set_stage(self._stage, replace(self.roi, use_roi=False))
        elif action == "undo":
            self._state.image.set_stage(self._stage, replace(self.roi, added=(), removed=()))
        elif action == "background" and (other := self._other_background()) is not None:
            first, second = self._state.image.pair
            self._state.image.set_pair((replace(first, background=other), replace(second, background=other)))

    def _on_edited(self, added: list[tuple[int, int]], removed: list[tuple[int, int]]) -> None:
        self._redraw = True  # the canvas shows free-hand rectangles, even where that changes no patch
        edited = with_edits(self.roi, added, removed)
        if self.selection is not None:
            # A patch that was drawn and then dragged away was never one of the grid: there is nothing to keep out.
            grid = {(row, column) for row, column in self.selection.candidates.tolist()}
            edited = replace(edited, removed=tuple(corner for corner in edited.removed if corner in grid))
        if edited == self.roi:
            self.outdated.emit()
        else:
            self._state.image.set_stage(self._stage, edited)


def with_edits(roi: RoiSettings, added: list[tuple[int, int]], removed: list[tuple[int, int]]) -> RoiSettings:
    """Return settings with patches put in and taken out; the last word on a patch counts."""
    put_in = dict.fromkeys(roi.added)
    taken_out = dict.fromkeys(roi.removed)
    for corner in removed:
        taken_out[corner] = None
        put_in.pop(corner, None)
    for corner in added:
        put_in[corner] = None
        taken_out.pop(corner, None)
    return replace(roi, added=tuple(put_in), removed=tuple(taken_out))
