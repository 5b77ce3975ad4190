"""Whatever a public function is given, it says in a sentence of its own what is wrong, and never hangs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_autostructn2v import (
    BlindMask,
    Denoiser,
    InputError,
    MaskSettings,
    Settings,
    StageSettings,
    choose_mask,
    denoise,
    estimate_noise,
    export_model,
    find_roi_patches,
    load_and_normalize_image,
    load_and_preprocess_image,
    methods_text,
    read_image,
    run,
    select_patches,
    suggest_threshold,
    write_image,
)

DATA = Path(__file__).parent / "data"
KNOWN = DATA / "model-0.1.0.npz"
IMAGE = np.random.default_rng(0).normal(100, 10, (64, 64))
NOISE = estimate_noise(IMAGE)
ONE_STAGE = Settings(stages="1")

OBJECTS = np.array([[None] * 32] * 32, dtype=object)
WRONG: dict[str, Any] = {
    "None": None,
    "a number": 5,
    "bytes": b"x",
    "a text": "x",
    "objects": OBJECTS,
    "a list": [1, 2],
    "an object": object(),
    "a table": {},
    "a date": np.datetime64("2020"),
}


def first(image: Any, settings: Any = ONE_STAGE, **arguments: Any) -> Any:
    return next(run(image, settings, **arguments))


#: What is called with each wrong value, and the wrong values that are right there.
CALLS: dict[str, tuple[Callable[[Any], Any], set[str]]] = {
    "denoise image": (denoise, set()),
    "denoise settings": (lambda wrong: denoise(IMAGE, wrong), {"None"}),
    "denoise progress": (lambda wrong: denoise(IMAGE, ONE_STAGE, progress=wrong), {"None"}),
    "run image": (lambda wrong: list(run(wrong, ONE_STAGE)), set()),
    "run settings": (lambda wrong: first(IMAGE, wrong), {"None"}),
    "run mask": (lambda wrong: first(IMAGE, mask=wrong), {"None"}),
    "run stop": (lambda wrong: first(IMAGE, stop=wrong), {"None"}),
    "run start": (lambda wrong: first(IMAGE, start=wrong), {"None"}),
    "run preview_plane": (lambda wrong: first(IMAGE, preview_plane=wrong), {"None"}),
    "estimate_noise image": (estimate_noise, set()),
    "estimate_noise patches": (lambda wrong: estimate_noise(IMAGE, wrong), {"None"}),
    "estimate_noise max_lag": (lambda wrong: estimate_noise(IMAGE, max_lag=wrong), {"a number"}),
    "NoiseModel.rescaled scale": (lambda wrong: NOISE.rescaled(wrong, 0), {"a number"}),
    "NoiseModel.rescaled offset": (lambda wrong: NOISE.rescaled(1, wrong), {"a number"}),
    "NoiseModel.variance_at": (NOISE.variance_at, {"a number", "a list"}),
    "choose_mask noise": (lambda wrong: choose_mask(wrong, IMAGE), set()),
    "choose_mask image": (lambda wrong: choose_mask(NOISE, wrong), set()),
    "choose_mask settings": (lambda wrong: choose_mask(NOISE, IMAGE, wrong), set()),
    "select_patches image": (select_patches, set()),
    "select_patches settings": (lambda wrong: select_patches(IMAGE, wrong), {"None"}),
    "suggest_threshold image": (suggest_threshold, set()),
    "suggest_threshold settings": (lambda wrong: suggest_threshold(IMAGE, wrong), {"None"}),
    "find_roi_patches image": (lambda wrong: find_roi_patches(wrong, 16), set()),
    "find_roi_patches patch_size": (lambda wrong: find_roi_patches(IMAGE, wrong), {"a number"}),
    "find_roi_patches threshold": (lambda wrong: find_roi_patches(IMAGE, 16, wrong), {"a number"}),
    "find_roi_patches max_patches": (
        lambda wrong: find_roi_patches(IMAGE, 16, max_patches=wrong),
        {"None", "a number"},
    ),
    "find_roi_patches scale_factor": (lambda wrong: find_roi_patches(IMAGE, 16, scale_factor=wrong), set()),
    "find_roi_patches overlap": (lambda wrong: find_roi_patches(IMAGE, 16, overlap=wrong), set()),
    "load_and_normalize_image path": (load_and_normalize_image, set()),
    "read_image path": (read_image, set()),
    "write_image path": (lambda wrong: write_image(wrong, IMAGE), set()),
    "write_image image": (lambda wrong: write_image("x.tif", wrong), set()),
    "BlindMask": (BlindMask, set()),
    "BlindMask.from_rows": (BlindMask.from_rows, set()),
    "BlindMask.load": (BlindMask.load, set()),
    "Denoiser.load": (Denoiser.load, set()),
    "methods_text model": (methods_text, set()),
    "export_model model": (lambda wrong: export_model(wrong, "x.zip"), set()),
    "export_model path": (lambda wrong: export_model(None, wrong), set()),  # type: ignore[arg-type]
    "Settings.from_preset": (Settings.from_preset, set()),
}


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("call", CALLS)
def test_wrong_types_are_refused_in_words(call: str, wrong: str, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    function, right = CALLS[call]
    if wrong in right:
        return
    with pytest.raises(InputError, match=r"\.$"):
        function(WRONG[wrong])


@pytest.fixture(scope="module")
def model() -> Denoiser:
    return Denoiser.load(DATA / "model-0.1.0.safetensors")


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("name", ["stage", "device", "dtype", "tile"])
def test_predictions_refuse_wrong_arguments(model: Denoiser, name: str, wrong: str) -> None:
    image = np.load(KNOWN)["image"]
    if wrong == "None" and name != "device":
        return
    with pytest.raises(InputError, match=r"\.$"):
        model.predict(image, **{name: WRONG[wrong]})
    if wrong != "a text":
        with pytest.raises(InputError, match=r"\.$"):
            model.predict(WRONG[wrong])


@pytest.mark.parametrize("tile", [7, -1, 0, 16, 100, 300, 1e9, 2.5])
def test_tiles_that_make_no_sense_are_refused_instead_of_waited_for(model: Denoiser, tile: Any) -> None:
    image = np.load(KNOWN)["image"]
    with pytest.raises(InputError, match="it must be a whole number from 256 to 16384 pixels, a multiple of 16"):
        model.predict(image, tile=tile)


@pytest.mark.parametrize("lag", [-3, 0, 10**6, 2.5, float("nan"), True])
def test_lags_that_make_no_sense_are_refused(lag: Any) -> None:
    with pytest.raises(InputError, match=r"max_lag is .*; it must be a whole number from 1 to 128 pixels"):
        estimate_noise(IMAGE, max_lag=lag)


@pytest.mark.parametrize(
    "image",
    [
        np.full((64, 64), np.nan),
        np.zeros((64, 64)),
        np.zeros(5),
        np.zeros((0, 4)),
        IMAGE[:3, :3],
        IMAGE * 1j,
        IMAGE > 9,
    ],
)
def test_no_mask_is_chosen_for_what_is_no_image(image: np.ndarray) -> None:
    with pytest.raises(InputError, match=r"\.$"):
        choose_mask(NOISE, image)


def test_a_mask_is_chosen_for_stacks_of_any_dimensions() -> None:
    stack = np.random.default_rng(1).normal(100, 10, (2, 2, 64, 64))
    assert not choose_mask(NOISE, stack).is_structured


def test_what_stands_under_a_mask_does_not_count(model: Denoiser) -> None:
    mask = np.zeros(IMAGE.shape, bool)
    mask[10:20, 30:34] = True
    results = []
    for hidden in (1e6, np.nan):
        masked = np.ma.masked_array(np.where(mask, hidden, IMAGE), mask=mask)
        predicted = model.predict(masked, anyway=True)
        results.append(predicted)
        assert np.array_equal(np.ma.getmaskarray(predicted), mask)
        assert estimate_noise(masked).variance == pytest.approx(NOISE.variance, rel=0.2)
        assert select_patches(masked).patch_size == 32
    assert np.array_equal(results[0].data, results[1].data)
    assert not isinstance(model.predict(IMAGE, anyway=True), np.ma.MaskedArray)


def test_a_run_masks_its_results_as_the_image_was_masked() -> None:
    stage = StageSettings(num_epochs=1, patches_per_image=2, batch_size=2, features=4, crop_size=32)
    stack = np.stack([IMAGE, IMAGE[::-1]])
    masked = np.ma.masked_greater(stack, 120)
    result = denoise(masked, Settings(stage1=stage, stages="1"))
    for image in (result.denoised, result.stage1):
        assert isinstance(image, np.ma.MaskedArray)
        assert np.array_equal(image.mask, masked.mask)
        assert np.isfinite(image.data).all()
    assert result.stage2 is None


def test_an_image_that_is_all_masked_is_refused() -> None:
    with pytest.raises(InputError, match=r"^Every pixel of the image is masked"):
        denoise(np.ma.masked_array(IMAGE, mask=True))


@pytest.mark.parametrize("plane", [2, 10**9])
def test_a_preview_of_a_plane_that_is_not_there_is_refused(plane: int) -> None:
    with pytest.raises(InputError, match=rf"^preview_plane is {plane}, but the image has 2 planes"):
        first(np.stack([IMAGE, IMAGE]), preview_plane=plane)


@pytest.mark.parametrize("scale", [0, -1, np.nan, np.inf, 1e200])
def test_a_noise_model_is_rescaled_by_a_positive_number(scale: float) -> None:
    with pytest.raises(InputError, match=r"^scale is .*; it must be a number from"):
        NOISE.rescaled(scale, 0)


@pytest.mark.parametrize("pattern", [("01", "1"), ("012",), ("",), ("111", "")])
def test_the_rows_of_a_drawn_mask_are_texts_of_0_and_1_of_one_length(pattern: tuple[str, ...]) -> None:
    with pytest.raises(InputError, match=r"^pattern is .*equally long texts of 0 and 1\.$"):
        MaskSettings(source="editor", pattern=pattern)


@pytest.mark.parametrize(
    ("name", "wrong"), [("scale_factor", 2), ("scale_factor", "x"), ("sigma", -1), ("patch_size", 0), ("equalize", "x")]
)
def test_the_published_helpers_have_the_ranges_of_the_settings(tmp_path: Path, name: str, wrong: Any) -> None:
    write_image(tmp_path / "image.tif", IMAGE.astype(np.float32))
    with pytest.raises(InputError, match=rf"^{name} is .*; it must be "):
        load_and_preprocess_image(tmp_path / "image.tif", **{name: wrong})
