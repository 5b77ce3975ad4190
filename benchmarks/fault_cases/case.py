"""One case: what is prepared in an empty folder, what is done there, and how that ends."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import signal
import tempfile
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np

#: Seconds after which something hangs.
SECONDS = 30

GOOD = ("ok", "refused")
ENDINGS = (*GOOD, "lost", "wrong", "hang", "foreign")

RNG = np.random.default_rng(0)
IMAGE = RNG.integers(100, 4000, (48, 40)).astype(np.uint16)
MOVIE = RNG.integers(100, 4000, (4, 48, 40)).astype(np.uint16)


@dataclass(frozen=True)
class Case:
    """`act` is a command line or a function; `check` raises AssertionError if a successful one went wrong."""

    group: str
    name: str
    act: list[str] | Callable[[], Any]
    prepare: Callable[[], Any] = lambda: None
    expected: str = "refused"  # or "ok", or "either"
    check: Callable[[], Any] = lambda: None
    may_change: tuple[str, ...] = ()
    trains: bool = False  # for real, and not by a stand-in
    slow: bool = False  # may take six times as long, and is left out of the tests


class Hang(BaseException):
    """The time is over."""


def ending(case: Case) -> tuple[str, str]:
    """Run a case in a folder of its own; returns how it ended and what was said."""
    home = os.getcwd()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        os.mkdir(os.path.join(folder, "here"))  # so that the folder above is the case's own as well
        os.chdir(os.path.join(folder, "here"))
        try:
            case.prepare()
            before = contents()
            how, said = _ended(case)
            after = contents()
            gone = [n for n in before if n not in case.may_change and after.get(n) != before[n]]
            if gone:
                return "lost", f"{', '.join(gone)}; {said}"
            parts = [n for n in after if n not in before and ".part" in n]
            if how in GOOD and parts and case.group != "interruptions":
                return "wrong", f"left {parts}; {said}"
            return how, said
        finally:
            os.chdir(home)


def _ended(case: Case) -> tuple[str, str]:
    from napari_autostructn2v.errors import InputError

    out, err = io.StringIO(), io.StringIO()
    try:
        with _alarm(case), _stand_in(case), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if callable(case.act):
                case.act()
                code: Any = 0
            else:
                from napari_autostructn2v.cli import main

                with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                    try:
                        code = main(case.act)
                    except SystemExit as end:
                        code = end.code
    except Hang:
        return "hang", f"after {SECONDS} s"
    except InputError as error:
        said = str(error)
        if not said.rstrip().rstrip(")").endswith((".", "?", "!")):
            return "foreign", f"no sentence: {said}"
        return ("wrong", f"refused: {said}") if case.expected == "ok" else ("refused", said)
    except Exception as error:
        return "foreign", f"{type(error).__name__}: {error}"
    said = err.getvalue().strip() or out.getvalue().strip()[:200]
    if "Traceback" in said or "unexpected error" in said:
        return "foreign", said
    if code:
        if not err.getvalue().strip():
            return "foreign", f"exit code {code} without a word"
        return ("wrong", f"refused: {said}") if case.expected == "ok" else ("refused", said)
    if case.expected == "refused":
        return "wrong", f"was done: {said}"
    try:
        case.check()
    except Exception as error:
        return "wrong", f"{type(error).__name__}: {error}; {said}"
    return "ok", said


def contents() -> dict[str, str]:
    """All files below the current folder, links and other things by what they are."""
    found = {}
    for here, folders, names in os.walk("."):
        for name in [*names, *folders]:
            path = Path(here, name)
            key = path.as_posix()
            if path.is_symlink():
                found[key] = f"link to {os.readlink(path)}"
            elif path.is_file():
                found[key] = hashlib.sha256(path.read_bytes()).hexdigest()
            elif not path.is_dir():
                found[key] = "something else"
    return found


@contextlib.contextmanager
def _alarm(case: Case) -> Iterator[None]:
    def ring(*_: Any) -> None:
        raise Hang

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(6 * SECONDS if case.slow else SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def _stand_in(case: Case) -> Iterator[None]:
    """Let a training only halve the image: most cases are about what is around it."""
    from napari_autostructn2v import pipeline
    from napari_autostructn2v.batch import file_job
    from napari_autostructn2v.images import check_image

    def halved(image: Any, *_: Any, **__: Any) -> Any:
        image = check_image(image)
        mask = SimpleNamespace(pattern=np.ones((1, 1), bool), is_structured=False, reason="")
        report = SimpleNamespace(verdict="", messages=(), stopped=False)
        half = (image / 2).astype(image.dtype)
        return SimpleNamespace(denoised=half, mask=mask, report=report, denoiser=None)

    if case.trains:
        yield
        return
    with (
        mock.patch.object(pipeline, "denoise", halved),
        mock.patch.object(file_job, "result_values", lambda _: {"verdict": "", "seconds": {}}),
    ):
        yield


def held(name: str, shape: tuple[int, ...] | None = None, dtype: Any = None) -> Callable[[], None]:
    """A check that a file holds an image that can be read."""

    def check() -> None:
        from napari_autostructn2v.files import open_image

        with open_image(name) as image:
            pixels = image.read()
        assert shape is None or pixels.shape == shape, pixels.shape
        assert dtype is None or pixels.dtype == np.dtype(dtype).newbyteorder("="), pixels.dtype

    return check
