"""Which reader opens a microscope's file, and which of its scenes a path names."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path
from typing import NamedTuple

from ..disk import fingerprint
from ..errors import InputError
from .scene import Scene

__all__ = ["MICROSCOPE_SUFFIXES", "is_microscope_file", "open_scene", "scene_fingerprint", "split_scene"]


class _Reader(NamedTuple):
    """Where a kind of file is opened, and the library that does it."""

    module: str
    function: str
    library: str


_CZI = _Reader("zeiss", "open_czi", "pylibCZIrw")
_ND2 = _Reader("nikon", "open_nd2", "nd2")
_LIF = _Reader("leica", "open_lif", "liffile")
_OIR = _Reader("olympus", "open_oir", "oirfile")
_IMS = _Reader("hdf5", "open_imaris", "h5py")
_HDF5 = _Reader("hdf5", "open_hdf5", "h5py")
_MRC = _Reader("electron", "open_mrc", "mrcfile")

_READERS = {
    ".czi": _CZI, ".nd2": _ND2, ".lif": _LIF, ".oir": _OIR, ".ims": _IMS, ".h5": _HDF5, ".hdf5": _HDF5, ".mrc": _MRC,
    ".mrcs": _MRC, ".rec": _MRC,
}  # fmt: skip

#: With which Python a library can be installed, where not with each.
_PYTHONS = {"oirfile": ", with Python 3.12 or newer", "pylibCZIrw": ", with Python 3.13 or older"}

#: Ends of the names of files that only microscopes write; what else may lie in an HDF5 or MRC file is not known.
MICROSCOPE_SUFFIXES = tuple(suffix for suffix, reader in _READERS.items() if reader not in (_HDF5, _MRC))


def split_scene(path: Path) -> tuple[Path, str]:
    """Return the file that a path leads to, and the scene that it names inside; none for the file itself.

    ``cells.lif/Series003`` is the scene Series003 of cells.lif, as ``cells.zarr/0`` is an array of cells.zarr.
    """
    for parent in path.parents:
        if parent.suffix.lower() in _READERS and parent.is_file():
            return parent, path.relative_to(parent).as_posix()
    return path, ""


def is_microscope_file(path: Path) -> bool:
    """Return whether a path leads to a microscope's file or a scene in one, going by its name."""
    return split_scene(path)[0].suffix.lower() in _READERS


def open_scene(path: Path) -> Scene:
    """Open a microscope's file, or a scene in one, without reading its pixels.

    Raises
    ------
    InputError
        If the library that reads it is not installed, or there is no such scene.
    """
    file, wanted = split_scene(path)
    reader = _READERS[file.suffix.lower()]
    if importlib.util.find_spec(reader.library) is None:
        raise InputError(
            f"{file} needs one more package to be read, {reader.library}: pip install 'napari-autostructn2v[bio]'"
            f"{_PYTHONS.get(reader.library, '')}. Or save the image as TIFF."
        )
    module = importlib.import_module(f".{reader.module}", __package__)
    scene: Scene = getattr(module, reader.function)(file, wanted)
    return scene


def scene_fingerprint(path: Path) -> str:
    """Return a digest of what an image holds: of its file, and of which scene it is where it is one."""
    file, wanted = split_scene(path)
    return f"{fingerprint(file)}/{wanted}" if wanted else fingerprint(file)
