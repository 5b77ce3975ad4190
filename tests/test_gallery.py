"""The examples of the documentation run as they stand, and their pages show their code and their picture."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from napari_autostructn2v import samples, settings

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "scripts" / "gallery.py"

pytestmark = pytest.mark.skipif(not SCRIPT.is_file(), reason="needs the project's own files")

EXAMPLES = sorted(path.stem for path in (ROOT / "docs" / "examples").glob("*.py"))


@pytest.fixture(scope="module")
def gallery():
    spec = importlib.util.spec_from_file_location("gallery", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_runs_and_draws(name: str, gallery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With trainings of one epoch, and a smaller movie."""
    monkeypatch.setitem(settings.PRESET_EPOCHS, "fast", 1)
    monkeypatch.setattr(samples, "dividing_nuclei", lambda movie=samples.dividing_nuclei: movie()[:, :96, :96])
    printed = gallery.run(name, tmp_path / "picture.png")
    assert (tmp_path / "picture.png").stat().st_size > 5_000
    assert printed or name == "folder"


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_page_shows_its_example_and_its_picture(name: str, gallery) -> None:
    """`scripts/gallery.py` writes it anew."""
    shown = (gallery.FOLDER / f"{name}.md").read_text(encoding="utf-8")
    source = (gallery.FOLDER / f"{name}.py").read_text(encoding="utf-8")
    assert shown == gallery.page(name, source, gallery.printed_on(shown))
    assert (gallery.FOLDER / f"{name}.png").is_file()


def test_the_gallery_shows_all_examples_and_loads_in_a_moment(gallery) -> None:
    assert sorted(gallery.ORDER) == EXAMPLES
    assert (gallery.FOLDER / "index.md").read_text(encoding="utf-8") == gallery.index()
    assert sum(path.stat().st_size for path in gallery.FOLDER.glob("*.png")) < 1_500_000


def test_the_code_of_a_page_is_that_of_its_file(gallery) -> None:
    """Nothing of an example is left out of its page."""
    source = (gallery.FOLDER / "folder.py").read_text(encoding="utf-8")
    page = gallery.page("folder", source, "said\n")
    shown = "".join(re.findall(r"(?s)```python\n(.*?)```", page))
    code = source.split('"""', 2)[2]
    wanted = [line for line in code.splitlines() if line.strip() and not re.match(r"# %%|# [A-Z]|# itself", line)]
    assert [line for line in shown.splitlines() if line.strip()] == wanted


def test_a_small_picture_has_the_colours_of_the_large_one(gallery, tmp_path: Path) -> None:
    """Grey values beside those of a colour map stay grey: few colours that are shared out badly turn some to orange."""
    import matplotlib
    import numpy as np
    from PIL import Image

    levels = np.linspace(0, 1, 256)
    colours = [matplotlib.colormaps[name](levels, bytes=True)[:, :3] for name in ("gray", "magma")]
    frequent = np.concatenate(
        [np.repeat(c, 1 + np.arange(256)[::-1] // 4, axis=0) for c in colours]
    )  # few bright pixels
    drawn = np.stack([frequent] * 8)
    Image.fromarray(drawn).save(tmp_path / "picture.png")
    gallery._shrink(tmp_path / "picture.png")
    kept = np.asarray(Image.open(tmp_path / "picture.png").convert("RGB"))
    assert np.abs(kept.astype(int) - drawn).max() < 16
