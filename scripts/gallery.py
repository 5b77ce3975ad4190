"""Run the examples in docs/examples and write their pages: text, code, what it prints and the picture that it draws.

    .venv/bin/python scripts/gallery.py                      all of them, a few minutes
    .venv/bin/python scripts/gallery.py movie error_map      these; the other pages get their text and code anew

An example is a Python file whose docstring is the title and the introduction. Comments below a line ``# %%`` are text,
and ``plt.show()`` at the end shows its one figure.
"""

from __future__ import annotations

import ast
import contextlib
import io
import os
import re
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "examples"

#: From the first steps to special wishes.
ORDER = ("one_image", "noise_and_mask", "mask_by_hand", "movie", "error_map", "folder", "exported_model", "brightness")

#: Colours that a picture is kept with, which halves its size.
_COLOURS = 256

_INDEX = """# Examples

Short scripts to run and to change. Each page has its code, what it prints, the picture that it draws, and the file to
download. They need `pip install matplotlib` beside the package. Each takes less than a minute on two cores, and no
image of your own: the images are samples that come with the package.

<div class="grid cards" markdown>

{cards}

</div>
"""


def split(source: str) -> tuple[str, str, list[tuple[str, str]]]:
    """Return the title, the introduction, and text with code for each part of an example."""
    title, _, said = (ast.get_docstring(ast.parse(source)) or "").partition("\n")
    code = source.split('"""', 2)[2]
    parts = []
    for number, part in enumerate(re.split(r"(?m)^# %%\n", code)):
        comment = re.match(r"(?:# ?.*\n)*", part)[0] if number else ""
        text = re.sub(r"(?m)^# ?", "", comment)
        parts.append((text.strip(), part[len(comment) :].strip()))
    return title, said.strip(), parts


def page(name: str, source: str, printed: str) -> str:
    """Return the page of an example."""
    title, said, parts = split(source)
    text = [f"# {title}", said]
    for above, code in parts:
        text += [above, f"```python\n{code}\n```"] if above else [f"```python\n{code}\n```"]
    if printed:
        text += [f"It prints:\n\n```text\n{printed.strip()}\n```"]
    text += [f"![{title}: the picture that this example draws]({name}.png)", f"Download [{name}.py]({name}.py)."]
    return "\n\n".join(text) + "\n"


def index() -> str:
    """Return the page that shows all examples."""
    cards = []
    for name in ORDER:
        title, said, _ = split((FOLDER / f"{name}.py").read_text(encoding="utf-8"))
        first = re.match(r".*?[.:](?=\s|$)", said, re.S)[0].replace("\n", " ").rstrip(":.")
        cards.append(f"-   [![{title}]({name}.png)]({name}.md)\n\n    **[{title}]({name}.md)**\n\n    {first}.")
    return _INDEX.format(cards="\n\n".join(cards))


def run(name: str, picture: Path | None = None) -> str:
    """Run an example in a folder of its own, save its figure, and return what it printed.

    Raises
    ------
    RuntimeError
        If it does not show one figure.
    """
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    path = FOLDER / f"{name}.py"
    plt.close("all")
    shown: list[int] = []
    show, plt.show = plt.show, lambda: shown.extend(plt.get_fignums())
    printed = io.StringIO()
    try:
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder), contextlib.redirect_stdout(printed):
            exec(compile(path.read_text(encoding="utf-8"), path, "exec"), {"__name__": "__main__"})
        if len(shown) != 1:
            raise RuntimeError(f"{name}.py shows {len(shown)} figures instead of one.")
        if picture is not None:
            plt.gcf().savefig(picture, dpi=80)
            _shrink(picture)
    finally:
        plt.show = show
        plt.close("all")
    return printed.getvalue()


def _shrink(picture: Path) -> None:
    from PIL import Image

    image = Image.open(picture).convert("RGB")
    image.quantize(_COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(picture, optimize=True)


def printed_on(text: str) -> str:
    """Return what an example printed when its page was written."""
    found = re.search(r"(?s)\nIt prints:\n\n```text\n(.*?)\n```\n", text)
    return found[1] if found else ""


def main(names: list[str]) -> None:
    for name in ORDER:
        file = FOLDER / f"{name}.md"
        if not names or name in names:
            printed = run(name, FOLDER / f"{name}.png")
            print(f"{name}: {(FOLDER / f'{name}.png').stat().st_size / 1e3:.0f} kB\n{printed}", flush=True)
        else:
            printed = printed_on(file.read_text(encoding="utf-8"))
        file.write_text(page(name, (FOLDER / f"{name}.py").read_text(encoding="utf-8"), printed), encoding="utf-8")
    (FOLDER / "index.md").write_text(index(), encoding="utf-8")


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main(sys.argv[1:])
