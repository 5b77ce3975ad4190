"""Controls say what they are for, progress is seen in both themes, and files get the ending they are looked for by."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from helpers.stand_in import StandIn
from qtpy.QtCore import Qt
from qtpy.QtGui import QColor
from qtpy.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QFileDialog,
    QFormLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QMenu,
    QMessageBox,
    QScrollBar,
    QTableWidget,
    QWidget,
)

from napari_autostructn2v.progress import Progress
from napari_autostructn2v.widgets.batch import BatchDock
from napari_autostructn2v.widgets.denoise import DenoiseDock
from napari_autostructn2v.widgets.denoise.progress_view import ProgressView
from napari_autostructn2v.widgets.denoise.run_clock import RunClock
from napari_autostructn2v.widgets.parts import WrappedLabel, ask_save
from napari_autostructn2v.widgets.roi import RoiDock

CONTROLS = (QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox, QListWidget, QTableWidget)


@pytest.fixture(params=[DenoiseDock, RoiDock, BatchDock])
def dock(request, make_napari_viewer, monkeypatch, qtbot, tmp_path) -> QWidget:
    StandIn().install(monkeypatch)
    viewer = make_napari_viewer()
    viewer.add_image(np.random.default_rng(0).normal(100, 10, (64, 64)), name="cells")
    dock = request.param(viewer)
    viewer.window.add_dock_widget(dock)
    if isinstance(dock, DenoiseDock):
        dock.denoise()
        qtbot.waitUntil(lambda: not dock.control.is_running, timeout=20_000)
    elif isinstance(dock, BatchDock):
        (tmp_path / "broken.tif").write_bytes(b"II*")
        dock.batch.add([str(tmp_path / "broken.tif")])
        qtbot.waitUntil(lambda: not dock.batch.is_looking, timeout=20_000)
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
    assert len(controls) > 15
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
    view.start("Getting ready…", RunClock({}))
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


def spoken(widget: QWidget, dock: QWidget) -> str:
    """What a screen reader calls a control: its own name, else the text on it or on the label that leads to it."""
    labels = [label.text() for label in dock.findChildren(QLabel) if label.buddy() is widget]
    text = widget.text() if isinstance(widget, QAbstractButton) else getattr(widget, "title", str)()
    return (widget.accessibleName() or text or "".join(labels)).strip()


def test_every_control_has_a_name_for_screen_readers(dock) -> None:
    controls = [
        widget
        for kind in (*CONTROLS, QLineEdit)
        for widget in dock.findChildren(kind)
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and not is_part(widget, dock) and not is_unused(widget)
    ]
    assert len(controls) > 15
    silent = [caption(widget) for widget in controls if not spoken(widget, dock)]
    assert silent == [], "\n".join(silent)


def is_unused(widget: QWidget) -> bool:
    """Whether a button waits, hidden, for what it is to do."""
    return isinstance(widget, QAbstractButton) and not widget.text() and not widget.isVisibleTo(widget.window())


def is_part(widget: QWidget, dock: QWidget) -> bool:
    """Whether a widget is reached through another one, as the text of a spin box is, or what a menu holds."""
    while (widget := widget.parentWidget()) is not dock:
        if isinstance(widget, (QAbstractSpinBox, QComboBox, QScrollBar, QMenu)):
            return True
    return False


def test_the_labels_of_forms_lead_to_their_controls(dock) -> None:
    forms = dock.findChildren(QFormLayout)
    assert forms
    for form in forms:
        for row in range(form.rowCount()):
            label, field = (
                form.itemAt(row, role) for role in (QFormLayout.ItemRole.LabelRole, QFormLayout.ItemRole.FieldRole)
            )
            if label is not None and field is not None and field.widget() is not None:
                assert label.widget().buddy() is field.widget(), label.widget().text()
