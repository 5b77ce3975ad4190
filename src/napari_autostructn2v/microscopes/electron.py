"""MRC files of electron microscopes, read by mrcfile."""

from __future__ import annotations

from pathlib import Path

from .scene import OTHER_AXIS, Scene, pick

__all__ = ["open_mrc"]


def open_mrc(path: Path, wanted: str) -> Scene:
    """Open an MRC file: an image, a stack of images, or a volume."""
    import mrcfile

    pick(path, ("",), wanted)
    document = mrcfile.open(path, mode="r") if path.suffix.lower() in (".gz", ".bz2") else mrcfile.mmap(path, mode="r")
    array = document.data
    axes = OTHER_AXIS * (array.ndim - 2) + "YX"
    if array.ndim == 3 and document.is_volume():
        axes = "ZYX"
    size = document.voxel_size  # in Ångström
    spacing = {axis: float(size[axis.lower()]) / 1e4 for axis in "XYZ" if float(size[axis.lower()]) > 0}
    return Scene(array, axes, spacing=spacing, close=document.close)
