"""The options of the command line."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, get_args

from ..settings import PRESET_EPOCHS, RANGES, ContextChoice, OtherChannels, Stages, StartChoice

__all__ = ["parsers"]

_DEVICE_HELP = "auto, cpu, cuda, cuda:1 or mps (default: auto)"


def parsers() -> tuple[argparse.ArgumentParser, dict[str, argparse.ArgumentParser]]:
    """Return the parser of the whole command line, and those of its commands by name.

    What they parse has the name of the command as ``command``.
    """
    parser = argparse.ArgumentParser(
        prog="autostructn2v",
        description="Denoise microscopy images without clean data: Noise2Void, then structN2V with a measured mask.",
        epilog="autostructn2v COMMAND --help tells more about a command.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and end")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    denoise = _command(commands, "denoise", "train on each image and denoise it")
    _add_files(denoise)
    _add_training(denoise)
    denoise.add_argument("--stages", choices=get_args(Stages), help="stages to run (default: auto)")
    denoise.add_argument("--context", choices=get_args(ContextChoice),
                         help="other planes of a stack that a plane is denoised with (default: auto)")  # fmt: skip
    denoise.add_argument("--other-channels", choices=get_args(OtherChannels),
                         help="what channels of an image give back to each other (default: auto)")  # fmt: skip
    denoise.add_argument("--start", choices=get_args(StartChoice),
                         help="train from a network that has seen images or not (default: general)")  # fmt: skip
    denoise.add_argument("--mask", type=Path, metavar="FILE.npy", help="blind mask of stage 2 (default: measured)")
    denoise.add_argument("--settings", type=Path, metavar="FILE.toml", help="settings saved in napari or by hand")
    denoise.add_argument("--save-model", type=Path, metavar="FILE",
                         help="keep the trained model (for one INPUT, or with --train-on or --one-model)")  # fmt: skip
    several = denoise.add_mutually_exclusive_group()
    several.add_argument("--train-on", action="append", metavar="INPUT",
                         help="train one model on these files and apply it to all; may be repeated")  # fmt: skip
    several.add_argument("--one-model", action="store_true", help="train one model on all inputs together")

    predict = _command(commands, "predict", "denoise images with a saved model, without training")
    _add_files(predict)
    _add_model(predict)

    watch = _command(commands, "watch", "denoise images with a saved model as an acquisition writes them")
    watch.add_argument("folder", type=Path, metavar="FOLDER", help="where the images are written")
    _add_model(watch)
    _add_results(watch)
    watch.add_argument("--settle", type=_seconds, default=5.0, metavar="SECONDS",
                       help="time without a change after which an image counts as whole (default: 5)")  # fmt: skip
    watch.add_argument("--until-idle", type=_seconds, metavar="SECONDS",
                       help="end after this time without a new image (default: only Ctrl+C ends it)")  # fmt: skip

    roi = _command(commands, "roi", "show which patches the stages learn from")
    roi.add_argument("input", type=Path, metavar="INPUT", help="an image of any kind that denoise takes")
    roi.add_argument("--settings", type=Path, metavar="FILE.toml", help="settings saved in napari or by hand")
    roi.add_argument("--plane", type=int, default=0, metavar="N", help="plane of a stack, from 0 (default: 0)")
    roi.add_argument("--json", action="store_true", help="print the corners of the patches as one JSON object")

    methods = _command(commands, "methods", "print a text for the methods section of a paper")
    methods.add_argument("model", type=Path, metavar="MODEL", help="a model saved by denoise or napari")
    methods.set_defaults(json=False)

    export = _command(commands, "export", "write a model as a bioimage.io package, for other programs")
    export.add_argument("model", type=Path, metavar="MODEL", help="a model saved by denoise or napari")
    export.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.zip", help="the package")
    export.add_argument("--image", type=Path, metavar="FILE",
                        help="an image of the kind that it was trained on, for the example")  # fmt: skip
    export.add_argument("--name", default="", help="name of the model, for people")
    export.add_argument("--author", action="append", default=[], metavar="NAME", help="who made it; may be repeated")
    export.add_argument("--license", default="", metavar="ID", help="as SPDX names it, such as CC-BY-4.0")
    export.add_argument("--overwrite", action="store_true", help="replace a package that exists already")
    export.set_defaults(json=False)

    models = _command(commands, "models", "list models and what they were trained on")
    models.add_argument("places_given", nargs="*", type=Path, metavar="PLACE",
                        help="models, or folders of them (default: the models that the docks have kept)")  # fmt: skip
    models.add_argument("--json", action="store_true", help="print one JSON object per model, a line each")

    info = _command(commands, "info", "tell about the installation, or about images and models")
    info.add_argument("files", nargs="*", type=Path, metavar="FILE", help="an image or a model")
    info.add_argument("--json", action="store_true", help="print one JSON object per FILE, a line each")

    completion = _command(commands, "completion", "print a script that lets a shell complete this command")
    completion.add_argument("shell", choices=("bash", "zsh", "tcsh"), help="the shell")
    completion.set_defaults(json=False)

    demo = _command(commands, "demo", "denoise a synthetic sample and show before and after")
    demo.add_argument("-o", "--output", type=Path, default=Path("autostructn2v-demo"), metavar="DIR",
                      help="folder for the results (default: %(default)s)")  # fmt: skip
    _add_training(demo)
    demo.add_argument("--json", action="store_true", help="print the report as one JSON object")
    return parser, commands.choices


def _command(commands: Any, name: str, summary: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.", allow_abbrev=False
    )
    parser.set_defaults(command=name)
    parser.add_argument("-v", "--verbose", action="store_true", help="print what happens, as it happens")
    return parser


def _add_files(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("inputs", nargs="+", metavar="INPUT",
                        help="TIFF, OME-TIFF, PNG, zarr, OME-Zarr, CZI, ND2, LIF, OIR and IMS images, or folders of "
                             "them")  # fmt: skip
    parser.add_argument("--scene", metavar="NAME",
                        help="scene of microscopes' files, or all (default: the first)")  # fmt: skip
    parser.add_argument("--dry-run", action="store_true", help="say what would be done and what it would take")
    _add_results(parser)


def _add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", type=Path, action="append", required=True, metavar="FILE",
                        help="a model saved by denoise or napari; once for each channel, or one for all")  # fmt: skip
    parser.add_argument("--device", default="auto", help=_DEVICE_HELP)
    parser.add_argument("--anyway", action="store_true",
                        help="apply the model to the grey values as they are, whatever it was trained on")  # fmt: skip


def _add_results(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR",
                        help="folder for the results, NAME_denoised each, of the same kind")  # fmt: skip
    parser.add_argument(
        "--pattern", type=_pattern, metavar="PATTERN", help="files of a folder, such as '*.tif' or '**/*_raw.tif'"
    )
    parser.add_argument("--axes", metavar="AXES", help="letters of the axes in their order, such as TCYX")
    parser.add_argument("--channels", choices=("apart", "together"), default="apart",
                        help="a model for each channel, or one for all (default: apart)")  # fmt: skip
    parser.add_argument("--along", choices=("T", "Z"), default="",
                        help="axis along which planes are neighbours (default: Z where there is one)")  # fmt: skip
    parser.add_argument("--remove-fixed-pattern", action="store_true",
                        help="take out row and column offsets that are the same in all frames")  # fmt: skip
    parser.add_argument("--uncertainty", action="store_true",
                        help="write NAME_uncertainty.tif as well: how far off a result is likely to be")  # fmt: skip
    parser.add_argument("--scheduler", metavar="tcp://HOST:PORT", help="denoise on the workers of a dask scheduler")
    parser.add_argument("--overwrite", action="store_true", help="replace results that exist already")
    parser.add_argument("--log", type=Path, metavar="FILE", help="append what happens to a file")
    parser.add_argument("--quiet", action="store_true", help="print no summary")
    parser.add_argument("--json", action="store_true", help="print one JSON object per INPUT, a line each")


def _add_training(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--preset", choices=tuple(PRESET_EPOCHS), help="length of the training (default: balanced)")
    parser.add_argument("--seed", type=_seed, metavar="N",
                        help=f"the same seed gives the same result, {RANGES['random_seed']} (default: 42)")  # fmt: skip
    parser.add_argument("--device", help=_DEVICE_HELP)


def _pattern(text: str) -> str:
    path = Path(text)
    if not text.strip() or "\0" in text or path.anchor or ".." in path.parts:
        raise argparse.ArgumentTypeError(
            f"{text!r} describes no files of a folder; give one such as '*.tif' or '**/*_raw.tif', and the folder as "
            "INPUT"
        )
    return text


def _seed(text: str) -> int:
    # No number of so many digits is in the range, and Python refuses to read one of thousands.
    if not (text.isascii() and text.isdecimal()) or len(text) > 30 or not RANGES["random_seed"].holds(int(text)):
        raise argparse.ArgumentTypeError(f"{text[:60]} is not a whole number {RANGES['random_seed']}")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < 1e9:
        raise argparse.ArgumentTypeError(f"{text} is not a number of seconds")
    return seconds


class _Version(argparse.Action):
    """Looks the version up when it is asked for, since reading the package's metadata takes a while."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from .. import __version__

        print(f"autostructn2v {__version__}")
        parser.exit()
