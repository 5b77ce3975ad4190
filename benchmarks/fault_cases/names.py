"""Names of files and places, links, things that are no files, and options that lead to the wrong ones."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from .case import IMAGE, Case, held
from .zarrs import movie

GROUP = "names and places"
MODEL = Path(__file__).parents[2] / "tests" / "data" / "model-0.1.0.safetensors"


def image(name: str = "a.tif") -> None:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        tifffile.imwrite(file, IMAGE, photometric="minisblack")


def bound() -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind("x.tif")


def all_kinds() -> None:
    """An image, a movie, and all that a command can read, some under second names."""
    from napari_autostructn2v.settings import MaskSettings, Settings

    image("a.tif")
    image("b.tif")
    movie()
    np.save("mask.npy", np.ones((1, 3)))
    Settings(mask=MaskSettings(source="file", path="mask.npy")).save("tuned.toml")
    os.link("a.tif", "hard.tif")
    os.symlink("a.tif", "soft.tif")
    Path("old.safetensors").write_bytes(MODEL.read_bytes())


def linked(name: str) -> Callable[[], None]:
    def prepare() -> None:
        all_kinds()
        Path("precious").mkdir()
        Path("precious/data").write_text("precious")
        Path("out").mkdir()
        os.symlink(os.path.abspath("precious"), f"out/{name}")

    return prepare


def cases() -> Iterator[Case]:
    def case(name: str, act: list[str], prepare: Callable[[], Any], expected: str = "refused", **more: Any) -> Case:
        return Case(GROUP, name, act, prepare, expected, **more)

    names = (
        "two words.tif", "Zellen ü.tif", "細胞.tif", "[a]*.tif", "a'b\"c.tif", "a\nb.tif", "a\tb.tif", "$HOME.tif",
        "a;b.tif",
        "A.TIF", "a.tiff", "a.b.c.tif", ".tif", ".hidden.tif", "a..tif", "%s.tif", "{a}.tif", "~.tif",
        "a" * 200 + ".tif",
        "deep/er/a.tif", "🔬.tif", "\u202ea.tif", "CON.tif", "a .tif", "a.tif ", "-a.tif",
    )  # fmt: skip
    for name in names:
        given = f"./{name}" if name.startswith("-") else name
        yield case(f"named {name[:20]!r}", ["denoise", given, "-o", "out"], lambda name=name: image(name), "ok")
        yield case(
            f"in a folder: {name[:20]!r}",
            ["denoise", f"./{name}x", "-o", "o"],
            lambda n=name: image(f"{n}x/y.tif"),
            "ok",
        )
    for name in (
        "a" * 300 + ".tif",
        "",
        " ",
        "a\0b.tif",
        "/",
        ".",
        "..",
        "gone.tif",
        "gone/a.tif",
        "a.tif/b.tif",
        "~nobody/a",
    ):
        yield case(
            f"input {name[:20]!r}", ["denoise", name, "-o", "out"], image, "either" if name == "." else "refused"
        )
    for name in ("a.tif", "a.tif/out", "/proc/out", "/dev/null/out", "a" * 300, "a\0b"):
        yield case(f"output {name[:20]!r}", ["denoise", "a.tif", "-o", name], image)
    yield case("no output name", ["denoise", "a.tif", "-o", ""], image, "either")
    for name, make in {
        "pipe": lambda: os.mkfifo("x.tif"),
        "socket": bound,
        "device": lambda: os.symlink("/dev/zero", "x.tif"),
        "dangling link": lambda: os.symlink("gone", "x.tif"),
        "link to itself": lambda: os.symlink("x.tif", "x.tif"),
        "folder": lambda: os.mkdir("x.tif"),
        "/proc/self/mem": lambda: os.symlink("/proc/self/mem", "x.tif"),
    }.items():
        yield case(f"{name} as image", ["denoise", "x.tif", "-o", "out"], make)
        for command in ("roi", "info", "methods"):
            yield case(f"{name} for {command}", [command, "x.tif"], make)
        for option in ("--settings", "--mask"):

            def both(make: Callable[[], Any] = make) -> None:
                image()
                make()

            yield case(f"{name} as {option}", ["denoise", "a.tif", "-o", "out", option, "x.tif"], both)
        yield case(f"{name} as model", ["predict", "a.tif", "-o", "out", "--model", "x.tif"], both)

        def log(make: Callable[[], Any] = make) -> None:
            image()
            make()

        expected = "either" if name == "dangling link" else "refused"
        yield case(f"{name} as log", ["denoise", "a.tif", "-o", "out", "--log", "x.tif"], log, expected)
    for option in ("--save-model", "--log"):
        for name in (
            "a.tif",
            "hard.tif",
            "soft.tif",
            "tuned.toml",
            "mask.npy",
            "m.zarr/x",
            "out/a_denoised.tif",
            "b.tif",
        ):
            act = ["denoise", "a.tif", "m.zarr", "--one-model", "-o", "out", "--settings", "tuned.toml", "--overwrite"]
            yield case(f"{option} {name}", [*act, option, name], all_kinds)
    act = ["predict", "a.tif", "-o", "out", "--model", "old.safetensors", "--overwrite", "--log"]
    for name in ("old.safetensors", "a.tif", "m.zarr/zarr.json"):
        yield case(f"predict --log {name}", [*act, name], all_kinds, "either" if name.startswith("m") else "refused")
    yield case("result over an input", ["denoise", "x.tif", "x_denoised.tif", "-o", ".", "--overwrite"],
               lambda: (image("x.tif"), image("x_denoised.tif")),
               may_change=("x_denoised_denoised.tif",))  # fmt: skip
    yield case("result there already", ["denoise", "a.tif", "-o", "."], lambda: (image(), image("a_denoised.tif")))
    replaced = ("a_denoised.tif",)
    yield case("result replaced", ["denoise", "a.tif", "-o", ".", "--overwrite"],
               lambda: (image(), image("a_denoised.tif")), "ok", may_change=replaced)  # fmt: skip
    for name in ("scan_lines.tif", "before_after.png", "scan_lines_denoised.tif"):
        yield case(f"demo over {name}", ["demo", "-o", "."], lambda name=name: image(name))
    for name in (".m_denoised.zarr.part", ".model.part"):
        more = ["--one-model"] if "model" in name else []
        yield case(f"{name} is a link", ["denoise", "m.zarr", "-o", "out", *more], linked(name))
    for pattern in ("/tmp/*.tif", "../*.tif", "", "**x", "[", "*.none", "a\0"):
        yield case(f"--pattern {pattern!r}", ["denoise", ".", "-o", "out", "--pattern", pattern], image)
    for odd in (["--seed", "x"], ["--seed", "-1"], ["--stages", "9"], ["--preset", "slow"], ["--device", "abacus"],
                ["--device", "cuda:99"], ["--channels", "all"], ["--nonsense"], ["--train-on", "a.tif", "--one-model"],
                ["--train-on", "gone.tif"], ["--scheduler", "nowhere"], ["--settings", ""],
                ["--mask", ""]):  # fmt: skip
        yield case(" ".join(odd), ["denoise", "a.tif", "-o", "out", *odd], image, "either")
    yield case("two inputs of one name", ["denoise", "x/a.tif", "y/a.tif", "-o", "out"],
               lambda: (image("x/a.tif"), image("y/a.tif")), "ok", check=held("out/a_2_denoised.tif"))  # fmt: skip
