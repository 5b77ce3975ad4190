"""The ROI tuning dock on images as they come: stacks, pyramids, lazy data, scaled and turned, and the unusable."""

from __future__ import annotations

import threading

import dask
import dask.array as da
import numpy as np
import pytest
from napari.components import Dims
from napari.layers import Image, Shapes

from napari_autostructn2v.roi import select_patches_stack
from napari_autostructn2v.roi.plane import select_patches
from napari_autostructn2v.settings import RoiSettings
from napari_autostructn2v.widgets.canvas.rectangles import corners_of
from napari_autostructn2v.widgets.image import ImageState
from napari_autostructn2v.widgets.roi import plane_preview as roi_preview

GENERATOR = np.random.default_rng(3)


def gradient(shape=(160, 192)) -> np.ndarray:
    """Dark on the left, bright on the right, and noisy."""
    return (np.linspace(0, 100, shape[1]) + GENERATOR.normal(0, 3, shape)).astype(np.float32)


@pytest.fixture
def viewer(make_napari_viewer):
    return make_napari_viewer()


@pytest.fixture
def dock(viewer):
    return viewer.window.add_plugin_dock_widget("napari-autostructn2v", "ROI tuning")[1]


def patches(viewer) -> Shapes | None:
    return next((layer for layer in viewer.layers if isinstance(layer, Shapes)), None)


def corners(viewer) -> list[list[int]]:
    layer = patches(viewer)
    return [] if layer is None else sorted(np.rint(corners_of(layer)[0]).astype(int).tolist())


def test_stack_follows_the_slice_slider(viewer, dock):
    stack = np.stack([gradient(), gradient()[:, ::-1], gradient()])
    viewer.add_image(stack)
    expected = select_patches_stack(stack, RoiSettings())
    for step in (0, 1):
        viewer.dims.set_current_step(0, step)
        dock.update_patches()
        assert corners(viewer) == sorted(expected[step].coords.tolist())
    viewer.dims.set_current_step(0, 0)
    assert patches(viewer).ndim == 2


def test_slider_alone_is_enough(viewer, dock, qtbot):
    stack = np.stack([gradient(), gradient()[:, ::-1]])
    viewer.add_image(stack)
    viewer.dims.set_current_step(0, 0)
    expected = select_patches_stack(stack, RoiSettings())
    qtbot.waitUntil(lambda: corners(viewer) == sorted(expected[0].coords.tolist()))
    viewer.dims.set_current_step(0, 1)
    qtbot.waitUntil(lambda: corners(viewer) == sorted(expected[1].coords.tolist()))


PLACES = [
    {"scale": (0.5, 0.2), "translate": (10, -5)},
    {"rotate": 30, "scale": (2, 2)},
    {"affine": [[1, 0.3, 4], [0.1, 2, 1], [0, 0, 1]], "shear": [0.5]},
    {"scale": (3, 0.5, 0.2), "translate": (7, 10, -5)},
    {"rotate": np.array([[1, 0, 0], [0, 0.8, -0.6], [0, 0.6, 0.8]]), "scale": (3, 0.5, 0.5)},
]


def test_rectangles_lie_on_the_image(viewer, dock):
    for place in PLACES:
        leading = (1,) if len(place.get("scale", ())) == 3 else ()
        image = viewer.add_image(np.broadcast_to(gradient(), (3,) * len(leading) + (160, 192)), **place)
        dock.update_patches()
        for _ in range(2):
            layer = patches(viewer)
            for point in ((0, 0), (31.5, 12), (100, 150)):
                ours, theirs = layer.data_to_world(point), image.data_to_world((*leading, *point))
                assert np.allclose(ours[-2:], theirs[-2:]), place
            image.scale = np.asarray(image.scale) * 1.5  # changed afterwards
            dock.update_patches()
        viewer.layers.clear()


def test_units_are_taken_over(viewer, dock):
    viewer.add_image(np.stack([gradient()] * 3), scale=(2, 0.1, 0.1), units=("s", "um", "um"))
    dock.update_patches()
    assert [str(unit) for unit in patches(viewer).units] == ["micrometer", "micrometer"]


def test_new_data_is_looked_at(viewer, dock, qtbot):
    image = viewer.add_image(gradient())
    dock.update_patches()
    before = corners(viewer)
    image.data = gradient()[:, ::-1]
    qtbot.waitUntil(lambda: corners(viewer) != before)
    assert corners(viewer) == sorted(select_patches(image.data).coords.tolist())


def test_pyramid_is_judged_by_a_coarse_level(viewer, dock, monkeypatch):
    monkeypatch.setattr(roi_preview, "MAX_PIXELS", 2**14)
    full = gradient((512, 640))
    viewer.add_image([full, full[::2, ::2], full[::4, ::4], full[::8, ::8]], multiscale=True)
    dock.update_patches()
    exact = {tuple(corner) for corner in select_patches(full).coords.tolist()}
    shown = {tuple(corner) for corner in corners(viewer)}
    assert len(exact ^ shown) < 0.05 * len(exact), "nearly the same patches"
    assert "8 × 8 pixels" in dock.background.section.count.text()


def read(dock, qtbot) -> None:
    """Wait until the plane on the screen has been read beside the window."""
    dock.update_patches()
    qtbot.waitUntil(lambda: not dock._preview.is_reading, timeout=10_000)
    dock.update_patches()


def test_lazy_data_is_read_sparingly_and_beside_the_window(viewer, dock, qtbot):
    planes, threads = [], set()

    def plane(block_info=None):
        planes.append(block_info[None]["chunk-location"][0])
        threads.add(threading.current_thread())
        return gradient()[None]

    lazy = da.map_blocks(plane, chunks=((1,) * 200, (160,), (192,)), dtype=np.float32, meta=np.empty((0, 0, 0), "f4"))
    with dask.config.set(scheduler="synchronous"):
        layer = viewer.add_image(lazy, contrast_limits=(0, 100))
        viewer.dims.set_current_step(0, 57)
        threads.clear()  # napari itself reads in the window's thread
        read(dock, qtbot)
        assert threading.main_thread() not in threads
        assert corners(viewer)
        assert len(set(planes)) <= 12, "the plane on the screen and a few that decide the common scale"
        layer.visible = False
        planes.clear()
        viewer.dims.set_current_step(0, 58)
        read(dock, qtbot)
        assert set(planes) == {58}


def test_while_a_plane_is_read_the_window_works_and_says_so(viewer, dock, qtbot):
    go_on = threading.Event()

    def plane(block_info=None):
        if threading.current_thread() is not threading.main_thread():
            go_on.wait(10)
        return gradient()[None]

    lazy = da.map_blocks(plane, chunks=((1,) * 3, (160,), (192,)), dtype=np.float32, meta=np.empty((0, 0, 0), "f4"))
    viewer.add_image(gradient(), name="before")
    dock.update_patches()
    with dask.config.set(scheduler="synchronous"):
        dock.image.layer = viewer.add_image(lazy, contrast_limits=(0, 100), name="slow")
        dock.update_patches()
        assert "Reading" in dock.background.section.count.text()
        assert patches(viewer) is None, "those of the image before"
        dock.background.section.threshold.setValue(0.3)
        go_on.set()
        qtbot.waitUntil(lambda: bool(corners(viewer)))
    assert "Reading" not in dock.background.section.count.text()
    assert dock.selections[0] is not None and dock.background.roi.roi_threshold == 0.3


def test_large_lazy_plane_is_sampled(viewer, dock, monkeypatch, qtbot):
    monkeypatch.setattr(roi_preview, "MAX_LAZY_PIXELS", 2**14)
    full = gradient((512, 640))
    viewer.add_image(da.from_array(full, chunks=128))
    read(dock, qtbot)
    exact = {tuple(corner) for corner in select_patches(full).coords.tolist()}
    assert len(exact ^ {tuple(corner) for corner in corners(viewer)}) < 0.05 * len(exact)
    assert "Large image" in dock.background.section.count.text()


def test_data_that_cannot_be_read_is_told(qtbot):
    def plane(block_info=None):
        if block_info[None]["chunk-location"][0]:
            raise OSError("truncated file")
        return gradient()[None]

    lazy = da.map_blocks(plane, chunks=((1,) * 3, (160,), (192,)), dtype=np.float32, meta=np.empty((0, 0, 0), "f4"))
    preview = roi_preview.PlanePreview()
    with qtbot.waitSignal(preview.ready):
        layer = Image(lazy, contrast_limits=(0, 1))
        preview.look_at(ImageState(layer, (RoiSettings(), RoiSettings())), layer, Dims(ndim=3))
    assert "truncated file" in str(preview.error)


UNUSABLE = [
    (gradient() > 50, {}, "mask"),
    (np.full((64, 64), 7.0), {}, "constant"),
    (np.where(gradient() > 99, np.nan, gradient()), {}, "no value"),
    (np.zeros((8, 8)), {}, "at least 16 x 16"),
]


def test_what_cannot_be_used_is_told(viewer, dock):
    for data, options, words in UNUSABLE:
        viewer.add_image(data, **options)
        dock.update_patches()
        assert words in dock.message.text
        assert patches(viewer) is None and dock.selections == (None, None)
        dock.background.section.threshold.setValue(0.3)  # still no error
        dock.background.section.auto_button.click()
        viewer.layers.clear()
        dock.update_patches()
        assert "No image is open" in dock.message.text
    viewer.add_labels(np.zeros((64, 64), int))
    viewer.add_points(np.zeros((3, 2)))
    dock.update_patches()
    assert "No image is open" in dock.message.text
    viewer.add_image(gradient())
    dock.update_patches()
    assert not dock.message.text and corners(viewer)


def test_image_smaller_than_a_patch_says_which_slider(viewer, dock):
    viewer.add_image(gradient((40, 50)))
    dock.update_patches()
    assert corners(viewer), "stage 1 has patches of 32 pixels"
    assert "patch_size" in dock.structure.section.message.text
    dock.structure.section.more.patch_size.setValue(32)
    dock.update_patches()
    assert not dock.structure.section.message.text


def test_turned_view_hides_the_rectangles(viewer, dock):
    viewer.add_image(np.stack([gradient()] * 20))
    dock.update_patches()
    assert patches(viewer).visible
    viewer.dims.order = (1, 0, 2)
    dock.update_patches()
    assert not patches(viewer).visible
    assert dock.background.section.show_box.isChecked()
    viewer.dims.order = (0, 1, 2)
    dock.update_patches()
    assert patches(viewer).visible


def test_any_dtype_and_layout(viewer, dock):
    plain = gradient().clip(0, 100).round()
    for dtype in ("uint8", ">u2", "int32", "float64"):
        image = np.asfortranarray(plain.astype(dtype))[::-1]
        image.flags.writeable = False
        viewer.add_image(image)
        dock.update_patches()
        assert corners(viewer) == sorted(select_patches(plain[::-1]).coords.tolist())
        viewer.layers.clear()


def test_three_dimensional_view(viewer, dock):
    viewer.add_image(np.stack([gradient(), gradient(), gradient()]))
    dock.update_patches()
    viewer.dims.ndisplay = 3
    dock.background.section.threshold.setValue(0.3)
    dock.update_patches()
    assert corners(viewer) == sorted(dock.selections[0].coords.tolist())
    viewer.dims.ndisplay = 2
    dock.background.section.threshold.setValue(0.4)
    dock.update_patches()
    assert corners(viewer) == sorted(dock.selections[0].coords.tolist())
