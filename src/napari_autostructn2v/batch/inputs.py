"""Which files a command is about, and what their results are called."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ..disk import as_path
from ..errors import InputError
from ..files import SUFFIXES, is_zarr, reason, scenes_of
from ..microscopes import is_microscope_file, split_scene
from ..stop import Stopped, StopToken

__all__ = ["ALL_SCENES", "error_map_path", "find_inputs", "targets_of"]

#: What stands for every scene of a file.
ALL_SCENES = "all"

_RESULT, _ERROR_MAP = "_denoised", "_uncertainty"


def find_inputs(
    texts: Sequence[str],
    pattern: str | None = None,
    scene: str | None = None,
    *,
    stop: StopToken | None = None,
    on_found: Callable[[int], None] | None = None,
) -> list[Path]:
    """Return the images that the user named, each once.

    Parameters
    ----------
    texts : sequence of str
        Files, zarr folders, scenes of microscopes' files, patterns that the shell left alone, and folders of images.
    pattern : str, optional
        Which files of a folder, such as ``*.tif`` or ``**/*_raw.tif``; all images directly in it unless given. Results
        of earlier runs are left out.
    scene : str, optional
        Which scene of each microscope's file, or "all".
    stop : StopToken or None
        Looked at for every entry of a folder.
    on_found : callable or None
        Called with the number of images so far, for each.

    Raises
    ------
    InputError
        If an input or the pattern is none, or a folder cannot be listed.
    Stopped
        If the stop token was set.
    """
    paths: dict[str, Path] = {}
    for text in map(str, map(as_path, texts)):
        matches = sorted(glob.glob(text, recursive=True)) if glob.has_magic(text) and not os.path.lexists(text) else []
        for match in matches or [text]:
            is_empty = True
            for found in _in_folder(Path(match), pattern, stop):
                is_empty = False
                for path in _scenes(found, scene):
                    paths.setdefault(os.path.abspath(path), path)
                if on_found is not None:
                    on_found(len(paths))
            for path in _scenes(Path(match), scene) if is_empty else []:
                paths.setdefault(os.path.abspath(path), path)
    return list(paths.values())


def targets_of(inputs: Sequence[Path], folder: Path, ending: str = "") -> list[Path]:
    """Return an output for each input, of the same kind; inputs of one name in two folders get a number.

    Parameters
    ----------
    inputs : sequence of Path
    folder : Path
    ending : str
        Of all names, such as ".ome.tif", where the kind should be another one.
    """
    targets: list[Path] = []
    taken: set[str] = set()
    counts: dict[str, int] = {}
    for path in inputs:
        stem, suffix = _stem_and_suffix(path)
        suffix = ending or suffix
        key = f"{stem}{suffix}".casefold()  # a.tif and A.tif are one file on many disks
        name = f"{stem}{_RESULT}{suffix}"
        while name.casefold() in taken:
            counts[key] = counts.get(key, 1) + 1
            name = f"{stem}_{counts[key]}{_RESULT}{suffix}"
        taken.add(name.casefold())
        targets.append(folder / name)
    return targets


def error_map_path(target: Path) -> Path:
    """Return where the error map of a result is written: always a TIFF, which holds numbers of any kind."""
    stem, suffix = _stem_and_suffix(target)
    # a.png and a.tif have an error map each.
    name = stem.removesuffix(_RESULT) + (suffix if suffix == ".png" else "")
    return target.with_name(f"{name}{_ERROR_MAP}{'.ome.tif' if suffix == '.ome.tif' else '.tif'}")


def _in_folder(path: Path, pattern: str | None, stop: StopToken | None) -> Iterator[Path]:
    """Yield the images in a folder, sorted; none for anything else."""
    if not os.path.isdir(path) or is_zarr(path):
        return
    try:
        found = sorted(path.glob(pattern)) if pattern else sorted(path.iterdir())
    except OSError as error:
        raise InputError(f"The folder {path} could not be listed: {reason(error)}.") from error
    except (ValueError, NotImplementedError) as error:  # such as ** beside other characters, or an absolute one
        raise InputError(f"--pattern {pattern} is not a pattern: {reason(error)}.") from error
    for entry in found:
        if stop is not None and stop.is_set():
            raise Stopped
        if (
            # Hidden folders are those of runs that were interrupted, among others.
            not any(part.startswith(".") for part in entry.relative_to(path).parts)
            and not _stem_and_suffix(entry)[0].endswith((_RESULT, _ERROR_MAP))
            and (is_zarr(entry) if entry.is_dir() else pattern is not None or entry.suffix.lower() in SUFFIXES)
            and not any(is_zarr(parent) for parent in entry.parents if parent.is_relative_to(path) and parent != path)
        ):
            yield entry


def _scenes(path: Path, scene: str | None) -> list[Path]:
    """Return the paths of the scenes that are wanted of a microscope's file; the path itself of anything else."""
    if scene is None or not is_microscope_file(path) or not path.is_file():
        return [path]
    if scene != ALL_SCENES:
        return [path / scene]
    try:
        return scenes_of(path)
    except InputError:  # said when the image is opened, so that others are denoised all the same
        return [path]


def _stem_and_suffix(path: Path) -> tuple[str, str]:
    name = path.name
    if is_zarr(path):
        for suffix in (".ome.zarr", ".zarr"):
            if name.lower().endswith(suffix):
                return name[: -len(suffix)], suffix
        # An image inside a larger zarr is told by the name of that.
        outer = next((parent for parent in path.parents if parent.suffix == ".zarr"), None)
        return (f"{outer.stem}_{'_'.join(path.relative_to(outer).parts)}" if outer else name), ".zarr"
    if is_microscope_file(path):
        file, scene = split_scene(path)
        return "_".join([file.stem, *scene.split("/")] if scene else [file.stem]), ".ome.tif"
    for suffix in (".ome.tif", ".ome.tiff"):
        if name.lower().endswith(suffix):
            return name[: -len(suffix)] or name, ".ome.tif"
    stem = path.stem or name
    return stem, ".png" if path.suffix.lower() == ".png" else ".tif"
