"""The command ``autostructn2v``: the same runs as in napari, without a window.

Exit codes: 0 if every input came through, 1 if some did not, 2 if the command makes no sense, 130 after Ctrl+C.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from .cli_batch import complain, find_inputs, for_each
from .errors import InputError
from .settings import PRESET_EPOCHS, Settings, Stages

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
    arguments = _parser().parse_args(argv)
    try:
        return int(arguments.command(arguments))
    except InputError as error:
        complain(str(error))
        if arguments.json:
            from .cli_report import dumps

            print(dumps({"ok": False, "error": str(error)}))
        return 2
    except KeyboardInterrupt:
        complain("Stopped.")
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="autostructn2v",
        description="Denoise microscopy images without clean data: Noise2Void, then structN2V with a measured mask.",
        epilog="autostructn2v COMMAND --help tells more about a command.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and end")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    denoise = _command(commands, "denoise", _denoise, "train on each image and denoise it")
    _add_files(denoise)
    _add_training(denoise)
    denoise.add_argument("--stages", choices=get_args(Stages), help="stages to run (default: auto)")
    denoise.add_argument("--mask", type=Path, metavar="FILE.npy", help="blind mask of stage 2, else measured")
    denoise.add_argument("--settings", type=Path, metavar="FILE.toml", help="settings saved in napari or by hand")
    denoise.add_argument("--save-model", type=Path, metavar="FILE", help="keep the trained model (for one INPUT)")

    predict = _command(commands, "predict", _predict, "denoise images with a saved model, without training")
    _add_files(predict)
    predict.add_argument("--model", type=Path, required=True, metavar="FILE", help="a model saved by denoise or napari")
    predict.add_argument("--device", default="auto", help=_DEVICE_HELP)

    roi = _command(commands, "roi", _roi, "show which patches the stages learn from")
    roi.add_argument("input", type=Path, metavar="INPUT", help="TIFF or PNG image")
    roi.add_argument("--settings", type=Path, metavar="FILE.toml", help="settings saved in napari or by hand")
    roi.add_argument("--plane", type=int, default=0, metavar="N", help="plane of a stack, from 0 (default: 0)")
    roi.add_argument("--json", action="store_true", help="print the corners of the patches as one JSON object")

    demo = _command(commands, "demo", _demo, "denoise a synthetic sample and show before and after")
    demo.add_argument("-o", "--output", type=Path, default=Path("autostructn2v-demo"), metavar="DIR",
                      help="folder for the results (default: %(default)s)")  # fmt: skip
    _add_training(demo)
    demo.add_argument("--json", action="store_true", help="print the report as one JSON object")
    return parser


_DEVICE_HELP = "auto, cpu, cuda, cuda:1 or mps (default: auto)"


def _command(commands: Any, name: str, function: Callable[..., int], summary: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.", allow_abbrev=False
    )
    parser.set_defaults(command=function)
    return parser


def _add_files(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("inputs", nargs="+", metavar="INPUT", help="TIFF or PNG images")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR",
                        help="folder for the results, NAME_denoised.tif each")  # fmt: skip
    parser.add_argument("--overwrite", action="store_true", help="replace results that exist already")
    parser.add_argument("--json", action="store_true", help="print one JSON object per INPUT, a line each")


def _add_training(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--preset", choices=tuple(PRESET_EPOCHS), help="length of the training (default: balanced)")
    parser.add_argument("--seed", type=_seed, metavar="N", help="the same seed gives the same result (default: 42)")
    parser.add_argument("--device", help=_DEVICE_HELP)


def _seed(text: str) -> int:
    if not text.isdecimal() or int(text) >= 2**32:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from 0 to {2**32 - 1}")
    return int(text)


class _Version(argparse.Action):
    """Looks the version up when it is asked for, since reading the package's metadata takes a while."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from . import __version__

        print(f"autostructn2v {__version__}")
        parser.exit()


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


def _denoise(arguments: argparse.Namespace) -> int:
    from .files import check_writable

    settings = _settings(arguments)
    inputs = find_inputs(arguments.inputs)
    model: Path | None = arguments.save_model
    if model:
        if len(inputs) > 1:
            raise InputError("--save-model keeps one model, and each INPUT trains its own: give one INPUT at a time.")
        if os.path.exists(model) and not arguments.overwrite:
            raise InputError(f"{model} exists already; add --overwrite to replace it.")
        check_writable(model)

    def work(source: Path, target: Path, listen: Callable[[Progress], None]) -> tuple[dict[str, Any], str]:
        from . import pipeline
        from .cli_report import denoised_of, result_values
        from .images import read_image, write_image

        result = pipeline.denoise(read_image(source), settings, progress=listen)
        write_image(target, denoised_of(result), like=source)
        values = result_values(result)
        if model:
            if result.denoiser is None:
                raise InputError(f"{target} is written, but there is no trained model that {model} could hold.")
            result.denoiser.save(model)
            values["model"] = str(model)
        return values, str(values["verdict"])

    return for_each(inputs, arguments.output, work, arguments.overwrite, arguments.json)


def _predict(arguments: argparse.Namespace) -> int:
    from .files import read_start

    read_start(arguments.model)  # says at once, before torch is loaded, that there is no such file
    from .denoiser import Denoiser

    denoiser = Denoiser.load(arguments.model)

    def work(source: Path, target: Path, listen: Callable[[Progress], None]) -> tuple[dict[str, Any], str]:
        from .images import read_image, write_image
        from .progress import Progress

        def tell(done: int, total: int) -> None:
            listen(Progress("prediction", done, total))

        start = time.perf_counter()
        denoised = denoiser.predict(read_image(source), device=arguments.device, on_tile=tell)
        seconds = time.perf_counter() - start
        write_image(target, denoised, like=source)
        return {"model": str(arguments.model), "seconds": {"prediction": round(seconds, 3)}}, f"{seconds:.1f} s"

    return for_each(find_inputs(arguments.inputs), arguments.output, work, arguments.overwrite, arguments.json)


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
