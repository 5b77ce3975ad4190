"""The folder beside a result in which a run keeps what it has done, so that it goes on where it stopped."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np
from filelock import FileLock, Timeout

from ..errors import InputError
from ..files import atomic_path, reason
from ..images import FixedPattern

if TYPE_CHECKING:
    from ..denoiser import Denoiser

__all__ = ["WorkFolder", "replace_folder"]

#: What the file that names the run begins with.
_OURS = "work of napari-autostructn2v for: "

_NO_RUN = "nothing yet"

Memory = tuple["Denoiser | None", FixedPattern, dict[str, Any], list[str]]


class WorkFolder:
    """A hidden folder beside a result; removed once the result is whole, kept if the run ends before.

    Parameters
    ----------
    target : Path
        The result.
    run : str
        What the result will say made it; the folder of another run is begun anew.

    Raises
    ------
    InputError
        If the folder cannot be made, is a link or not ours, or another run is at work in it.
    """

    def __init__(self, target: Path, run: str) -> None:
        self.folder = target.with_name(f".{target.name}.part")
        self.result = self.folder / "result.zarr"
        self.done = self.folder / "done"
        self.keep = False
        self.unfinished = False
        # The system gives the lock up when a run ends, however it ends.
        self._lock = FileLock(self.folder / "lock")
        try:
            if os.path.lexists(self.folder):
                self._check_own()
            self.folder.mkdir(parents=True, exist_ok=True)
            with suppress(NotImplementedError):  # not every file system has locks
                self._lock.acquire(blocking=False)
            if self._run() != f"{_OURS}{run}" or any(entry.is_symlink() for entry in self.folder.iterdir()):
                # Killed in the middle of this, the folder belongs to no run and is begun anew.
                self._name(_NO_RUN)
                self._empty()
                self._name(run)
        except InputError:
            self._lock.release()
            raise
        except Timeout as error:
            raise InputError(
                f"Another run is making {target} right now; wait for it, or choose another folder. If there is none, "
                f"delete {self.folder}."
            ) from error
        except OSError as error:
            self._lock.release()
            raise InputError(f"{target} could not be written: {reason(error)}. Choose another place for it.") from error

    def __enter__(self) -> WorkFolder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # What is wrong with the input stays wrong; what was interrupted, or could not be written, goes on.
        over = (error is None or (isinstance(error, InputError) and not self.keep)) and not self.unfinished
        # Removed before another run can take it, except where a file that is locked cannot be removed.
        if over and os.name != "nt":
            shutil.rmtree(self.folder, ignore_errors=True)
        self._lock.release()
        if over and os.name == "nt":
            shutil.rmtree(self.folder, ignore_errors=True)

    def remember(
        self, number: int, model: Denoiser | None, pattern: FixedPattern, said: dict[str, Any], messages: list[str],
        given: bool,
    ) -> None:  # fmt: skip
        """Keep what the training on a channel has brought."""
        from .report import dumps

        if model is not None:
            model.save(self._model(number))
        arrays = {name: value for name in ("rows", "columns") if (value := getattr(pattern, name)) is not None}
        # Last: a channel counts as remembered once this file is there.
        memory = {"said": said, "messages": messages, "given": given, "trained": model is not None}
        memory["pattern"] = {name: np.asarray(value, float).tolist() for name, value in arrays.items()}
        with atomic_path(self._memory(number)) as part:
            part.write_text(dumps(memory), encoding="utf-8")

    def recall(self, number: int) -> Memory | None:
        """Return what an interrupted run has remembered about a channel."""
        memory = self._read(number)
        if memory is None:
            return None
        model = None
        if memory["trained"]:
            from ..denoiser import Denoiser

            model = Denoiser.load(self._model(number))
        arrays = {name: np.array(value, np.float32) for name, value in memory["pattern"].items()}
        return model, FixedPattern(**arrays), memory["said"], memory["messages"]

    def uses_given(self, number: int) -> bool:
        """Return True where a channel is denoised with a model that was given."""
        return bool((self._read(number) or {}).get("given"))

    def _check_own(self) -> None:
        """Raise unless what has the folder's name was made here: it will be emptied and removed."""
        if self.folder.is_symlink() or not self.folder.is_dir():
            raise InputError(
                f"{self.folder} is a link or a file; the run needs a folder of that name. Move "
                "it away, or choose another folder for the results."
            )
        lock, run = Path(self._lock.lock_file), self.folder / "run"
        ours = run.is_file() and not run.is_symlink() and self._run().startswith(_OURS)
        # A run that was killed at its very beginning has left the lock and an unfinished name only.
        names = {name for name in os.listdir(self.folder) if name != lock.name and not name.endswith(".part")}
        if lock.is_symlink() or (names and not ours):
            raise InputError(
                f"{self.folder} holds files that no run has left there; move them away, or choose another folder for "
                "the results."
            )

    def _name(self, run: str) -> None:
        with atomic_path(self.folder / "run") as part:
            part.write_text(f"{_OURS}{run}", encoding="utf-8")

    def _empty(self) -> None:
        for entry in self.folder.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            elif entry not in (Path(self._lock.lock_file), self.folder / "run"):
                entry.unlink()

    def _read(self, number: int) -> dict[str, Any] | None:
        try:
            memory: dict[str, Any] = json.loads(self._memory(number).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return memory

    def _run(self) -> str:
        """Return what the folder says of the run that it belongs to."""
        try:
            return (self.folder / "run").read_text(encoding="utf-8")
        except (OSError, ValueError):
            return ""

    def _memory(self, number: int) -> Path:
        return self.folder / f"channel{number}.json"

    def _model(self, number: int) -> Path:
        return self.folder / f"channel{number}.safetensors"


def replace_folder(new: Path, target: Path, work: Path) -> None:
    """Put a folder in the place of another one, which is moved out of the way first.

    Raises
    ------
    InputError
        If that fails; the old folder is then back in its place.
    """
    old = work / "old"
    try:
        if os.path.lexists(target):  # a link is replaced, even one that leads nowhere
            os.rename(target, old)
        os.rename(new, target)
    except OSError as error:
        with suppress(OSError):
            if os.path.lexists(old) and not os.path.lexists(target):
                os.rename(old, target)
        raise InputError(f"{target} could not be written: {reason(error)}. Choose another place for it.") from error
