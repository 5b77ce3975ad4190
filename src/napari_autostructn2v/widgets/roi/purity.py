"""Whether the background patches are purely background, in words and as a light."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QHBoxLayout, QLabel, QWidget

from ..parts import WrappedLabel, show_light

__all__ = ["PurityView"]

#: Largest share of patches with structure of a green and of a yellow light (``benchmarks/roi_purity.py``).
_GREEN, _YELLOW = 0.15, 0.4

_TOOLTIP = (
    "Looks for patches that vary more in the large than the quietest tenth of the image, which is taken for noise. "
    "The noise is measured in background patches, and structure in them is mistaken for noise."
)


class PurityView(QWidget):
    """Hidden until there is something to tell."""

    def __init__(self) -> None:
        super().__init__()
        self.light = QLabel()
        self.words = WrappedLabel()
        for widget in (self.light, self.words):
            widget.setToolTip(_TOOLTIP)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.light, alignment=Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.words, stretch=1)
        self.hide()

    def show_share(self, structured: float) -> None:
        """Say what it means that this share of the patches, 0 to 1, shows structure."""
        percent = f"{100 * structured:.0f} %"
        if structured <= _GREEN:
            show_light(self.light, "green", 12)
            self.words.setText("Purely background, as far as can be seen.")
        elif structured <= _YELLOW:
            show_light(self.light, "yellow", 12)
            self.words.setText(f"{percent} of these patches show structure. Press Auto, or delete them on the image.")
        else:
            show_light(self.light, "red", 12)
            self.words.setText(
                f"{percent} of these patches show structure: they are no background. Press Auto, or delete them on "
                "the image."
            )
        self.show()
