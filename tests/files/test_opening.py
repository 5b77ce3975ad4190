"""Results of the command line as others see them: in a fresh napari, with tifffile and with zarr; on real images."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import zarr
from helpers.stages import TINY

from napari_autostructn2v.cli import main
from napari_autostructn2v.settings import Settings

FOLDER = Path(os.environ.get("ASN2V_DATA", Path(__file__).parents[3] / "shared" / "data")) / "dev"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="no folder of real images (set ASN2V_DATA)")

AXES = {"TYX": "sima_twophoton_f10__frames20", "CYX": "", "YX": "n2v_sem__noisy"}
SIZE = {"Y": 0.25, "X": 0.24}  # micrometres
SECONDS, NAMES = 0.5, ["DAPI", "Phalloidin"]


def real_image(axes: str) -> np.ndarray:
    """A corner of real images, each with its own dtype."""
    if axes == "CYX":
        planes = [tifffile.imread(FOLDER / f"fmd_confocal_{name}__noisy.tif") for name in ("bpae_g", "fish")]
        return np.stack([plane[:128, :96] for plane in planes])
    return tifffile.imread(FOLDER / f"{AXES[axes]}.tif")[..., :112, :96][-6 if axes == "TYX" else 0 :]


@pytest.fixture(params=AXES)
def axes(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Settings(stages="1", stage1=TINY, device="cpu").save("tiny.toml")
    return request.param


def denoised(source: str) -> None:
    assert main(["denoise", source, "-o", "out", "--settings", "tiny.toml", "--quiet"]) == 0


def in_napari(make_napari_viewer: Any, path: str) -> Any:
    """Open a file with napari's own reader and return all its layers."""
    viewer = make_napari_viewer()
    viewer.open(path, plugin="napari")
    return list(viewer.layers)


def test_ome_tiff(axes: str, make_napari_viewer: Any) -> None:
    image = real_image(axes)
    metadata: dict[str, Any] = {"axes": axes}
    for axis in "YX":
        metadata |= {f"PhysicalSize{axis}": SIZE[axis], f"PhysicalSize{axis}Unit": "µm"}
    if "T" in axes:
        metadata |= {"TimeIncrement": SECONDS, "TimeIncrementUnit": "s"}
    if "C" in axes:
        metadata |= {"Channel": {"Name": NAMES}}
    tifffile.imwrite("cells.ome.tif", image, metadata=metadata, photometric="minisblack")
    denoised("cells.ome.tif")
    described = []
    for path in ("cells.ome.tif", "out/cells_denoised.ome.tif"):
        with tifffile.TiffFile(path) as tiff:
            series = tiff.series[0]
            ome = tifffile.xml2dict(tiff.ome_metadata)["OME"]["Image"]["Pixels"]
            ome.pop("TiffData")
            described.append((len(tiff.series), series.axes, series.shape, series.dtype, ome))
            result = tiff.asarray()
    assert described[0] == described[1]
    assert described[1][-1]["PhysicalSizeX"] == SIZE["X"]
    assert (result != image).any()
    (layer,) = in_napari(make_napari_viewer, "out/cells_denoised.ome.tif")
    assert (layer.data.shape, layer.data.dtype) == (image.shape, image.dtype)
    np.testing.assert_array_equal(layer.data, result)


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_ome_zarr(axes: str, version: str, make_napari_viewer: Any) -> None:
    image = real_image(axes)
    write_ome_zarr("cells.ome.zarr", image, axes, version)
    denoised("cells.ome.zarr")
    before, after = (zarr.open_group(path, mode="r") for path in ("cells.ome.zarr", "out/cells_denoised.ome.zarr"))
    attributes = dict(after.attrs)
    attributes.pop("napari-autostructn2v")
    assert attributes == dict(before.attrs)
    assert after.metadata.zarr_format == before.metadata.zarr_format
    for level in ("0", "1"):
        ours, theirs = after[level], before[level]
        assert (ours.shape, ours.dtype, ours.chunks) == (theirs.shape, theirs.dtype, theirs.chunks)
        assert getattr(ours.metadata, "dimension_names", None) == getattr(theirs.metadata, "dimension_names", None)
    assert (after["0"][...] != image).any()
    (layer,) = in_napari(make_napari_viewer, "out/cells_denoised.ome.zarr")
    assert layer.multiscale
    assert [tuple(level.shape) for level in layer.data] == [after["0"].shape, after["1"].shape]
    np.testing.assert_array_equal(np.asarray(layer.data[0]), after["0"][...])


def write_ome_zarr(path: str, image: np.ndarray, axes: str, version: str) -> None:
    """Write an image as the specification of OME-Zarr says, in two levels."""
    units = {"T": {"type": "time", "unit": "second"}, "C": {"type": "channel"}}
    space = {"type": "space", "unit": "micrometer"}
    datasets = []
    for level in range(2):
        scale = [SIZE[axis] * 2**level if axis in SIZE else SECONDS if axis == "T" else 1.0 for axis in axes]
        datasets.append({"path": str(level), "coordinateTransformations": [{"type": "scale", "scale": scale}]})
    named = [{"name": axis.lower(), **units.get(axis, space)} for axis in axes]
    ome: dict[str, Any] = {"multiscales": [{"name": "cells", "axes": named, "datasets": datasets}]}
    if "C" in axes:
        ome["omero"] = {"channels": [{"label": name, "color": "00FF00"} for name in NAMES]}
    if version == "0.4":
        ome["multiscales"][0]["version"] = version
        group = zarr.create_group(path, zarr_format=2, attributes=ome)
    else:
        group = zarr.create_group(path, zarr_format=3, attributes={"ome": ome | {"version": version}})
    for level in range(2):
        data = image[..., :: 2**level, :: 2**level]
        more: Any = {"dimension_names": list(axes.lower())} if version == "0.5" else {}
        chunks = (1,) * (data.ndim - 2) + data.shape[-2:]
        group.create_array(str(level), shape=data.shape, dtype=data.dtype, chunks=chunks, **more)[...] = data
