"""The documentation holds what it shows: code runs, commands exist, links lead somewhere, and no page is lost."""

from __future__ import annotations

import argparse
import dataclasses
import importlib.util
import re
import shlex
import shutil
from collections.abc import Iterator
from glob import glob
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

import napari_autostructn2v
from napari_autostructn2v import Settings, read_image, write_image
from napari_autostructn2v.cli import main
from napari_autostructn2v.cli.options import parsers
from napari_autostructn2v.roi import criteria
from napari_autostructn2v.samples import scan_lines

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md"))

pytestmark = pytest.mark.skipif(not (ROOT / "mkdocs.yml").is_file(), reason="needs the project's own files")


def blocks(text: str, language: str) -> list[str]:
    """Code blocks of one language, also those in lists."""
    found = re.findall(rf"(?sm)^( *)```{language}\n(.*?)^ *```", text)
    return [re.sub(rf"(?m)^{indent}", "", block) for indent, block in found]


def read(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


@pytest.fixture
def at_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files that pages speak of, and trainings of one epoch."""
    import zarr

    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(napari_autostructn2v.settings.PRESET_EPOCHS, "balanced", 1)
    monkeypatch.setitem(napari_autostructn2v.settings.PRESET_EPOCHS, "fast", 1)
    monkeypatch.setattr(criteria, "_registered", dict(criteria._registered))
    image = scan_lines((128, 128))
    write_image("cells.tif", image)
    shutil.copy(ROOT / "tests" / "data" / "model-0.1.0.safetensors", "cells.safetensors")
    zarr.save("movie.zarr", np.stack([image] * 11))
    Settings().save("tuned.toml")
    (tmp_path / "suite2p" / "plane0").mkdir(parents=True)
    np.stack([image] * 3).astype(np.int16).tofile("suite2p/plane0/data.bin")
    return tmp_path


@pytest.mark.parametrize(
    "page", [page for page in PAGES if "```python" in read(page) and not page.startswith("examples")]
)
def test_python_examples_run(page: str, at_hand: Path) -> None:
    """Those of the gallery run in test_gallery.py."""
    names: dict[str, Any] = {}
    for block in blocks(read(page), "python"):
        exec(block, names)


@pytest.mark.parametrize("page", [page for page in PAGES if "```toml" in read(page)])
def test_settings_files_are_read(page: str) -> None:
    for block in blocks(read(page), "toml"):
        assert Settings.from_toml(block) != Settings()


def commands(text: str) -> Iterator[list[str]]:
    """The commands of this program in the shell examples of a page."""
    for block in blocks(text, "sh"):
        for line in block.replace("\\\n", " ").splitlines():
            if line.startswith("autostructn2v "):
                yield shlex.split(line.partition(" > ")[0], comments=True)[1:]


@pytest.mark.parametrize("page", [*PAGES, "../README.md"])
def test_commands_are_understood(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: argparse.ArgumentParser, message: str) -> None:
        raise AssertionError(message)

    monkeypatch.setattr(argparse.ArgumentParser, "error", refuse)
    for given in commands(read(page)):
        parsers()[1][given[0]].parse_intermixed_args(given[1:])


@pytest.mark.parametrize("page", [page for page in [*PAGES, "../README.md"] if any(commands(read(page)))])
def test_commands_do_what_the_page_says(page: str, at_hand: Path) -> None:
    """One after the other, as somebody types them who follows the page; those for a cluster aside."""
    image = read_image("cells.tif")[:64, :64]  # trained in a moment
    Settings.from_preset("fast").save("tuned.toml")
    for name in ("cells.tif", "next/a.tif", "more/b.tif"):
        write_image(name, image)
    for name in ("movies/c.tif", "registered.tif", "registered_day2.tif"):
        write_image(name, np.stack([image, image[::-1], image[:, ::-1]]))
    for block in blocks(read(page), "sh"):
        for code in re.findall(r"(?s)python - <<'PY'\n(.*?)^PY$|python -c \"(.*?)\"$", block, flags=re.M):
            exec("".join(code), {})
        for given in commands(f"```sh\n{block}```"):
            if "--scheduler" in given:
                continue
            if "--save-model" in given:
                Path(given[given.index("--save-model") + 1]).unlink(missing_ok=True)
            typed = [name for word in given for name in (sorted(glob(word)) if "/*" in word else [word])]
            assert main(typed) == 0, typed


@pytest.mark.parametrize("page", PAGES)
def test_links_and_pictures_lead_somewhere(page: str) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", read(page)):
        if "://" not in link and not link.startswith("#"):
            assert (DOCS / page).parent.joinpath(link.partition("#")[0]).exists(), link


@pytest.mark.parametrize("page", PAGES)
def test_code_in_a_list_belongs_to_it_on_the_site(page: str) -> None:
    """Markdown of the site wants four spaces; with fewer the list ends, and its numbers begin anew."""
    assert re.findall(r"(?m)^ {1,3}```.*", read(page)) == []


def test_every_setting_is_on_a_page() -> None:
    names = {
        field.name
        for part in (Settings(), Settings().stage1, Settings().stage1.roi, Settings().mask)
        for field in dataclasses.fields(part)
    }
    said = set(re.findall(r"`(?:\w+\.)*(\w+)`", "".join(map(read, PAGES))))
    assert sorted(names - said - {"stage1", "stage2", "roi", "mask"}) == []


def test_every_page_is_in_the_navigation() -> None:
    def pages(entry: Any) -> Iterator[str]:
        if isinstance(entry, str):
            yield entry
        else:
            for value in entry.values() if isinstance(entry, dict) else entry:
                yield from pages(value)

    config = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    assert sorted(pages(config["nav"])) == PAGES


def test_every_public_name_is_in_the_reference() -> None:
    # A function with the name of its module is named by the whole way to it, or the module would be described.
    listed = re.findall(r"(?m)^::: napari_autostructn2v\.(?:[\w.]+\.)?(\w+)$", read("reference/api.md"))
    assert sorted(listed) == sorted(set(napari_autostructn2v.__all__) - {"__version__"})


def test_pages_hold_what_is_written_elsewhere() -> None:
    spec = importlib.util.spec_from_file_location("docs_hooks", ROOT / "scripts" / "docs_hooks.py")
    assert spec is not None
    assert spec.loader is not None
    hooks = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(hooks)
    built = "".join(hooks.on_page_markdown(read(page)) for page in PAGES)
    assert all(f"### autostructn2v {name}\n" in built for name in parsers()[1])
    assert "--until-idle SECONDS" in built
    assert "## 0.1.0" in built
