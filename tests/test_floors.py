"""The house keeps its floors: a folder imports from floors below its own only, at import time and inside functions."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import napari_autostructn2v

PACKAGE = Path(napari_autostructn2v.__file__).parent

#: From the ground up; rooms on one floor do not know each other.
FLOORS = [
    {"errors", "progress", "stop", "samples"},
    {"disk"},
    {"microscopes"},
    {"files", "settings"},
    {"images"},
    {"roi", "large"},
    {"noise"},
    {"network"},
    {"denoiser"},
    {"pipeline"},
    {"batch"},
    {"cli", "widgets", "reader"},
]
WIDGET_FLOORS = [{"parts", "plots"}, {"work"}, {"image"}, {"canvas"}, {"batch", "denoise", "roi"}]
#: The public face, which hands on names from every floor.
FACE = {"__init__", "__main__"}


def modules() -> dict[str, Path]:
    """Every module of the package by its dotted name below it."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)] = path
    return found


def imports_of(name: str, path: Path) -> set[str]:
    """Modules of the package that a module imports anywhere in it, type checking included."""
    inside = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = inside[: len(inside) - (node.level - 1)]
            target = [*base, *(node.module.split(".") if node.module else [])]
            if target:
                found.add(".".join(target))
            else:
                found.update(alias.name for alias in node.names if not alias.name.startswith("__"))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGE.name):
            found.add((node.module or "").removeprefix(PACKAGE.name).lstrip("."))
        elif isinstance(node, ast.Import):
            whole = [alias.name for alias in node.names if alias.name.startswith(PACKAGE.name)]
            assert not whole, f"{name} imports {whole} by a full name"
    return found


def floor(room: str, floors: list[set[str]]) -> int:
    """The floor that a room is on."""
    for number, rooms in enumerate(floors):
        if room in rooms:
            return number
    raise AssertionError(f"{room} is on no floor: give it one in this test and in docs/architecture.md")


def climbs(floors: list[set[str]], below: str = "") -> list[str]:
    """Imports that do not lead to a lower floor, among the rooms of one folder."""
    depth = len(below.split(".")) if below else 0
    wrong = []
    for name, path in modules().items():
        if not name.startswith(below) or name in FACE or len(name.split(".")) <= depth:
            continue
        room = name.split(".")[depth]
        for target in imports_of(name, path):
            if not target.startswith(below) or len(target.split(".")) <= depth or target in FACE:
                continue
            other = target.split(".")[depth]
            if other != room and floor(other, floors) >= floor(room, floors):
                wrong.append(f"{name} imports {target}")
    return wrong


def test_a_room_imports_from_floors_below_its_own_only():
    assert climbs(FLOORS) == []


def test_the_rooms_of_the_widgets_keep_their_floors():
    assert climbs(WIDGET_FLOORS, "widgets") == []


def test_no_two_modules_of_a_room_import_each_other():
    known = modules()
    graph = {name: {target for target in imports_of(name, path) if target in known} for name, path in known.items()}

    def reached(start: str) -> set[str]:
        seen: set[str] = set()
        left = list(graph[start])
        while left:
            name = left.pop()
            if name not in seen:
                seen.add(name)
                left += graph[name]
        return seen

    assert [name for name in graph if name not in FACE and name in reached(name)] == []


@pytest.mark.parametrize("name", sorted(name for name in modules() if not name.startswith("widgets")))
def test_only_widgets_know_of_windows(name):
    known: set[str] = set()
    for node in ast.walk(ast.parse(modules()[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            known.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            known.add(node.module or "")
    assert not {module.split(".")[0] for module in known} & {"napari", "qtpy", "magicgui", "superqt", "pyqtgraph"}


def test_folders_reach_into_each_other_by_what_they_hand_on_only():
    reaching = []
    for name, path in modules().items():
        here = name.split(".")
        for target in imports_of(name, path):
            there = target.split(".")
            is_file = (PACKAGE / Path(*there)).with_suffix(".py").exists() and len(there) > 1
            if is_file and there[:-1] != (here if path.name == "__init__.py" else here[:-1]):
                reaching.append(f"{name} imports {target}")
    assert reaching == []
