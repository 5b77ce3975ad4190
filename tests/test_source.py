"""Rules that the source keeps."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

import napari_autostructn2v

PACKAGE = Path(napari_autostructn2v.__file__).parent


def test_no_timer_outlives_its_widget() -> None:
    """A one-off timer of Qt calls a method of a widget that may be gone by then, which PySide answers by an error."""
    loose = [path.name for path in (PACKAGE / "widgets").rglob("*.py") if "singleShot(" in path.read_text("utf-8")]
    assert loose == []


def test_no_two_classes_have_one_name() -> None:
    names = Counter(
        node.name
        for path in PACKAGE.rglob("*.py")
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.ClassDef)
    )
    assert [name for name, count in names.items() if count > 1] == []


def test_what_is_written_is_whole_or_absent() -> None:
    """Files are written beside their place (`part`, of `atomic_path`) or in a folder that goes again (`own`)."""
    written = {
        (path.name, target)
        for path in PACKAGE.rglob("*.py")
        for target in re.findall(r"(\S+)\.write_(?:text|bytes)\(", path.read_text("utf-8"))
    }
    assert len(written) > 5
    assert sorted((name, target) for name, target in written if target not in ("part", "own")) == []
