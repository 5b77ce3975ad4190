"""A model refuses what it was not made for, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from napari_autostructn2v.denoiser import Denoiser
from napari_autostructn2v.errors import ModelDoesNotFitError
from napari_autostructn2v.images import to_planes
from napari_autostructn2v.network import UNet
from napari_autostructn2v.noise import BlindMask, estimate_noise
from napari_autostructn2v.samples import scan_lines
from napari_autostructn2v.settings import Settings, StageSettings

IMAGE = scan_lines((128, 128)).astype(np.float64)


@pytest.fixture(scope="module")
def model() -> Denoiser:
    planes = to_planes(IMAGE)
    settings = Settings(stage1=StageSettings(features=4, num_layers=1))
    noise = estimate_noise(IMAGE)
    return Denoiser({"1": UNet(4, 1)}, settings, BlindMask(np.ones((1, 1))), noise, planes.offset, planes.scale)


@pytest.mark.parametrize("image", [IMAGE, IMAGE[:40, :40], IMAGE[64:, :64]])
def test_an_image_of_the_same_instrument_is_taken_as_it_is(model, image) -> None:
    assert model.fitted_to(image) == (model, "")
    assert model.predict(image).shape == image.shape


@pytest.mark.parametrize(
    ("gain", "offset"),
    [
        *((0.06, 0), (0.2, 0), (0.9, 0), (1.25, 0), (2, 0), (100, 0), (257, 0), (1 / 65535, 0)),
        *((1, -1000), (1, 300), (5, -4 * 1200), (0.2, 0.8 * 1200)),
    ],
)
def test_the_model_is_brought_onto_the_scale_of_an_image(model, gain, offset) -> None:
    """The result is that of the image as it was, on the other scale."""
    image = IMAGE * gain + offset
    moved, said = model.fitted_to(image)
    assert moved.scale / model.scale == pytest.approx(gain, rel=0.01)
    assert moved.offset == pytest.approx(gain * model.offset + offset, abs=0.02 * gain * model.scale)
    assert "so the model was adapted to it" in said
    expected = model.predict(IMAGE) * gain + offset
    assert np.abs(model.predict(image) - expected).mean() < 0.03 * gain * IMAGE.std()


def test_eight_bits_are_a_scale_as_well(model) -> None:
    image = (IMAGE / 20).astype(np.uint8)
    moved, _ = model.fitted_to(image)
    assert moved.scale * 20 == pytest.approx(model.scale, rel=0.05)
    assert model.predict(image).dtype == np.uint8


@pytest.mark.parametrize(
    "image",
    [
        IMAGE + 200_000,
        65535 - IMAGE,
        gaussian_filter(IMAGE, 3),  # hardly any noise
        gaussian_filter(IMAGE, 1) * 20 - 30_000,
    ],
)
def test_an_image_of_another_kind_is_refused_with_both_scales_and_a_way_out(model, image) -> None:
    with pytest.raises(ModelDoesNotFitError, match="does not fit the image") as caught:
        model.predict(image)
    said = str(caught.value)
    assert f"{model.offset:.4g}" in said
    assert f"{to_planes(image).offset:.4g}" in said
    assert "Train on this image" in said
    assert "anyway" in said
    assert model.predict(image, anyway=True).shape == image.shape


def test_a_bright_part_of_the_specimen_is_no_other_scale() -> None:
    """The noise of light grows with the light."""
    rng = np.random.default_rng(1)
    clean = np.full((256, 256), 50.0)
    clean[:, 128:] = 400
    clean += 40 * np.sin(np.arange(256) / 9)[:, None]
    image = rng.poisson(clean).astype(np.float32)
    planes = to_planes(image)
    settings = Settings(stage1=StageSettings(features=4, num_layers=1))
    noise = estimate_noise(image)
    model = Denoiser({"1": UNet(4, 1)}, settings, BlindMask(np.ones((1, 1))), noise, planes.offset, planes.scale)
    assert model.fitted_to(image[:, 128:])[0] is model
    assert model.fitted_to(image[:, :128])[0] is model


def test_frames_without_anything_do_not_count(model) -> None:
    movie = np.stack([np.zeros_like(IMAGE), IMAGE, np.zeros_like(IMAGE)])
    assert model.fitted_to(movie)[0] is model


def test_a_lazy_image_is_judged_by_some_of_its_planes(model) -> None:
    import dask.array

    movie = np.stack([IMAGE] * 3)
    lazy = dask.array.from_array(movie * 2, (1, 128, 128))
    np.testing.assert_allclose(model.predict(lazy).compute(), model.predict(movie * 2), rtol=1e-4)
    with pytest.raises(ModelDoesNotFitError):
        model.predict(lazy + 200_000)
    assert model.predict(lazy + 200_000, anyway=True).shape == movie.shape


def test_progress_comes_tile_by_tile_and_a_stop_ends_it(model) -> None:
    import threading

    from napari_autostructn2v.stop import Stopped

    seen: list[tuple[int, int]] = []
    stop = threading.Event()

    def on_tile(done: int, total: int) -> None:
        seen.append((done, total))
        if done == 2:
            stop.set()

    image = np.tile(IMAGE, (4, 4))
    with pytest.raises(Stopped):
        model.predict(image, tile=256, on_tile=on_tile, stop=stop)
    assert [done for done, _ in seen] == [1, 2]
    assert seen[0][1] == seen[1][1] > 2


class _SetLater:
    """A stop token that is set from a certain look on."""

    def __init__(self, look: int) -> None:
        self.looks_left = look

    def is_set(self) -> bool:
        self.looks_left -= 1
        return self.looks_left < 0


def test_a_stop_does_not_wait_for_the_eight_turns_of_a_tile(model) -> None:
    import torch

    from napari_autostructn2v.network import predict_planes
    from napari_autostructn2v.network.blind_spots import symmetries
    from napari_autostructn2v.stop import Stopped

    passes: list[int] = []
    network = model.networks["1"]
    handle = network.register_forward_hook(lambda *_: passes.append(1))
    turns = symmetries(np.ones((1, 1), bool))
    try:
        with torch.inference_mode(), pytest.raises(Stopped):
            predict_planes(network, to_planes(IMAGE).values, symmetries=turns, stop=_SetLater(3))
    finally:
        handle.remove()
    assert len(turns) == 8
    assert len(passes) == 3


def test_a_preview_under_way_ends_with_a_stop(model) -> None:
    import threading

    from napari_autostructn2v.network import NO_CONTEXT
    from napari_autostructn2v.pipeline.preview import Preview, Shown

    stop = threading.Event()
    preview = Preview(Shown(to_planes(IMAGE), 1, 0), 128, stop)
    preview.due = 0
    assert preview.next(model.networks["1"], NO_CONTEXT) is not None
    preview.due = 0
    stop.set()
    assert preview.next(model.networks["1"], NO_CONTEXT) is None
