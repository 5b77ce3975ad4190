"""Microscopes' files come in with their scenes, axes, sizes and names, and go out as OME-TIFF that has them too."""

from __future__ import annotations

import importlib.util
import struct
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tifffile
from helpers.nd2_file import write_nd2

from napari_autostructn2v.batch import find_inputs, targets_of
from napari_autostructn2v.cli import main
from napari_autostructn2v.errors import InputError
from napari_autostructn2v.files import open_image, read_image, write_as
from napari_autostructn2v.microscopes import scene_fingerprint, split_scene
from napari_autostructn2v.microscopes.scene import LazyPlanes, letters

STACK = np.random.default_rng(0).integers(0, 4000, (3, 2, 24, 32)).astype(np.uint16)  # ZCYX


def written(source: Path, target: Path) -> dict[str, Any]:
    """What the OME-XML of a result says that holds the pixels of a source."""
    with open_image(source) as image:
        write_as(target, image.array, like=image, axes=image.axes)
        np.testing.assert_array_equal(tifffile.imread(target), np.squeeze(image.read()))
    with tifffile.TiffFile(target) as tiff:
        pixels = tifffile.xml2dict(tiff.ome_metadata)["OME"]["Image"]["Pixels"]
    channels = pixels["Channel"] if isinstance(pixels["Channel"], list) else [pixels["Channel"]]
    return pixels | {"names": [channel.get("Name") for channel in channels]}


# CZI ------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def czi_file(tmp_path: Path) -> Path:
    """A file of two scenes."""
    czi = pytest.importorskip("pylibCZIrw.czi")
    path = tmp_path / "cells.czi"
    with czi.create_czi(str(path)) as document:
        for scene in range(2):
            for z, c in np.ndindex(3, 2):
                plane = {"Z": z, "C": c, "T": 0}
                document.write((STACK[z, c] + scene)[..., None], plane=plane, scene=scene, location=(scene * 99, 7))
        document.write_metadata("cells", channel_names={0: "DAPI", 1: "GFP"}, scale_x=1e-7, scale_y=1e-7, scale_z=5e-7)
    return path


def test_scenes_of_a_czi_are_addressed_as_if_it_were_a_folder(czi_file: Path, tmp_path: Path) -> None:
    with open_image(czi_file) as image:
        assert (image.kind, image.axes, image.names) == ("microscope", "ZCYX", ("DAPI", "GFP"))
        assert "scene2" in image.messages[0]
        np.testing.assert_array_equal(image.read((slice(1, None), -1, ..., slice(3, 9))), STACK[1:, -1, :, 3:9])
    np.testing.assert_array_equal(read_image(czi_file), STACK)
    np.testing.assert_array_equal(read_image(czi_file / "scene2"), STACK + 1)
    said = written(czi_file / "scene2", tmp_path / "out.ome.tif")
    assert said["names"] == ["DAPI", "GFP"]
    assert (said["PhysicalSizeX"], said["PhysicalSizeZ"], said["PhysicalSizeXUnit"]) == (
        pytest.approx(0.1), pytest.approx(0.5), "µm"
    )  # fmt: skip


def test_a_scene_that_is_not_there_is_refused_with_those_that_are(czi_file: Path) -> None:
    with pytest.raises(InputError, match=r"has no scene scene9; it has scene1, scene2\."):
        read_image(czi_file / "scene9")


def test_all_scenes_of_a_file_become_inputs_with_results_of_their_own(czi_file: Path, tmp_path: Path) -> None:
    assert find_inputs([str(czi_file)]) == [czi_file]
    assert find_inputs([str(czi_file)], scene="scene2") == [czi_file / "scene2"]
    scenes = find_inputs([str(tmp_path)], scene="all")
    assert scenes == [czi_file / "scene1", czi_file / "scene2"]
    names = [path.name for path in targets_of(scenes, tmp_path / "out")]
    assert names == ["cells_scene1_denoised.ome.tif", "cells_scene2_denoised.ome.tif"]
    assert len({scene_fingerprint(path) for path in [czi_file, *scenes]}) == 3


def test_command_tells_the_scenes(czi_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", str(czi_file)]) == 0
    assert "scenes:     scene1, scene2" in capsys.readouterr().out


def test_colours_of_a_czi_are_read_from_red_to_blue(tmp_path: Path) -> None:
    czi = pytest.importorskip("pylibCZIrw.czi")
    colours = np.random.default_rng(1).integers(0, 255, (24, 32, 3)).astype(np.uint8)
    with czi.create_czi(str(tmp_path / "slide.czi")) as document:
        document.write(colours[..., ::-1])
    with open_image(tmp_path / "slide.czi") as image:
        assert image.axes == "YXS"
        np.testing.assert_array_equal(image.read(), colours)


@pytest.mark.parametrize("name", ["cells.czi", "cells.lif", "cells.ims", "cells.h5", "cells.mrc", "cells.nd2"])
def test_what_is_no_such_file_is_refused_in_words(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"nothing that any microscope writes" * 100)
    with pytest.raises(InputError, match=r"could not be read; it may be truncated or damaged|pip install"):
        read_image(tmp_path / name)


# LIF ------------------------------------------------------------------------------------------------------------------


def lif_bytes(images: dict[str, np.ndarray]) -> bytes:
    """A LIF file of stacks with the axes ZYX."""

    def block(content: bytes) -> bytes:
        return struct.pack("<II", 0x70, len(content)) + content

    elements, memory = "", b""
    for number, (name, stack) in enumerate(images.items()):
        sizes = stack.shape[::-1]
        steps = [stack.itemsize * int(np.prod(sizes[:axis])) for axis in range(3)]
        dimensions = "".join(
            f'<DimensionDescription DimID="{axis + 1}" NumberOfElements="{size}" Origin="0" '
            f'Length="{(size - 1) * (2e-7 if axis < 2 else 1e-6)}" Unit="m" BitInc="0" BytesInc="{step}"/>'
            for axis, (size, step) in enumerate(zip(sizes, steps, strict=True))
        )
        elements += (
            f'<Element Name="{name}" UniqueID="{number}"><Data><Image><ImageDescription><Channels>'
            '<ChannelDescription DataType="0" ChannelTag="0" Resolution="16" NameOfMeasuredQuantity="" Min="0" '
            'Max="4095" Unit="" LUTName="Green" IsLUTInverted="0" BytesInc="0" BitInc="0"/></Channels>'
            f"<Dimensions>{dimensions}</Dimensions></ImageDescription></Image></Data>"
            f'<Memory Size="{stack.nbytes}" MemoryBlockID="MemBlock_{number}"/></Element>'
        )
        key = f"MemBlock_{number}"
        memory += block(b"\x2a" + struct.pack("<QBI", stack.nbytes, 0x2A, len(key)) + key.encode("utf-16-le"))
        memory += stack.tobytes()
    text = (
        '<LMSDataContainerHeader Version="2"><Element Name="cells.lif" UniqueID="x"><Data><Experiment/></Data>'
        f'<Memory Size="0" MemoryBlockID="MemBlock_x"/><Children>{elements}</Children></Element>'
        "</LMSDataContainerHeader>"
    )
    return block(b"\x2a" + struct.pack("<I", len(text)) + text.encode("utf-16-le")) + memory


def test_images_of_a_lif_come_by_their_names(tmp_path: Path) -> None:
    pytest.importorskip("liffile")
    path = tmp_path / "cells.lif"
    path.write_bytes(lif_bytes({"before": STACK[:, 0], "after": STACK[:, 1]}))
    with open_image(path / "after") as image:
        assert (image.axes, image.names, image.chunks) == ("ZYX", ("Green",), (1, 24, 32))
        np.testing.assert_array_equal(image.read(), STACK[:, 1])
    assert find_inputs([str(path)], scene="all") == [path / "before", path / "after"]
    said = written(path / "before", tmp_path / "out.ome.tif")
    assert (said["PhysicalSizeX"], said["PhysicalSizeZ"]) == (pytest.approx(0.2), pytest.approx(1))


def test_rows_of_a_scan_through_the_depth_are_called_y() -> None:
    assert letters(["T", "Z", "Y", "X"]) == "TZYX"
    assert letters(["C", "Z", "X"]) == "CYX"
    assert letters(["Y", "C", "Z", "X"]) == "ZCYX"
    assert letters(["λ", "Y", "X", "S"]) == "?YXS"


# Imaris, HDF5, MRC ----------------------------------------------------------------------------------------------------


def test_imaris_file_is_read_without_its_padding(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")

    def letter_by_letter(text: str) -> np.ndarray:
        return np.array(list(text.encode()), "u1").view("S1")

    path = tmp_path / "cells.ims"
    with h5py.File(path, "w") as document:
        about = document.create_group("DataSetInfo/Image").attrs
        extents = {"ExtMin0": "1", "ExtMax0": "9", "ExtMin1": "0", "ExtMax1": "6", "ExtMin2": "0", "ExtMax2": "3"}
        for name, text in ({"X": "32", "Y": "24", "Z": "3", "Unit": "um"} | extents).items():
            about[name] = letter_by_letter(text)
        for channel, name in enumerate(["DAPI", "GFP"]):
            document.create_group(f"DataSetInfo/Channel {channel}").attrs["Name"] = letter_by_letter(name)
            padded = np.pad(STACK[:, channel], ((0, 1), (0, 8), (0, 32)))
            document[f"DataSet/ResolutionLevel 0/TimePoint 0/Channel {channel}/Data"] = padded
    said = written(path, tmp_path / "out.ome.tif")
    assert said["names"] == ["DAPI", "GFP"]
    assert (said["PhysicalSizeX"], said["PhysicalSizeY"], said["PhysicalSizeZ"]) == (0.25, 0.25, 1)
    np.testing.assert_array_equal(read_image(path), STACK)
    channel = "DataSet/ResolutionLevel 0/TimePoint 0/Channel 0"
    with h5py.File(tmp_path / "other.h5", "w") as other, h5py.File(path, "r+") as document:
        other["Data"] = document[channel]["Data"][()]
        del document[channel]["Data"]
        document[channel]["Data"] = h5py.ExternalLink("other.h5", "Data")
    with pytest.raises(InputError, match="in another file"):
        read_image(path)


def test_data_sets_of_an_hdf5_file_are_scenes(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "cells.h5"
    with h5py.File(path, "w") as document:
        document["table"] = np.arange(9)
        document["raw/first"] = STACK[:, 0]
        document["raw/second"] = STACK[:, 1]
        document["raw/second"].attrs["element_size_um"] = [2.0, 0.5, 0.25]
        for axis, name in enumerate("zyx"):
            document["raw/second"].dims[axis].label = name
    with open_image(path / "raw/second") as image:
        assert image.axes == "ZYX"
    with open_image(path) as image:
        assert image.axes == "???"
        assert "raw/second" in image.messages[0]
    assert written(path / "raw" / "second", tmp_path / "out.ome.tif")["PhysicalSizeY"] == 0.5
    assert targets_of([path / "raw" / "second"], tmp_path)[0].name == "cells_raw_second_denoised.ome.tif"


@pytest.mark.parametrize("kind", ["raw", "virtual", "of a virtual part"])
def test_an_hdf5_file_leads_to_no_other_file(tmp_path: Path, kind: str) -> None:
    h5py = pytest.importorskip("h5py")
    (tmp_path / "secret").write_bytes(STACK.tobytes())
    with h5py.File(tmp_path / "other.h5", "w") as document:
        document["own"] = STACK
    path = tmp_path / "cells.h5"
    with h5py.File(path, "w") as document:
        stored = document.create_dataset(
            "raw", STACK.shape, "u2", external=[(str(tmp_path / "secret"), 0, STACK.nbytes)]
        )
        for name, source in {
            "virtual": h5py.VirtualSource(str(tmp_path / "other.h5"), "own", STACK.shape),
            "of a virtual part": h5py.VirtualSource(stored),
        }.items():
            layout = h5py.VirtualLayout(STACK.shape, "u2")
            layout[:] = source
            document.create_virtual_dataset(name, layout)
    with pytest.raises(InputError, match="in another file"):
        read_image(path / kind)


def test_a_virtual_data_set_of_the_file_itself_is_read(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "cells.h5"
    with h5py.File(path, "w") as document:
        document["own"] = STACK
        layout = h5py.VirtualLayout(STACK.shape, "u2")
        layout[:] = h5py.VirtualSource(document["own"])
        document.create_virtual_dataset("virtual", layout)
    np.testing.assert_array_equal(read_image(path / "virtual"), STACK)


def test_volume_of_an_electron_microscope_keeps_its_voxel(tmp_path: Path) -> None:
    mrcfile = pytest.importorskip("mrcfile")
    path = tmp_path / "cells.mrc"
    with mrcfile.new(path) as document:
        document.set_data(STACK[:, 0].astype(np.int16))
        document.voxel_size = 5.0  # Ångström
    said = written(path, tmp_path / "out.ome.tif")
    assert said["PhysicalSizeZ"] == pytest.approx(0.0005)
    with mrcfile.new(path, overwrite=True) as document:
        document.set_data(STACK[:, 0].astype(np.int16))
        document.set_image_stack()
    with open_image(path) as image:
        assert image.axes == "?YX"


# ND2 and OIR, which no library writes: stand-ins say what the libraries say of such files -----------------------------


def test_positions_of_an_nd2_are_scenes(tmp_path: Path) -> None:
    pytest.importorskip("nd2")
    frames = np.random.default_rng(2).integers(0, 4000, (3, 2, 24, 32, 2)).astype(np.uint16)  # T, P, Y, X, C
    path = tmp_path / "cells.nd2"
    write_nd2(path, frames, names=["DAPI", "FITC"], pixel_size=0.325, seconds=0.5)
    with open_image(path / "position2") as image:
        assert (image.kind, image.axes, image.names) == ("microscope", "TCYX", ("DAPI", "FITC"))
        np.testing.assert_array_equal(image.read(), np.moveaxis(frames[:, 1], -1, 1))
        np.testing.assert_array_equal(image.read((2, 1, ..., slice(3, 9))), frames[2, 1, :, 3:9, 1])
    said = written(path / "position1", tmp_path / "out.ome.tif")
    assert (said["names"], said["TimeIncrement"], said["PhysicalSizeX"]) == (["DAPI", "FITC"], 0.5, 0.325)
    assert "PhysicalSizeZ" not in said
    path.write_bytes(path.read_bytes()[:-20_000])
    with pytest.raises(InputError, match="truncated or damaged"):
        read_image(path / "position1")


def test_oir_file_is_read_with_its_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class OirFile:
        sizes = dict(zip("ZCYX", STACK.shape, strict=True))  # noqa: RUF012
        coord_scales = {"Z": 0.5, "Y": 0.1, "X": 0.1}  # noqa: RUF012
        channels = (SimpleNamespace(name="CH1"), SimpleNamespace(name="CH2"))

        def __init__(self, path: Path) -> None: ...

        def asarray(self) -> np.ndarray:
            return STACK

        def __enter__(self) -> OirFile:
            return self

        def __exit__(self, *error: object) -> None: ...

    stand_in(monkeypatch, "oirfile", OirFile=OirFile)
    path = tmp_path / "cells.oir"
    path.write_bytes(b"OLYMPUSRAWFORMAT")
    said = written(path, tmp_path / "out.ome.tif")
    assert (said["names"], said["PhysicalSizeZ"]) == (["CH1", "CH2"], 0.5)


@pytest.mark.skipif(importlib.util.find_spec("oirfile") is None, reason="needs oirfile, so Python 3.12")
def test_the_library_of_oir_files_offers_what_is_asked_of_it() -> None:
    """No file of this kind is at hand, so that at least the names of the stand-in are the library's own."""
    import oirfile

    assert {"sizes", "coord_scales", "channels", "asarray", "__enter__"} <= set(dir(oirfile.OirFile))


def stand_in(monkeypatch: pytest.MonkeyPatch, name: str, **content: Any) -> None:
    """Put a module in the place of a library."""
    module = ModuleType(name)
    module.__spec__ = SimpleNamespace(name=name)  # type: ignore[assignment]
    vars(module).update(content)
    monkeypatch.setitem(sys.modules, name, module)


# Without the libraries ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".czi", ".nd2", ".lif", ".oir", ".ims", ".h5", ".mrc"])
def test_a_library_that_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    (tmp_path / f"cells{suffix}").write_bytes(b"anything")
    with pytest.raises(InputError, match=r"pip install 'napari-autostructn2v\[bio\]'"):
        read_image(tmp_path / f"cells{suffix}")


def test_a_path_inside_a_file_names_a_scene_only_where_the_file_is_there(tmp_path: Path) -> None:
    assert split_scene(tmp_path / "no.lif" / "one") == (tmp_path / "no.lif" / "one", "")
    (tmp_path / "cells.lif").write_bytes(b"")
    assert split_scene(tmp_path / "cells.lif" / "group" / "one") == (tmp_path / "cells.lif", "group/one")
    with pytest.raises(InputError, match="empty file"):
        read_image(tmp_path / "cells.lif" / "one")


def test_lazy_planes_index_as_arrays_do() -> None:
    lazy = LazyPlanes(STACK.shape, STACK.dtype, 2, lambda at: STACK[at])
    for index in [..., 0, (-1, 1), (slice(None), 0), (slice(2, 2),), (..., 5), (slice(0, 3, 2), slice(1, None), 4)]:
        np.testing.assert_array_equal(lazy[index], STACK[index])


# napari ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("large", [False, True], ids=["at once", "plane by plane"])
def test_napari_opens_every_scene_with_its_channels_sizes_and_axes(
    czi_file: Path, monkeypatch: pytest.MonkeyPatch, large: bool
) -> None:
    from napari.components import ViewerModel
    from npe2 import PluginManager

    PluginManager.instance().discover()
    if large:
        monkeypatch.setattr("napari_autostructn2v.reader._SMALL_BYTES", 0)
    viewer = ViewerModel()
    viewer.open(czi_file, plugin="napari-autostructn2v")
    names = [f"cells scene{scene} {channel}" for scene in (1, 2) for channel in ("DAPI", "GFP")]
    assert [layer.name for layer in viewer.layers] == names
    assert [layer.visible for layer in viewer.layers] == [True, True, False, False]
    layer = viewer.layers["cells scene2 GFP"]
    np.testing.assert_array_equal(np.asarray(layer.data), STACK[:, 1] + 1)
    np.testing.assert_allclose(layer.scale, [0.5, 0.1, 0.1])
    assert [str(unit) for unit in layer.units] == ["micrometer"] * 3
    assert layer.axis_labels == ("Z", "Y", "X")
