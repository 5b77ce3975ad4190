"""A model refuses what it was not made for, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from napari_autostructn2v.denoiser import Denoiser
from napari_autostructn2v.errors import InputError
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
    noise = estimate_noise(planes.values)
    return Denoiser({"1": UNet(4, 1)}, settings, BlindMask(np.ones((1, 1))), noise, planes.offset, planes.scale)


@pytest.mark.parametrize(
    "image",
    [
        IMAGE,
        (IMAGE - 1200) * 5 + 1200,  # five times the exposure
        (IMAGE - 1200) / 5 + 1200,
        IMAGE - 1000,  # another camera offset
        IMAGE[:40, :40],
        np.clip(IMAGE, 0, 1500),
    ],
)
def test_an_image_that_merely_differs_in_exposure_or_content_is_taken(model, image) -> None:
    model.check_fit(image)
    assert model.predict(image).shape == image.shape


@pytest.mark.parametrize("image", [IMAGE / 65535, IMAGE * 257, IMAGE + 1e6, 65535 - IMAGE])
def test_an_image_on_another_scale_is_refused_with_both_scales(model, image) -> None:
    with pytest.raises(InputError, match="does not fit the image") as caught:
        model.predict(image)
    assert f"{model.offset:.4g}" in str(caught.value)
    assert f"{to_planes(image).offset:.4g}" in str(caught.value)
    with pytest.raises(InputError, match="does not fit the image"):
        model.check_fit(image)


def test_progress_comes_tile_by_tile_and_a_stop_ends_it(model) -> None:
    import threading

    from napari_autostructn2v.stop import Stopped

    seen: list[tuple[int, int]] = []
    stop = threading.Event()

    def on_tile(done: int, total: int) -> None:
        seen.append((done, total))
        if done == 2:
            stop.set()

    image = np.tile(IMAGE, (2, 3))
    with pytest.raises(Stopped):
        model.predict(image, tile=192, on_tile=on_tile, stop=stop)
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
