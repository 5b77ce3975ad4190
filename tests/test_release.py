"""A release is refused while anything of it is made up or disagrees."""

from __future__ import annotations

import hashlib
import importlib.util
import re
import shutil
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "scripts" / "check_release.py"

pytestmark = pytest.mark.skipif(not SCRIPT.is_file(), reason="needs the project's own files")


def script(path: Path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def check():
    return script(SCRIPT)


@pytest.fixture
def project(tmp_path: Path, check) -> Path:
    """The files that are looked at, with a dated changelog."""
    for name in (*check.ADDRESSED, "CHANGELOG.md"):
        if (ROOT / name).exists():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tmp_path / name)
    change(tmp_path / "CHANGELOG.md", r"(?m)^## ([\d.]+).*$", r"## \1 (2030-01-31)", count=1)
    return tmp_path


def change(path: Path, old: str, new: str, count: int = 0) -> None:
    text, done = re.subn(old, new, path.read_text(encoding="utf-8"), count=count)
    assert done
    path.write_text(text, encoding="utf-8")


def version(project: Path) -> str:
    return re.search(r'(?m)^version = "(.*)"', (project / "pyproject.toml").read_text(encoding="utf-8"))[1]


HERE = "napari-autostructn2v/napari-autostructn2v"


def test_a_project_that_agrees_with_itself_can_be_released(check, project) -> None:
    assert check.in_the_way(project, f"v{version(project)}", HERE) == []


def test_a_wrong_tag_and_an_open_changelog_are_named(check, project) -> None:
    change(project / "CHANGELOG.md", r"\(2030-01-31\)", "(not yet released)")
    assert check.in_the_way(project, "v9", HERE) == [
        f"The tag is v9, but pyproject.toml says {version(project)}.",
        f"CHANGELOG.md has no heading '## {version(project)} (YYYY-MM-DD)'.",
    ]


@pytest.mark.parametrize("name", ["CITATION.cff", "recipe/recipe.yaml"])
def test_a_version_that_was_forgotten_is_named(check, project, name) -> None:
    change(project / name, re.escape(version(project)), "0.0.9")
    assert check.in_the_way(project, f"v{version(project)}", HERE) == [
        f"{name} does not say version {version(project)}."
    ]


def test_addresses_of_another_place_are_named(check, project) -> None:
    sentences = check.in_the_way(project, f"v{version(project)}", "lab/napari-autostructn2v")
    assert {sentence.split()[0] for sentence in sentences} >= {"pyproject.toml", "mkdocs.yml", "README.md"}
    for path in project.rglob("*"):
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            text = text.replace(HERE, "lab/napari-autostructn2v")
            path.write_text(text.replace("napari-autostructn2v.github.io", "lab.github.io"), encoding="utf-8")
    assert check.in_the_way(project, f"v{version(project)}", "lab/napari-autostructn2v") == []


def test_the_conda_recipe_gets_the_hash_of_what_was_built(tmp_path: Path) -> None:
    fill = script(ROOT / "scripts" / "fill_recipe.py")
    recipe = (ROOT / "recipe" / "recipe.yaml").read_text(encoding="utf-8")
    sdist = tmp_path / f"napari_autostructn2v-{version(ROOT)}.tar.gz"
    sdist.write_bytes(b"a source distribution")
    before, after = yaml.safe_load(recipe), yaml.safe_load(fill.filled(recipe, sdist))
    assert after["source"].pop("sha256") == hashlib.sha256(b"a source distribution").hexdigest()
    assert before["source"].pop("sha256") == "0" * 64
    assert after == before
    address = before["source"]["url"].replace("${{ name }}", "napari-autostructn2v")
    assert address.replace("${{ version }}", version(ROOT)).endswith(f"/n/napari-autostructn2v/{sdist.name}")


def test_the_hash_of_another_version_is_refused(tmp_path: Path) -> None:
    fill = script(ROOT / "scripts" / "fill_recipe.py")
    recipe = (ROOT / "recipe" / "recipe.yaml").read_text(encoding="utf-8")
    other = tmp_path / "napari_autostructn2v-0.0.9.tar.gz"
    other.touch()
    with pytest.raises(ValueError, match="not of the version"):
        fill.filled(recipe, other)
