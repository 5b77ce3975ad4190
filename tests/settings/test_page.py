"""The page of the documentation about settings says what the program does."""

from __future__ import annotations

import runpy
from pathlib import Path

from napari_autostructn2v.settings import RANGES

ROOT = Path(__file__).parents[2]
SCRIPT = runpy.run_path(str(ROOT / "scripts" / "settings_page.py"))


def test_the_page_is_what_its_script_writes(qapp) -> None:
    assert SCRIPT["PAGE"].read_text("utf-8") == SCRIPT["page"](), "run scripts/settings_page.py"


def test_the_page_names_every_range() -> None:
    text = SCRIPT["PAGE"].read_text("utf-8")
    for name, limits in RANGES.items():
        assert f"{name}` | " in text
        assert str(limits) in text


def test_the_docks_name_their_settings(qapp) -> None:
    labels = SCRIPT["dock_labels"]()
    assert labels["num_epochs"] == "Denoise > Advanced: *Epochs*"
    assert labels["patch_size"] == "ROI tuning: *Patch size*"
    assert SCRIPT["command_options"]()["random_seed"] == "`--seed`"
