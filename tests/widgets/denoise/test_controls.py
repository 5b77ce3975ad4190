"""Controls say what they are for, progress is seen in both themes, and files get the ending they are looked for by."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from helpers.stand_in import StandIn
from qtpy.QtGui import QColor
from qtpy.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QFileDialog,
    QLabel,
    QListWidget,
    QMessageBox,
    QScrollBar,
    QWidget,
)

from napari_autostructn2v.progress import Progress
from napari_autostructn2v.widgets.denoise import DenoiseDock
from napari_autostructn2v.widgets.denoise.progress_view import ProgressView
from napari_autostructn2v.widgets.parts import WrappedLabel, ask_save
from napari_autostructn2v.widgets.roi import RoiDock

CONTROLS = (QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox, QListWidget)


@pytest.fixture(params=[DenoiseDock, RoiDock])
def dock(request, make_napari_viewer, monkeypatch, qtbot) -> QWidget:
    StandIn().install(monkeypatch)
    viewer = make_napari_viewer()
    viewer.add_image(np.random.default_rng(0).normal(100, 10, (64, 64)), name="cells")
    dock = request.param(viewer)
    viewer.window.add_dock_widget(dock)
    if isinstance(dock, DenoiseDock):
        dock.denoise()
        qtbot.waitUntil(lambda: not dock.control.is_running, timeout=20_000)
    return dock


def explained(widget: QWidget, dock: QWidget) -> bool:
    """Whether a tooltip comes up over a widget: its own, or that of what it is a part of, as Qt has it."""
    while widget is not dock:
        if widget.toolTip():
            return True
        widget = widget.parentWidget()
    return False


def caption(widget: QWidget) -> str:
    return f"{type(widget).__name__} {getattr(widget, 'text', str)()!r} in {type(widget.parent()).__name__}"


def test_every_control_and_its_label_has_a_tooltip(dock) -> None:
    controls = [widget for kind in CONTROLS for widget in dock.findChildren(kind)]
    labels = [label for label in dock.findChildren(QLabel) if label.text() and not isinstance(label, WrappedLabel)]
    assert len(controls) > 20
    mute = [caption(widget) for widget in controls + labels if not explained(widget, dock)]
    unused = [caption(button) for button in dock.findChildren(QAbstractButton) if not button.text()]
    bars = [caption(bar) for bar in dock.findChildren(QScrollBar)]
    assert set(mute) - set(unused) - set(bars) == set()


def luminance(color: QColor) -> float:
    """Relative luminance as in the Web Content Accessibility Guidelines."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color.getRgbF()[:3]]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_progress_stands_out_from_the_window(make_napari_viewer, qtbot, theme) -> None:
    viewer = make_napari_viewer()
    viewer.theme = theme
    view = ProgressView()
    viewer.window.add_dock_widget(view)
    view.start("Getting ready…")
    view.update_progress(Progress("stage 1", 1, 2))
    picture = view.bar.grab().toImage()
    row, width = picture.height() // 2, picture.width()
    done, left = (luminance(picture.pixelColor(width * place // 4, row)) for place in (1, 3))
    assert (max(done, left) + 0.05) / (min(done, left) + 0.05) > 2.5


@pytest.mark.parametrize(
    ("typed", "saved"), [("cells", "cells.npy"), ("cells.v1", "cells.v1.npy"), ("cells.NPY", "cells.NPY"), ("", "")]
)
def test_a_file_gets_its_ending(qtbot, tmp_path, monkeypatch, typed, saved) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / typed) if typed else "", ""))
    assert Path(ask_save(parent, "Save", "mask.npy", "Mask")).name == saved


@pytest.mark.parametrize("answer", [QMessageBox.StandardButton.Yes, QMessageBox.StandardButton.No])
def test_a_file_that_exists_under_the_full_name_is_asked_about(qtbot, tmp_path, monkeypatch, answer) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    (tmp_path / "cells.npy").touch()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "cells"), ""))
    monkeypatch.setattr(QMessageBox, "question", lambda *_: answer)
    path = ask_save(parent, "Save", "mask.npy", "Mask")
    assert path == (str(tmp_path / "cells.npy") if answer == QMessageBox.StandardButton.Yes else "")
