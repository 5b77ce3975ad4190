"""Image files in and out: TIFF, PNG and zarr, each as it came, and microscopes' files in."""

from ..disk import atomic_path, check_writable, read_start, reason
from .image_file import UNKNOWN, ImageFile
from .microscope import scenes_of
from .opening import SUFFIXES, check_end, companions, is_zarr, open_image, read_image
from .png import png_software, write_png
from .scale import PixelSize, pixel_sizes
from .tiff import tiff_software, write_tiff
from .writing import check_can_hold, write_as, write_image
from .zarr import absent_chunks
from .zarr_results import add_levels, create_like, seal, zarr_software

__all__ = [
    "SUFFIXES",
    "UNKNOWN",
    "ImageFile",
    "PixelSize",
    "absent_chunks",
    "add_levels",
    "atomic_path",
    "check_can_hold",
    "check_end",
    "check_writable",
    "companions",
    "create_like",
    "is_zarr",
    "open_image",
    "pixel_sizes",
    "png_software",
    "read_image",
    "read_start",
    "reason",
    "scenes_of",
    "seal",
    "tiff_software",
    "write_as",
    "write_image",
    "write_png",
    "write_tiff",
    "zarr_software",
]
