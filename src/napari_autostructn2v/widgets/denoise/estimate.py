"""How long a run will take: from what there is to do, and how fast this computer has done such things before."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ...disk import config_folder
from ...errors import InputError
from ...files import atomic_path
from ...settings import Settings, StageSettings, after_start, has_start, parsed, sized_to, turned_where_cheap
from ..work import RUN_PARTS

if TYPE_CHECKING:
    from ..work import RunPart

__all__ = ["Speed", "Work", "work_of"]

#: Seconds that a unit of each part takes on a computer on which a trial step takes `_REFERENCE` (two cores, 2026). The
#: product of matrices tells nothing of that: it is three times as fast with all cores, and a training is not.
_USUAL: Mapping[str, float] = {
    "measuring": 0.4,
    "loading": 2.5,
    "stage 1": 0.55,
    "after stage 1": 0.46,
    "stage 2": 0.55,
    "after stage 2": 1.0,
}

#: Seconds of a step of a usual training; see :func:`~...network.seconds_of_a_step`.
_REFERENCE = 0.048

#: Under what, with the name of the device, the seconds of a trial step are remembered.
_TRIAL = "trial "

#: Without a trial: a graphics card trains faster than a processor by about so much.
_GRAPHICS = 8.0

#: A processor without instructions for bfloat16 trains in float32, which takes longer by about so much.
_FLOAT32 = 5.0

#: A step has a cost of its own, as if its crops had so many million pixels more.
_STEP = 0.02

#: What a training needs to begin and to end, in the same units.
_BEGIN = 0.8

#: Of what is measured, so much does not depend on the size: as many million pixels.
_MEASURED = 0.2

#: Times that a training step, and the denoising, of a stack with neighbouring planes takes those of a plane alone: 1 to
#: 2.1 and 0.8 to 2.2 on four stacks.
_NEIGHBOURS, _NEIGHBOURS_AFTER = 1.4, 1.4

#: Weight of a new observation in what is remembered.
_WEIGHT = 0.5


@dataclass(frozen=True)
class Work:
    """What a run has to do.

    Parameters
    ----------
    units : dict of str to float
        For each part, in units of its own.
    kind : str
        Runs of one kind keep the same time a unit; others may end their training earlier or later.
    channels : int
        How often all of it is done.
    device : str
    """

    units: dict[RunPart, float]
    kind: str
    channels: int = 1
    device: str = "auto"

    def key(self, part: RunPart) -> str:
        """Return under what the time of a part is remembered."""
        return f"{part} {self.kind}" if part.startswith("stage") else part


def work_of(settings: Settings, shape: tuple[int, ...], channels: int, *, with_second: bool, loaded: bool) -> Work:
    """Return what there is to do for a run.

    Parameters
    ----------
    settings : Settings
    shape : tuple of int
        Of one channel, (..., Y, X).
    channels : int
    with_second : bool
        Whether stage 2 will run, as far as that is known.
    loaded : bool
        Whether PyTorch has been loaded.
    """
    from ...pipeline import times_for_stack

    settings, megapixels = turned_where_cheap(settings, shape), math.prod(shape) / 1e6
    longer = times_for_stack(settings, (math.prod(shape[:-2]), *shape[-2:]))
    stacked = longer > 1
    first = settings.stages != "2"
    second = settings.stages in ("2", "both") or (settings.stages == "auto" and with_second)
    units: dict[RunPart, float] = {"measuring": _MEASURED + megapixels}
    if not loaded:
        units["loading"] = 1.0
    # On the way to stage 2 stage 1 trains a third as long (see pipeline.run).
    share = 1 / 3 if settings.stages == "auto" and second else 1.0
    if first:
        last = not second
        stage = settings.stage1
        if last and not stacked and settings.start == "general" and has_start(stage):
            stage = after_start(stage, shape)
        stacks = longer * _NEIGHBOURS if stacked and last else 1
        units["stage 1"] = _BEGIN + share * _training(stage, shape, second) * stacks
        units["after stage 1"] = _after(settings.stage1, 8, megapixels, stacked and last)
    if second:
        seen = settings.start == "general" and has_start(settings.stage2)
        stacks = longer * _NEIGHBOURS if stacked else 1
        units["stage 2"] = _BEGIN + _training(settings.stage2, shape, second, from_start=seen) * stacks
        units["after stage 2"] = _after(settings.stage2, 4, megapixels, stacked)
    kind = f"{settings.preset}{' stack' if stacked else ''} {settings.device}"
    return Work(units, kind, channels, settings.device)


def _training(stage: StageSettings, shape: tuple[int, ...], shares_noise: bool, *, from_start: bool = False) -> float:
    planes = (math.prod(shape[:-2]), *shape[-2:])
    stage = sized_to(stage, planes, shares_noise=shares_noise, from_start=from_start)
    side = min(stage.crop_size, *shape[-2:])
    a_step = _STEP + stage.batch_size * side**2 / 1e6 * stage.features / 16
    return stage.steps * a_step


def _after(stage: StageSettings, turns: int, megapixels: float, stacked: bool) -> float:
    turns = turns if stage.flips_at_prediction else 1
    return turns * (megapixels + 0.1) * (_NEIGHBOURS_AFTER if stacked else 1)


@dataclass
class Speed:
    """Seconds a unit on this computer, by what is done.

    Parameters
    ----------
    seconds : dict of str to float
        What has been measured; see :meth:`Work.key`.
    """

    seconds: dict[str, float] = field(default_factory=dict)

    def of(self, work: Work) -> dict[RunPart, float]:
        """Return how many seconds each part of a run will take, over all channels."""
        expected = {}
        for part, units in work.units.items():
            times = 1 if part == "loading" else work.channels
            expected[part] = times * units * self._a_unit(work, part)
        return expected

    def wants_trial(self, device: str) -> bool:
        """Whether nothing is known yet of how fast this computer trains."""
        return not any(key.startswith(("stage", _TRIAL + device)) for key in self.seconds)

    def take_trial(self, device: str, seconds: float) -> None:
        """Remember how long a trial step took."""
        self.seconds[_TRIAL + device] = seconds
        self._save()

    def learn(self, work: Work, taken: Mapping[RunPart, float]) -> None:
        """Remember how long a run took that came to its end."""
        for part, units in work.units.items():
            seconds = taken.get(part, 0.0)
            times = 1 if part == "loading" else work.channels
            if seconds > 0 and units > 0:
                new, key = seconds / units / times, work.key(part)
                known = self.seconds.get(key)
                self.seconds[key] = new if known is None else known ** (1 - _WEIGHT) * new**_WEIGHT
        self._save()

    @classmethod
    def load(cls) -> Speed:
        """Return what is remembered; nothing where that is damaged or missing."""
        with suppress(InputError, OSError, KeyError, UnicodeDecodeError, TypeError, ValueError, AttributeError):
            values = parsed(_file().read_text(encoding="utf-8"))["seconds"]
            known = {str(key): float(value) for key, value in values.items()}
            return cls({key: value for key, value in known.items() if 0 < value < 1e6})
        return cls()

    def _a_unit(self, work: Work, part: RunPart) -> float:
        known = self.seconds.get(work.key(part))
        return _USUAL[part] * self._pace_of(part, work.device) if known is None else known

    def _pace_of(self, part: RunPart, device: str) -> float:
        """Return how much slower than usual this computer is in something that it has not done yet."""
        trains = part.startswith(("stage", "after"))
        trial = self.seconds.get(_TRIAL + device) if trains else None
        known = [(other, value) for key, value in self.seconds.items() if (other := _part_of(key)) is not None]
        for alike in (
            [pair for pair in known if pair[0] == part],
            [pair for pair in known if pair[0].startswith(("stage", "after")) == trains],
        ):
            if alike:
                paces = [value / _USUAL[other] for other, value in alike]
                # A single run may have been cut short, or held up by another program.
                paces += [] if trial is None else [trial / _REFERENCE]
                return math.exp(sum(map(math.log, paces)) / len(paces))
        if trial is not None:
            return trial / _REFERENCE
        if not trains:
            return 1.0
        return 1 / _GRAPHICS if _has_graphics() else 1.0 if _has_bfloat16() else _FLOAT32

    def _save(self) -> None:
        lines = [f'"{key}" = {value:.6g}' for key, value in sorted(self.seconds.items())]
        with suppress(InputError), atomic_path(_file()) as part:
            part.write_text("\n".join(["[seconds]", *lines, ""]), encoding="utf-8")


def _part_of(key: str) -> RunPart | None:
    return next((part for part in sorted(RUN_PARTS, key=len, reverse=True) if key.startswith(part)), None)


def _has_graphics() -> bool:
    """Return whether there seems to be a graphics card that PyTorch can use; PyTorch is not loaded to ask it."""
    if sys.platform == "darwin":
        import platform

        return platform.machine() == "arm64"
    return Path("/proc/driver/nvidia/version").exists() or Path("C:/Windows/System32/nvcuda.dll").exists()


def _has_bfloat16() -> bool:
    """Return whether the processor multiplies in bfloat16; PyTorch is not loaded to ask it."""
    with suppress(OSError):
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
        return "avx512_bf16" in flags or "amx_bf16" in flags
    return False


def _file() -> Path:
    return config_folder() / "speed.toml"
