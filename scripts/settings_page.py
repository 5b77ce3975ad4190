"""Write docs/settings.md: every setting with what it may be, its default, and its name in the docks and commands."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from napari_autostructn2v.cli.options import parsers
from napari_autostructn2v.settings import Settings, kind_of

PAGE = Path(__file__).parents[1] / "docs" / "settings.md"

_HEAD = """# Settings

Every setting has one name in Python and in settings files, and most have a field in one of the docks; few have an
option on the command line, which reads all others from a settings file (`--settings`). What a setting must be is the
same everywhere: anything else is refused in a sentence that names the setting and its range.

```toml
# tuned.toml: what is left out keeps its default
preset = "best"

[stage1]
batch_size = 8

[stage1.roi]
roi_threshold = 0.4
```

```python
from napari_autostructn2v import Settings

settings = Settings.load("tuned.toml")
```

Stage 2 has the settings of stage 1, in the tables `stage2` and `stage2.roi`; its default is named where it is another
one. `features` times 2 for each of `num_layers` makes 4096 at most. The epochs, the early end and the flips of a preset
are those of *Quality*. This page is written by `scripts/settings_page.py`.
"""

_PARTS = {
    "": "## Of a run",
    "stage1.": "## Of a stage: training",
    "stage1.roi.": "## Of a stage: patches",
    "mask.": "## Of the blind mask",
}

#: What is drawn and not typed.
_BY_HAND = {
    "added": "ROI tuning: patches put in on the image",
    "removed": "ROI tuning: patches taken out on the image",
    "source": "Denoise > Noise: *Automatic*, or a mask drawn or loaded",
    "pattern": "Denoise > Noise: the mask as drawn",
}


def page() -> str:
    """Return the text of the page; a QApplication must exist."""
    labels, options = dock_labels(), command_options()
    text = [_HEAD]
    for where, title in _PARTS.items():
        rows = ["| setting | must be | default | in the docks | option |", "|---|---|---|---|---|"]
        for name, value, owner in settings_of(where):
            kind = kind_of(owner, name).replace("|", "\\|")
            cells = (
                f"`{where}{name}`",
                kind,
                _default(where, name, value),
                labels.get(name, ""),
                options.get(name, ""),
            )
            rows.append(f"| {' | '.join(cells)} |")
        text.append("\n".join([title, "", *rows]) + "\n")
    return "\n".join(text)


def settings_of(where: str) -> Iterator[tuple[str, Any, Any]]:
    """Iterate over name, default and owner of the settings in a table of a settings file."""
    owner: Any = Settings()
    for part in where.split(".")[:-1]:
        owner = getattr(owner, part)
    for field in fields(owner):
        value = getattr(owner, field.name)
        if not is_dataclass(value):
            yield field.name, value, owner


def dock_labels() -> dict[str, str]:
    """Return the labels of the docks by the settings that their tooltips name in brackets."""
    from qtpy.QtWidgets import QCheckBox, QLabel, QWidget

    from napari_autostructn2v.widgets.denoise.advanced_form import AdvancedForm
    from napari_autostructn2v.widgets.denoise.options import RunOptions
    from napari_autostructn2v.widgets.roi.section import StageSection

    docks = {
        "Denoise": RunOptions(),
        "Denoise > Advanced": AdvancedForm(),
        "ROI tuning": StageSection("", "#ffffff"),
    }
    found = dict(_BY_HAND)
    for dock, widget in docks.items():
        forms: list[QWidget] = [*widget.findChildren(QLabel), *widget.findChildren(QCheckBox)]
        for label in forms:
            named = re.findall(r"\(([a-z_]+)\)", label.toolTip())
            if label.text() and len(set(named)) == 1:
                found.setdefault(named[0], f"{dock}: *{label.text()}*")
        widget.deleteLater()
    return found


def command_options() -> dict[str, str]:
    """Return the options of ``autostructn2v denoise`` by the settings that they set."""
    names = {"seed": "random_seed", "mask": "path"}
    actions = parsers()[1]["denoise"]._actions
    known = {field.name for field in fields(Settings)} | {"path"}
    return {
        name: f"`{action.option_strings[-1]}`"
        for action in actions
        if action.option_strings and (name := names.get(action.dest, action.dest)) in known
    }


def _default(where: str, name: str, value: Any) -> str:
    said = _shown(value)
    if not where.startswith("stage1."):
        return said
    other: Any = Settings()
    for part in (where.replace("stage1", "stage2") + name).split("."):
        other = getattr(other, part)
    return said if other == value else f"{said}; stage 2: {_shown(other)}"


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if value is None:
        return "none: follows `patch_size`"
    if isinstance(value, tuple):
        return f"`{list(value)}`".replace("'", '"')
    return f'`"{value}"`' if isinstance(value, str) else str(value)


if __name__ == "__main__":
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from qtpy.QtWidgets import QApplication

    application = QApplication([])
    PAGE.write_text(page(), encoding="utf-8")
