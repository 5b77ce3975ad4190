"""Film a run in napari by mouse and keys, and write it as the animated picture of the README.

On a machine without a screen: ``xvfb-run -a -s "-screen 0 1280x800x24" python scripts/animation.py``.
"""

from __future__ import annotations

import argparse
import io
import os
import tempfile
from pathlib import Path

from PIL import Image, ImageDraw
from qtpy.QtCore import QBuffer, QIODevice, QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QAbstractButton, QMainWindow, QSlider, QWidget
from screenshots_first_use import FOLDER, PLUGIN, Hand

#: An arrow that points up and left, in pixels of the picture.
_ARROW = ((0, 0), (0, 15), (4, 12), (7, 18), (9, 17), (6, 11), (11, 11))


class Film:
    """Pictures of a window with the time that each is shown."""

    def __init__(self, window: QMainWindow, width: int) -> None:
        self.window, self.width = window, width
        self.pointer = QPoint(window.width() // 2, window.height() // 2)
        self.frames: list[tuple[Image.Image, int]] = []

    def take(self, milliseconds: int) -> None:
        content = QBuffer()
        content.open(QIODevice.OpenModeFlag.WriteOnly)
        self.window.grab().save(content, "BMP")
        whole = Image.open(io.BytesIO(content.data().data()))
        scale = self.width / whole.width
        frame = whole.convert("RGB").resize((self.width, round(whole.height * scale)), Image.Resampling.LANCZOS)
        tip = self.pointer.x() * scale, self.pointer.y() * scale
        ImageDraw.Draw(frame).polygon([(x + tip[0], y + tip[1]) for x, y in _ARROW], "white", "black")
        self.frames.append((frame, milliseconds))

    def seconds(self) -> float:
        return sum(time for _, time in self.frames) / 1000

    def thin_out(self, start: int, count: int) -> None:
        """Keep so many of the frames from `start` on, evenly spread."""
        late = self.frames[start:]
        step = max(1, len(late) / count)
        self.frames[start:] = [late[round(number * step)] for number in range(min(count, len(late)))]

    def save(self, path: Path, quality: int) -> None:
        first, *others = (frame for frame, _ in self.frames)
        times = [time for _, time in self.frames]
        first.save(path, save_all=True, append_images=others, duration=times, loop=0, quality=quality, method=6)


class FilmedHand(Hand):
    """A hand whose pointer is seen on its way."""

    def __init__(self, film: Film) -> None:
        super().__init__(film.window)
        self.film = film

    def go_to(self, widget: QWidget, place: QPoint | None = None) -> None:
        self.scroll_to(widget)
        end = widget.mapTo(self.window, place or widget.rect().center())
        start = self.film.pointer
        for share in (0.3, 0.7, 1.0):
            self.film.pointer = start + (end - start) * share
            self.film.take(70)

    def click(self, widget: QWidget, place: QPoint | None = None) -> None:
        self.go_to(widget, place)
        super().click(widget, place)


def film_a_run(film: Film) -> None:
    """Tune the patches of the sample, denoise it, and compare."""
    hidden = Hand(film.window)
    hidden.menu("File", "Open Sample", PLUGIN, "Microtubules")
    hidden.menu("Plugins", PLUGIN, "ROI tuning")
    tuning = hidden.dock("ROI tuning")
    hidden.wait_until(tuning.isVisible, 30)
    QTest.qWait(1500)
    hand = FilmedHand(film)
    film.take(1500)
    labelled = next(
        w for w in tuning.findChildren(QWidget) if "roi_threshold" in w.toolTip() and w.findChildren(QSlider)
    )
    slider = labelled.findChild(QSlider)
    hand.click(slider, QPoint(slider.width() // 2, slider.height() // 2))
    for key in [Qt.Key.Key_Left] * 5 + [Qt.Key.Key_Right] * 3:
        for _ in range(3):
            QTest.keyClick(slider, key)
        QTest.qWait(400)
        film.take(250)
    film.take(800)

    hidden.button("show", tuning)
    hidden.menu("Plugins", PLUGIN, "Denoise")
    denoising = hidden.dock("Denoise")
    hidden.wait_until(denoising.isVisible, 30)
    hidden.button("Reset view")
    QTest.qWait(2500)
    film.take(800)
    hand.button("Balanced", denoising)
    run = hand.find(QAbstractButton, "Denoise", denoising)
    cancel = hand.find(QAbstractButton, "Cancel", denoising)
    hand.click(run)
    hand.wait_until(cancel.isEnabled, 60)
    start = len(film.frames)
    while not run.isEnabled():
        film.take(200)
        QTest.qWait(400)
    film.thin_out(start, 24)
    QTest.qWait(500)
    film.take(1500)

    hand.button("Compare", denoising)
    divider = hand.find(QSlider, "line between", denoising)
    for key in [Qt.Key.Key_PageDown] * 4 + [Qt.Key.Key_PageUp] * 8 + [Qt.Key.Key_PageDown] * 4:
        for _ in range(8):  # a page is a hundredth of the way
            QTest.keyClick(divider, key)
        QTest.qWait(100)
        film.take(160)
    film.take(2000)


def main() -> None:
    """Write the animated picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--width", type=int, default=840)
    parser.add_argument("--quality", type=int, default=60)
    parser.add_argument("--file", type=Path, default=FOLDER / "run.webp")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        os.environ["AUTOSTRUCTN2V_FOLDER"] = temporary
        import napari

        viewer = napari.Viewer()
        window = viewer.window._qt_window
        window.resize(1120, 720)
        film = Film(window, arguments.width)
        film_a_run(film)
        film.save(arguments.file, arguments.quality)
        size = arguments.file.stat().st_size / 1e6
        print(f"{arguments.file}: {len(film.frames)} frames, {film.seconds():.1f} s, {size:.2f} MB")
        viewer.close()


if __name__ == "__main__":
    main()
