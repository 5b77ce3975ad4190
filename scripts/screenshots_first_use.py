"""Go through a complete first use by mouse and keys alone, and take the screenshots of docs/first-use.md.

On a machine without a screen: ``xvfb-run -a -s "-screen 0 1280x800x24" python scripts/screenshots_first_use.py``.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from qtpy.QtCore import QPoint, Qt, QTimer
from qtpy.QtTest import QTest
from qtpy.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDockWidget,
    QFileDialog,
    QLabel,
    QLineEdit,
    QListWidget,
    QMainWindow,
    QMenu,
    QScrollArea,
    QSlider,
    QTabWidget,
    QWidget,
)

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "images"
PLUGIN = "autoStructN2V"


class Hand:
    """What a user can do: look for something on the screen, click on it, and type."""

    def __init__(self, window: QMainWindow) -> None:
        self.window = window

    def wait_until(self, condition: Callable[[], bool], seconds: float = 600) -> None:
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(f"waited {seconds} s for {condition.__qualname__}")
            QTest.qWait(20)

    def find(self, kind: type, text: str, inside: QWidget | None = None) -> QWidget:
        """Return the visible widget of a kind with this text, or with it in its tooltip."""

        def matches(widget: QWidget) -> bool:
            label = widget.text().replace("&", "") if isinstance(widget, QAbstractButton) else ""
            return widget.isVisible() and (_is_called(label, text) or (not label and text in widget.toolTip()))

        found = [widget for widget in (inside or self.window).findChildren(kind) if matches(widget)]
        if not found:
            raise LookupError(f"there is no visible {kind.__name__} {text!r}")
        return found[0]

    def dock(self, title: str) -> QDockWidget:
        """Return a dock of the plugin."""
        return next(dock for dock in self.window.findChildren(QDockWidget) if dock.windowTitle().startswith(title))

    def scroll_to(self, widget: QWidget) -> None:
        """Bring a widget into view."""
        ancestor = widget.parentWidget()
        while ancestor is not None and not isinstance(ancestor, QScrollArea):
            ancestor = ancestor.parentWidget()
        if isinstance(ancestor, QScrollArea):
            ancestor.ensureWidgetVisible(widget)
        QTest.qWait(20)

    def click(self, widget: QWidget, place: QPoint | None = None) -> None:
        """Scroll to a widget, as one does, and click on it."""
        self.scroll_to(widget)
        if not widget.isEnabled():
            raise RuntimeError(f"{widget.toolTip()!r} cannot be clicked")
        # By default a click lands on the mark of a check box or radio button, since its text may be shorter.
        left = isinstance(widget, QAbstractButton) and widget.isCheckable()
        place = place or (QPoint(8, widget.height() // 2) if left else widget.rect().center())
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton, pos=place)

    def reads(self, text: str, inside: QWidget) -> bool:
        """Whether a label that begins with this text can be seen."""
        return any(label.isVisible() and label.text().startswith(text) for label in inside.findChildren(QLabel))

    def button(self, text: str, inside: QWidget | None = None) -> None:
        self.click(self.find(QAbstractButton, text, inside))

    def menu(self, *titles: str) -> None:
        """Go through the menus of the window; a title may be a beginning."""
        bar = self.window.menuBar()
        popup: QMenu | None = None
        for depth, title in enumerate(titles):
            menu = bar if popup is None else popup
            action = next(
                action for action in menu.actions() if action.isVisible() and _plain(action.text()).startswith(title)
            )
            QTest.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(action).center())
            QTest.qWait(50)
            if depth + 1 < len(titles):
                popup = action.menu()
                self.wait_until(popup.isVisible, 20)

    def choose(self, combo: QComboBox, text: str) -> None:
        """Open a drop-down list and click on an entry."""
        self.click(combo)
        self.wait_until(combo.view().isVisible, 20)
        index = combo.model().index(combo.findText(text), combo.modelColumn())
        QTest.qWait(QApplication.doubleClickInterval() + 100)  # a list takes no click right after it has opened
        combo.view().scrollTo(index)
        place = combo.view().visualRect(index).center()
        QTest.mouseClick(combo.view().viewport(), Qt.MouseButton.LeftButton, pos=place)
        QTest.qWait(50)

    def type_number(self, box: QAbstractSpinBox, number: int) -> None:
        self.click(box)
        line = box.findChild(QLineEdit)
        QTest.keyClick(line, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        QTest.keyClicks(line, str(number))
        QTest.keyClick(line, Qt.Key.Key_Return)

    @contextmanager
    def answering(self, path: Path) -> Iterator[None]:
        """Paste a name into the file dialog that what happens inside opens, and press Enter."""

        def answer() -> None:
            dialog = QApplication.activeModalWidget()
            if not isinstance(dialog, QFileDialog):
                QTimer.singleShot(50, answer)
                return
            line = dialog.findChild(QLineEdit)
            QTest.keyClick(line, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
            # Pasted: while a path is typed letter by letter, Qt's dialog selects each folder on the way.
            QApplication.clipboard().setText(str(path))
            QTest.keyClick(line, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
            QTest.keyClick(line, Qt.Key.Key_Return)

        QTimer.singleShot(50, answer)
        yield


def first_use(window: QMainWindow, folder: Path, taken: Callable[[str], None], *, epochs: int, crops: int) -> None:
    """Open the sample, tune, denoise, edit the mask, denoise again, compare, save the model, apply it to another image.

    Parameters
    ----------
    window : QMainWindow
        Of napari.
    folder : Path
        With ``next.tif`` in it; ``cells.safetensors`` is written there.
    taken : callable
        Called with the name of each step when it can be seen.
    epochs, crops : int
        Length of the training, typed into the form.
    """
    hand = Hand(window)
    hand.menu("File", "Open Sample", PLUGIN, "Microtubules")
    QTest.qWait(300)
    taken("1-sample")

    hand.menu("Plugins", PLUGIN, "ROI tuning")
    tuning = hand.dock("ROI tuning")
    hand.wait_until(tuning.isVisible, 30)
    QTest.qWait(1500)
    labelled = next(
        w for w in tuning.findChildren(QWidget) if "roi_threshold" in w.toolTip() and w.findChildren(QSlider)
    )
    slider = labelled.findChild(QSlider)
    hand.click(slider, QPoint(slider.width() // 2, slider.height() // 2))
    for _ in range(3):
        QTest.keyClick(slider, Qt.Key.Key_Left)
        QTest.qWait(100)
    QTest.qWait(500)
    taken("2-tune")
    hand.button("show", tuning)

    hand.menu("Plugins", PLUGIN, "Denoise")
    denoising = hand.dock("Denoise")
    hand.wait_until(denoising.isVisible, 30)
    hand.button("Reset view")
    hand.button("Fast", denoising)
    hand.button("Noise", denoising)
    hand.button("Advanced", denoising)
    tabs = denoising.findChild(QTabWidget)
    for index in range(tabs.count()):
        bar = tabs.tabBar()
        hand.click(bar, bar.tabRect(index).center())
        hand.type_number(hand.find(QAbstractSpinBox, "(num_epochs)", denoising), epochs)
        hand.type_number(hand.find(QAbstractSpinBox, "(patches_per_image)", denoising), crops)
    hand.button("Advanced", denoising)
    hand.button("Noise", denoising)

    cancel = hand.find(QAbstractButton, "Cancel", denoising)
    run = hand.find(QAbstractButton, "Denoise", denoising)
    hand.click(run)
    hand.wait_until(cancel.isEnabled, 30)
    hand.wait_until(lambda: run.isEnabled() or hand.reads("Stage 2: step", denoising))
    QTest.qWait(3000 if cancel.isEnabled() else 0)
    taken("3-running")
    hand.wait_until(run.isEnabled)
    QTest.qWait(300)
    taken("4-result")

    editor = _mask_editor(denoising)
    hand.click(editor, editor.position_of(1, 0).toPoint())
    QTest.qWait(2500)
    taken("5-mask")
    hand.click(run)
    hand.wait_until(cancel.isEnabled, 30)
    hand.wait_until(run.isEnabled)

    hand.button("Compare", denoising)
    divider = hand.find(QSlider, "line between", denoising)
    for _ in range(4):
        QTest.keyClick(divider, Qt.Key.Key_PageDown)
    QTest.qWait(300)
    taken("6-compare")
    hand.button("Compare", denoising)

    hand.button("Noise", denoising)
    hand.button("Training", denoising)
    hand.button("Models", denoising)
    with hand.answering(folder / "cells.safetensors"):
        hand.button("Save…", denoising)
    hand.wait_until((folder / "cells.safetensors").is_file, 30)
    taken("7-model")

    with hand.answering(folder / "next.tif"):
        hand.menu("File", "Open File(s)")
    image = hand.find(QComboBox, "The image to work on", denoising)
    hand.wait_until(lambda: image.currentText() == "next", 60)  # the docks follow the selected layer
    runs = next(rows for rows in denoising.findChildren(QListWidget) if rows.isVisible())
    apply = hand.find(QAbstractButton, "Apply", denoising)
    hand.click(runs.viewport(), runs.visualItemRect(runs.item(0)).center())
    hand.wait_until(apply.isEnabled, 30)
    hand.click(apply)
    hand.wait_until(cancel.isEnabled, 30)
    hand.wait_until(run.isEnabled)
    QTest.qWait(300)
    taken("8-applied")


def _is_called(label: str, text: str) -> bool:
    """Whether a button is the one that is looked for; headings also name the image that they are about."""
    return label == text or label.startswith(f"{text} of “")


def _plain(text: str) -> str:
    return text.replace("&", "")


def _mask_editor(dock: QWidget) -> QWidget:
    return next(widget for widget in dock.findChildren(QWidget) if type(widget).__name__ == "MaskEditor")


def write_next_image(folder: Path) -> None:
    """Write another image of the same microscope, to which the model is applied."""
    import tifffile

    from napari_autostructn2v.samples import scan_lines

    tifffile.imwrite(folder / "next.tif", np.asarray(scan_lines(seed=1)))


def main() -> None:
    """Take all pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=25)
    parser.add_argument("--crops", type=int, default=160)
    parser.add_argument("--theme", choices=("dark", "light"), default="dark")
    parser.add_argument("--size", type=int, nargs=2, default=(1120, 720))
    parser.add_argument("--folder", type=Path, default=FOLDER)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        os.environ["AUTOSTRUCTN2V_FOLDER"] = temporary
        import napari
        from PIL import Image

        viewer = napari.Viewer()
        viewer.theme = arguments.theme
        window = viewer.window._qt_window
        window.resize(*arguments.size)
        arguments.folder.mkdir(parents=True, exist_ok=True)

        def taken(name: str) -> None:
            path = arguments.folder / f"first-use-{name}.png"
            window.grab().save(str(path))
            Image.open(path).convert("RGB").save(path, optimize=True)
            print(path, flush=True)

        write_next_image(Path(temporary))
        first_use(window, Path(temporary), taken, epochs=arguments.epochs, crops=arguments.crops)
        viewer.close()


if __name__ == "__main__":
    main()
