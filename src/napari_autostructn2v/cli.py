"""The command ``autostructn2v``: the same runs as in napari, without a window.

Exit codes: 0 if every input came through, 1 if some did not, 2 if the command makes no sense, 130 after Ctrl+C.
"""

from __future__ import annotations

import argparse
import io
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .cli_batch import INTERRUPTED, Batch, complain, logged
from .cli_options import parsers
from .errors import InputError
from .settings import Settings

if TYPE_CHECKING:
    from .progress import Progress

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments after the command's name; defaults to those of the process.
    """
    given = list(sys.argv[1:] if argv is None else argv)
    parser, commands = parsers()
    command = commands.get(given[0]) if given else None
    # Files may stand before, between and after options, which argparse knows only for a parser without commands.
    arguments = parser.parse_args(given) if command is None else command.parse_intermixed_args(given[1:])
    # Names of files may hold what is no character; a run should not end because one cannot be printed.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    work = {"denoise": _denoise, "predict": _predict, "roi": _roi, "demo": _demo}[arguments.command]
    try:
        with _terminated_like_interrupted(), logged(getattr(arguments, "log", None), given):
            return work(arguments)
    except InputError as error:
        complain(str(error))
        if arguments.json:
            from .cli_report import dumps

            print(dumps({"ok": False, "error": str(error)}))
        return 2
    except BrokenPipeError:  # nobody reads on, as after `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        complain("Stopped.")
        return INTERRUPTED


@contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    """Let a queue that ends its jobs do so as Ctrl+C does: in order, and with what there is."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _settings(arguments: argparse.Namespace) -> Settings:
    """Return the settings of the file, if there is one, changed by the options that were given."""
    path = getattr(arguments, "settings", None)
    settings = Settings.load(path) if path else Settings.from_preset()
    if arguments.preset:
        settings = settings.with_preset(arguments.preset)
    given = {"stages": getattr(arguments, "stages", None), "random_seed": arguments.seed, "device": arguments.device}
    settings = replace(settings, **{name: value for name, value in given.items() if value is not None})
    if getattr(arguments, "mask", None):
        settings = replace(settings, mask=replace(settings.mask, source="file", path=str(arguments.mask)))
    if settings.mask.source == "file":
        from .blind_mask import BlindMask

        BlindMask.load(settings.mask.path)  # a bad mask should show before hours of other work
    return settings


def _batch(arguments: argparse.Namespace, settings: Settings, *parts: Any) -> Batch:
    """Return the inputs with all that holds for each of them; `parts` decide about the pixels beside the settings."""
    from .cli_inputs import find_inputs, targets_of
    from .cli_plan import Plan, digest

    if arguments.scheduler:
        from .cli_blocks import check_scheduler

        if said := check_scheduler(arguments.scheduler):
            complain(said)
    inputs = find_inputs(arguments.inputs, arguments.pattern)
    together = arguments.channels == "together"
    axes = arguments.axes
    # The device and the size of a tile change no more than the last digit.
    plain = replace(settings, device="auto", tile=Settings().tile).to_toml()
    identity = digest(plain, axes, together, arguments.remove_fixed_pattern, *parts)
    plan = Plan(
        settings=settings,
        axes=axes,
        together=together,
        remove_fixed_pattern=arguments.remove_fixed_pattern,
        scheduler=arguments.scheduler,
        identity=identity,
    )
    return Batch(
        inputs=inputs,
        targets=targets_of(inputs, arguments.output),
        plan=plan,
        overwrite=arguments.overwrite,
        as_json=arguments.json,
        quiet=arguments.quiet,
    )


def _denoise(arguments: argparse.Namespace) -> int:
    from .cli_experiment import process
    from .cli_inputs import find_inputs
    from .cli_models import check_models, save_models

    settings = _settings(arguments)
    mask = Path(settings.mask.path).read_bytes().hex() if settings.mask.source == "file" else ""
    training = find_inputs(arguments.train_on, arguments.pattern) if arguments.train_on else None
    batch = _batch(arguments, settings, mask, [] if training is None else _stamps(training), arguments.one_model)
    if arguments.one_model:
        training = list(batch.inputs)
        batch = replace(batch, plan=replace(batch.plan, identity=batch.plan.identity + str(_stamps(training))))
    path: Path | None = arguments.save_model
    if path and training is None and len(batch.inputs) > 1:
        raise InputError(
            "--save-model keeps one model, and each INPUT trains its own: give one INPUT at a time, or --one-model."
        )
    if arguments.dry_run:
        from .cli_dry_run import dry_run

        return dry_run(batch, training)
    if training is not None:
        return _denoise_with_one(batch, training, path, arguments)
    if path:
        check_models(path, arguments.overwrite)

    def work(source: Path, target: Path, listen: Callable[[Progress], None]) -> tuple[dict[str, Any], str]:
        values = process(source, target, batch.plan, listen)
        models = values.pop("models")
        if path:
            if not models:
                raise InputError(f"{target} is written, but there is no trained model that {path} could hold.")
            values["model"] = _one_or_all(save_models(path, models))
        return values, str(values.get("verdict", ""))

    return batch.run(work)


def _denoise_with_one(batch: Batch, training: list[Path], path: Path | None, arguments: argparse.Namespace) -> int:
    """Train one model and denoise all inputs with it; an interrupted run goes on with the model that it had trained."""
    from .cli_experiment import process
    from .cli_models import check_models, save_models
    from .cli_report import ProgressLine
    from .cli_training import train_once
    from .cli_work import WorkFolder

    common: dict[str, Any] = {}

    def work(source: Path, target: Path, listen: Callable[[Progress], None]) -> tuple[dict[str, Any], str]:
        values = process(source, target, batch.plan, listen)
        values.pop("models")
        values |= common | {"messages": [*values["messages"], *common.get("messages", [])]}
        return values, str(values.get("verdict", ""))

    if not path and _all_done(batch):
        return batch.run(work)
    with WorkFolder(arguments.output / "model", batch.plan.identity) as memory:
        if path and memory.recall(0) is None:
            check_models(path, arguments.overwrite)
        line = ProgressLine()
        line.start(f"training on {len(training)} files")
        try:
            models, said = train_once(training, batch.plan, memory, line.show)
        finally:
            line.clear()
        common = {"trained_on": [str(source) for source in training]}
        common |= said[0] if len(said) == 1 else {"channels": said}
        if path:
            common["model"] = _one_or_all(save_models(path, models))
        batch = replace(batch, plan=replace(batch.plan, models=models))
        code = batch.run(work)
        memory.unfinished = code == INTERRUPTED
    return code


def _all_done(batch: Batch) -> bool:
    try:
        pairs = zip(batch.inputs, batch.targets, strict=True)
        return all(batch.check(source, target, try_writing=False) for source, target in pairs)
    except InputError:
        return False


def _predict(arguments: argparse.Namespace) -> int:
    from .cli_experiment import process
    from .cli_models import load_models

    models, paths = load_models(arguments.model)
    settings = replace(models[-1].settings, device=arguments.device)
    batch = _batch(arguments, settings, *(path.read_bytes().hex() for path in paths))
    batch = replace(batch, plan=replace(batch.plan, models=models))
    if arguments.dry_run:
        from .cli_dry_run import dry_run

        return dry_run(batch, None)

    def work(source: Path, target: Path, listen: Callable[[Progress], None]) -> tuple[dict[str, Any], str]:
        start = time.perf_counter()
        values = process(source, target, batch.plan, listen)
        values.pop("models")
        values["model"] = _one_or_all([str(path) for path in arguments.model])
        return values, f"{time.perf_counter() - start:.1f} s"

    return batch.run(work)


def _one_or_all(paths: list[str]) -> str | list[str]:
    return paths[0] if len(paths) == 1 else paths


def _stamps(paths: Sequence[Path]) -> list[Any]:
    """Return what tells whether files are still the same."""
    from .cli_plan import stamp

    return [stamp(path) for path in paths]


def _roi(arguments: argparse.Namespace) -> int:
    from .cli_report import dumps
    from .images import check_image, read_image
    from .roi import RoiScorer, StackScorer

    settings = _settings(argparse.Namespace(settings=arguments.settings, preset=None, seed=None, device=None))
    image = check_image(read_image(arguments.input))
    planes = image.reshape(-1, *image.shape[-2:])
    if not 0 <= arguments.plane < len(planes):
        raise InputError(f"There is no plane {arguments.plane}; {arguments.input} has planes 0 to {len(planes) - 1}.")
    scorer = RoiScorer(planes[0]) if len(planes) == 1 else StackScorer(planes).plane(arguments.plane)
    selections = {"stage1": scorer.select(settings.stage1.roi), "stage2": scorer.select(settings.stage2.roi)}
    if arguments.json:
        values = {
            name: {"coords": patches.coords, "patch_size": patches.patch_size, "candidates": len(patches.candidates)}
            for name, patches in selections.items()
        }
        print(dumps({"input": str(arguments.input), "plane": arguments.plane} | values))
        return 0
    for name, patches in selections.items():
        print(f"{name}: {len(patches.coords)} of {len(patches.candidates)} patches of {patches.patch_size} pixels")
    return 0


def _demo(arguments: argparse.Namespace) -> int:
    from .cli_demo import run_demo
    from .cli_report import ProgressLine, dumps

    arguments.preset = arguments.preset or "fast"
    line = ProgressLine()
    line.start("demo")
    try:
        values = run_demo(arguments.output, _settings(arguments), line.show)
    finally:
        line.clear()
    if arguments.json:
        print(dumps(values))
        return 0
    print(values["verdict"])
    print("PSNR against the truth: {noisy:.1f} dB before, {denoised:.1f} dB after.".format(**values["psnr"]))
    print("Before and after, side by side: {picture}\nThe denoised image: {denoised}".format(**values["paths"]))
    return 0
