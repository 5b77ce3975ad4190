"""What people rely on before any image is open: names, manifest, metadata, and an import that costs nothing."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
import tomllib
from importlib import metadata, resources
from pathlib import Path

import pytest
import yaml
from npe2 import PluginManifest

import napari_autostructn2v
import napari_autostructn2v.settings

DIST = "napari-autostructn2v"
ROOT = Path(__file__).parents[1]
in_checkout = pytest.mark.skipif(not (ROOT / "pyproject.toml").is_file(), reason="needs the project's own files")


@pytest.fixture(scope="module")
def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def manifest() -> PluginManifest:
    return PluginManifest.from_distribution(DIST)


def loaded_by(statement: str) -> set[str]:
    """Return the top-level packages that a fresh Python has loaded after a statement."""
    code = f"{statement}\nimport sys\nprint(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_import_is_light():
    heavy = {"torch", "napari", "qtpy", "PyQt6", "skimage", "scipy", "numpy"}
    assert not heavy & loaded_by("import napari_autostructn2v")


def test_settings_roi_and_noise_leave_torch_and_qt_unimported():
    statement = "from napari_autostructn2v import Settings, select_patches, choose_mask"
    assert not {"torch", "napari", "qtpy"} & loaded_by(statement)


def test_what_the_docks_import_leaves_slow_packages_alone():
    """They made a dock open two seconds later."""
    rooms = "files, images, roi, large, noise, denoiser, pipeline, batch"
    slow = {"torch", "skimage", "imageio", "scipy.signal", "scipy.stats", "scipy.optimize", "zarr"}
    code = f"from napari_autostructn2v import {rooms}\nimport sys\nprint({slow} & {{*sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize("name", napari_autostructn2v.__all__)
def test_every_public_name_is_there(name):
    assert getattr(napari_autostructn2v, name) is not None
    assert name in dir(napari_autostructn2v)


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'denoize'"):
        napari_autostructn2v.denoize  # noqa: B018
    with pytest.raises(ImportError):
        from napari_autostructn2v import denoize  # noqa: F401


def test_manifest_is_named_after_the_distribution(manifest):
    assert manifest.name == DIST
    assert {widget.display_name for widget in manifest.contributions.widgets} == {"ROI tuning", "Denoise", "Batch"}
    assert len(manifest.contributions.sample_data) >= 2
    assert {"napari/layers/filter", "napari/layers/annotate"} <= set(manifest.contributions.menus)


def test_everything_in_the_manifest_is_there(manifest):
    contributions = manifest.contributions
    commands = {command.id: command.python_name.split(":") for command in contributions.commands}
    for module, name in commands.values():
        assert callable(getattr(importlib.import_module(module), name, None)), f"{module} has no {name}"
    menus = [item.command for items in contributions.menus.values() for item in items]
    kinds = (*contributions.widgets, *contributions.sample_data, *contributions.readers)
    offered = [item.command for item in kinds] + menus
    assert set(offered) == set(commands)


def test_npe2_finds_nothing_wrong_with_the_manifest(manifest):
    """All names can be imported, all menus and commands are known, and nothing is written in an old way."""
    manifest.validate_imports()
    source = resources.files("napari_autostructn2v").joinpath("napari.yaml").read_text(encoding="utf-8")
    known = yaml.safe_load(source)
    assert PluginManifest(**known).contributions == manifest.contributions
    unknown = set(known) - set(PluginManifest.model_fields)
    unknown |= set(known["contributions"]) - set(type(manifest.contributions).model_fields)
    assert not unknown, "npe2 passes over what it does not know"


def test_command_line_is_installed():
    (entry,) = metadata.entry_points(group="console_scripts", name="autostructn2v")
    assert callable(entry.load())


@in_checkout
def test_top_level_manifest_is_a_plain_file_equal_to_the_shipped_one():
    """A link would be a text with a path in it after a checkout on Windows."""
    top = ROOT / "napari.yaml"
    assert not top.is_symlink()
    assert top.read_text(encoding="utf-8") == (ROOT / "src/napari_autostructn2v/napari.yaml").read_text(
        encoding="utf-8"
    )


def test_icon_of_the_manifest_is_shipped(manifest):
    package, name = manifest.icon.split(":")
    assert resources.files(package).joinpath(name).read_text(encoding="utf-8").startswith("<svg")


@in_checkout
def test_conda_recipe_needs_what_the_package_needs(project):
    recipe = yaml.safe_load((ROOT / "recipe" / "recipe.yaml").read_text(encoding="utf-8"))
    assert recipe["context"]["version"] == project["version"]
    assert recipe["context"]["python_min"] == project["requires-python"].removeprefix(">=")
    (entry,) = recipe["build"]["python"]["entry_points"]
    assert entry.split(" = ") == list(*project["scripts"].items())
    needed = {requirement.replace(" ", "") for requirement in recipe["requirements"]["run"]} - {
        "python>=${{python_min}}"
    }
    assert needed == {re.sub(r"^torch\b", "pytorch", requirement) for requirement in project["dependencies"]}
    build_system = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]["requires"]
    assert set(build_system) <= set(recipe["requirements"]["host"])


@in_checkout
def test_citations_are_complete_and_hold_what_the_readme_cites():
    text = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    citation = yaml.safe_load(text)
    assert citation["references"]
    for reference in citation["references"]:
        assert reference["authors"], reference["title"]
        assert {"doi", "url", "repository-code"} & set(reference), reference["title"]
    cited = re.findall(r"https://doi.org/([^)\s]+)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert cited
    assert set(cited) <= {reference.get("doi") for reference in citation["references"]}


@in_checkout
def test_base_dependencies_leave_qt_and_versions_to_the_user(project):
    for requirement in project["dependencies"]:
        name, rest = re.fullmatch(r"([\w.-]+)(.*)", requirement).groups()
        assert name.lower() not in {"pyqt5", "pyqt6", "pyside2", "pyside6"}
        assert not re.search(r"\[|<|==|~=", rest), f"{requirement} takes a choice from the user"
    assert "napari[all]" in project["optional-dependencies"]["all"]


@in_checkout
def test_one_version_everywhere(project):
    version = project["version"]
    assert metadata.version(DIST) == version == napari_autostructn2v.__version__
    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"version: {version}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")


@in_checkout
def test_architecture_lists_every_folder_and_no_other():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"(?m)^\| `([\w/]+)/` \|", text))
    package = ROOT / "src" / "napari_autostructn2v"
    assert listed == {str(path.parent.relative_to(package)) for path in package.rglob("__init__.py")} - {"."}


@in_checkout
def test_readme_shows_pictures_and_commands_that_exist():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", readme) if "://" not in link]
    commands = re.findall(r"(?m)^(scripts/\w+)", readme)
    assert links
    assert commands
    for path in links + commands:
        assert (ROOT / path).exists(), f"README.md names {path}"


@in_checkout
def test_readme_python_example_runs(tmp_path, monkeypatch):
    """The README's Python example runs as it stands, with a training of one epoch instead of a full one."""
    from napari_autostructn2v.samples import scan_lines

    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"(?s)```python\n(.*?)```", readme)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(napari_autostructn2v.settings.PRESET_EPOCHS, "balanced", 1)
    image = scan_lines((128, 128))
    napari_autostructn2v.write_image("cells.tif", image)
    names: dict = {}
    exec(example, names)
    assert names["result"].denoised.shape == image.shape
    assert names["result"].denoised.dtype == image.dtype
    assert (tmp_path / "cells.safetensors").stat().st_size > 0
