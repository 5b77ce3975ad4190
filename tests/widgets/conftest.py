"""No dock of a test tries out how fast the computer is, unless the test is about that."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def no_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("napari_autostructn2v.widgets.denoise.speed_trial.SpeedTrial.begin", lambda *_: None)
