"""Image files in and out: TIFF, PNG and zarr, each as it came."""

from .atomic import atomic_path, check_writable
from .image_file import UNKNOWN, ImageFile
from .opening import SUFFIXES, is_zarr, open_image, read_image, write_image
from .png import png_software, write_png
from .reading import read_start, reason
from .tiff import tiff_software, write_tiff
from .zarr import absent_chunks, add_levels, create_like, zarr_software

__all__ = [
    "SUFFIXES",
    "UNKNOWN",
    "ImageFile",
    "absent_chunks",
    "add_levels",
    "atomic_path",
    "check_writable",
    "create_like",
    "is_zarr",
    "open_image",
    "png_software",
    "read_image",
    "read_start",
    "reason",
    "tiff_software",
    "write_image",
    "write_png",
    "write_tiff",
    "zarr_software",
]
