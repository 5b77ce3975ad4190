"""What the command line says: one line for whoever watches, JSON for programs."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest

from napari_autostructn2v.batch import dumps
from napari_autostructn2v.batch.report import mask_values
from napari_autostructn2v.cli.report import ProgressLine
from napari_autostructn2v.noise import BlindMask
from napari_autostructn2v.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_progress_line_shows_phase_steps_and_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    terminal = Terminal()
    line = ProgressLine(terminal)
    line.start("cells.tif")
    line.show(Progress("stage 1", 5, 10, seconds_left=12.4))
    assert "cells.tif  stage 1  [##########..........] 5/10  12 s left" in terminal.getvalue()
    line.say("cells.tif -> out/cells_denoised.tif")
    assert terminal.getvalue().endswith("\rcells.tif -> out/cells_denoised.tif\n")


def test_the_progress_line_never_wraps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    terminal = Terminal()
    line = ProgressLine(terminal)
    line.start("a_rather_long_name_of_an_image_file.tif")
    line.show(Progress("stage 1", 5, 10))
    line.clear()
    assert max(map(len, terminal.getvalue().split("\r"))) < 30


def test_nothing_is_said_where_nobody_watches() -> None:
    stream = io.StringIO()
    line = ProgressLine(stream)
    line.start("cells.tif")
    line.show(Progress("stage 1", 5, 10))
    line.say("done")
    assert stream.getvalue() == ""


def test_json_takes_whatever_a_report_holds() -> None:
    values = {
        "a": np.float32(1.5),
        "b": np.array([1, 2]),
        "c": np.inf,
        "d": Path("x"),
        "e": (np.bool_(True), None),
        3: "ä",
    }
    assert json.loads(dumps(values)) == {"a": 1.5, "b": [1, 2], "c": None, "d": "x", "e": [True, None], "3": "ä"}


def test_a_mask_is_described(tmp_path: Path) -> None:
    BlindMask(np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], bool), "A cross.").save(tmp_path / "mask.npy")
    values = mask_values(BlindMask.load(tmp_path / "mask.npy"))
    assert values["size"] == [3, 3]
    assert values["pattern"] == ["010", "111", "010"]
    assert values["is_structured"]
