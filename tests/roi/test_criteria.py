"""Other things than intensity that make a patch structure, those of the user included."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from napari_autostructn2v.errors import InputError
from napari_autostructn2v.roi import (
    RoiScorer,
    criterion_names,
    find_roi_patches,
    register_criterion,
    unregister_criterion,
)
from napari_autostructn2v.roi.criteria import BUILT_IN, texture
from napari_autostructn2v.roi.plane import select_patches
from napari_autostructn2v.settings import RoiSettings


@pytest.fixture(autouse=True)
def no_leftovers() -> Iterator[None]:
    yield
    for name in set(criterion_names()) - set(BUILT_IN):
        unregister_criterion(name)


@pytest.fixture
def quarters() -> np.ndarray:
    """Return four quarters: flat and dark; bright and flat; dark with fine texture; a steep ramp."""
    rng = np.random.default_rng(5)
    image = np.full((256, 256), 100.0)
    image[:128, 128:] = 1000
    rows, columns = np.mgrid[:128, :128]
    image[128:, :128] += 60 * (np.sin(columns / 2.5) * np.sin(rows / 2.5))
    image[128:, 128:] = np.linspace(0, 2000, 128)
    return image + rng.normal(0, 5, image.shape)


def quarter_scores(image: np.ndarray, settings: RoiSettings) -> dict[str, float]:
    """Return the mean score of the patches well inside each quarter."""
    selection = select_patches(image, settings)
    means = {}
    for name, row, column in (("dark", 0, 0), ("bright", 0, 128), ("texture", 128, 0), ("ramp", 128, 128)):
        corners = selection.candidates - (row, column)
        inside = ((corners >= 16) & (corners <= 128 - 48)).all(axis=1)
        means[name] = float(selection.scores[inside].mean())
    return means


def test_mean_finds_what_is_bright(quarters):
    scores = quarter_scores(quarters, RoiSettings())
    assert scores["bright"] > max(scores["dark"], scores["texture"]) + 0.2


def test_gradient_finds_what_is_steep(quarters):
    scores = quarter_scores(quarters, RoiSettings(criteria=("gradient",)))
    assert min(scores["ramp"], scores["texture"]) > max(scores["dark"], scores["bright"]) + 0.2


def test_texture_finds_patterns_whatever_their_brightness(quarters):
    settings = RoiSettings(criteria=("texture",), scale_factor=1.0)
    scores = quarter_scores(quarters, settings)
    assert scores["texture"] > max(scores["dark"], scores["bright"]) + 0.2
    assert quarter_scores(quarters * 3 + 1e4, settings)["texture"] == pytest.approx(scores["texture"], abs=0.01)


def test_noise_is_no_texture():
    rows, columns = np.mgrid[:64, :64]
    noise = np.random.default_rng(0).normal(size=(64, 64))
    assert texture(noise).mean() < 0.3 < 0.7 < texture(np.sin(columns / 3) * np.sin(rows / 3)).mean()


def test_scores_follow_the_limits_of_the_band(quarters):
    scorer = RoiScorer(quarters)
    low, high = (scorer.scores(RoiSettings(criteria=("band",), band=band)) for band in ((0.1, 0.4), (0.6, 0.9)))
    assert np.corrcoef(low, high)[0, 1] < 0


def test_band_finds_intensities_between_two_limits(quarters):
    settings = RoiSettings(criteria=("band",), equalize="none", band=(0.45, 0.6))  # 1000 is halfway to 2000
    scores = quarter_scores(quarters, settings)
    assert scores["bright"] > 0.9 and max(scores["dark"], scores["texture"]) < 0.05


def test_all_and_any_are_set_operations(quarters):
    scorer = RoiScorer(quarters)

    def found(*criteria: str, combine: str = "all") -> set[tuple[int, ...]]:
        settings = RoiSettings(criteria=criteria, combine=combine, select_background=False, roi_threshold=0.6)
        return {tuple(corner) for corner in scorer.select(settings).coords.tolist()}

    assert found("mean", "gradient") == found("mean") & found("gradient")
    assert found("mean", "gradient", combine="any") == found("mean") | found("gradient")
    assert found("mean", "gradient") < found("mean")


def test_function_that_returns_a_mask(quarters):
    register_criterion("left", lambda image: np.broadcast_to(np.arange(image.shape[1]) < 100, image.shape))
    assert criterion_names()[-1] == "left"
    selection = select_patches(quarters, RoiSettings(criteria=("left",), select_background=False, roi_threshold=0.99))
    assert (selection.coords[:, 1] + 32 <= 100).all() and len(selection) == 15 * 5


def test_function_that_returns_numbers_beyond_0_to_1_is_ranked(quarters):
    register_criterion("column", lambda image: 100 * np.indices(image.shape)[1])
    selection = select_patches(quarters, RoiSettings(criteria=("column",)))
    assert selection.scores.min() > 0 and selection.scores.max() < 1
    assert (selection.coords[:, 1] + 16 < 128).all()


def test_function_that_returns_corners_decides_by_itself(quarters):
    seen = []

    def corners(image: np.ndarray, patch_size: int) -> list[tuple[float, float]]:
        seen.append((image.shape, image.min(), image.max(), patch_size))
        return [(3, 5), (70.2, 11), (1000, -4), (3, 5)]

    register_criterion("mine", corners)
    for background in (True, False):
        selection = select_patches(quarters, RoiSettings(criteria=("mine",), select_background=background))
        assert selection.coords.tolist() == [[3, 5], [70, 11], [224, 0]]
    assert seen[0] == ((256, 256), 0, 1, 32)
    edited = select_patches(quarters, RoiSettings(criteria=("mine",), removed=((3, 5),), added=((8, 8),)))
    assert edited.coords.tolist() == [[70, 11], [224, 0], [8, 8]]
    both = RoiSettings(criteria=("mean", "mine"), combine="any", select_background=False, roi_threshold=0.99)
    assert len(select_patches(quarters, both)) == 1  # the one at (224, 0) lies on the grid


def test_function_sees_a_reduced_copy_in_its_own_pixels(quarters):
    register_criterion("mine", lambda image, side: [(image.shape[0] - side, 10)])
    small = quarters.reshape(64, 4, 64, 4).mean((1, 3))
    selection = RoiScorer(small, shape=(256, 256)).select(RoiSettings(criteria=("mine",)))
    assert selection.coords.tolist() == [[224, 40]]


def test_function_that_finds_nothing(quarters):
    register_criterion("nothing", lambda image: [])
    assert len(select_patches(quarters, RoiSettings(criteria=("nothing",)))) == 0


def test_function_is_called_once_while_sliders_move_and_again_when_replaced(quarters):
    calls = []
    scorer = RoiScorer(quarters)

    def first(image: np.ndarray) -> np.ndarray:
        calls.append("first")
        return image

    register_criterion("mine", first)
    for threshold in (0.2, 0.5, 0.7):
        scorer.select(RoiSettings(criteria=("mine",), roi_threshold=threshold))
    assert calls == ["first"]
    before = scorer.scores(RoiSettings(criteria=("mine",)))
    register_criterion("mine", lambda image: 1 - image)
    assert scorer.scores(RoiSettings(criteria=("mine",))) == pytest.approx(1 - before, abs=1e-5)


def fail(image: np.ndarray) -> np.ndarray:
    raise RuntimeError("no luck")


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (fail, "'mine' failed: RuntimeError: no luck"),
        (lambda image: image[:10], r"shape \(10, 256\)"),
        (lambda image: None, "must return a map"),
        (lambda image: image * np.nan, "NaN"),
        (lambda image: [["a", "b"]], "must return a map"),
    ],
)
def test_functions_that_go_wrong_get_a_plain_sentence(quarters, function, message):
    register_criterion("mine", function)
    with pytest.raises(InputError, match=message):
        select_patches(quarters, RoiSettings(criteria=("mine",)))


def test_unknown_criterion_is_named_with_those_there_are(quarters):
    with pytest.raises(InputError, match="no criterion 'txture'; choose among mean, band, gradient, texture"):
        select_patches(quarters, RoiSettings(criteria=("txture",)))


@pytest.mark.parametrize(("name", "function"), [("mean", len), ("", len), ("mine", 3)])
def test_registration_refuses_what_cannot_work(name, function):
    with pytest.raises(InputError):
        register_criterion(name, function)


# The two examples of the published description, "Advanced Usage", as they stand there. Only the import line is ours,
# and the line that stands there as a comment is written out.

CUSTOM = """
from autoStructN2V.datasets.base import BaseNoiseDataset

class CustomDataset(BaseNoiseDataset):
    def custom_roi_selection(self, img_path):
        # Your custom logic
        img = self.load_image(0)

        # Example: Select based on texture
        from skimage.feature import local_binary_pattern
        lbp = local_binary_pattern(img, 8, 1)

        # Find high-texture regions
        texture_map = gaussian_filter(lbp, sigma=5)
        threshold = np.percentile(texture_map, 75)

        # Extract patch coordinates...
        return patch_coords
"""

MULTI_CRITERION = """
def advanced_roi_selection(img, patch_size):
    coords = []

    # Criterion 1: Intensity
    intensity_ok = (img > 0.3) & (img < 0.7)

    # Criterion 2: Gradient (edges)
    from scipy.ndimage import sobel
    gradient = np.hypot(sobel(img, axis=0), sobel(img, axis=1))
    gradient_ok = gradient > np.percentile(gradient, 25)

    # Combine criteria
    roi_mask = intensity_ok & gradient_ok

    # Extract patches from ROI
    # ... (sliding window over roi_mask)

    return coords
"""


def run_example(code: str, **lines: str) -> dict[str, object]:
    names: dict[str, object] = {"np": np, "gaussian_filter": gaussian_filter, "find_roi_patches": find_roi_patches}
    code = code.replace(
        "from autoStructN2V.datasets.base import BaseNoiseDataset",
        "from napari_autostructn2v.roi.published import BaseNoiseDataset",
    )
    for comment, line in lines.items():
        assert code.count(comment) == 1
        code = code.replace(comment, line)
    exec(textwrap.dedent(code), names)
    return names


def test_custom_example_of_the_description(quarters):
    names = run_example(
        CUSTOM,
        **{
            "# Extract patch coordinates...": "patch_coords = find_roi_patches("
            "texture_map > threshold, 32, threshold=0.5, above_threshold=True, scale_factor=1)"
        },
    )
    register_criterion("custom texture", names["CustomDataset"])
    selection = select_patches(quarters, RoiSettings(criteria=("custom texture",)))
    assert 0 < len(selection) < 0.5 * 225
    with pytest.warns(UserWarning, match="floating-point"):  # scikit-image's; kept from the user of a preview
        expected = names["CustomDataset"]([quarters]).custom_roi_selection(None)
    assert sorted(selection.coords.tolist()) == sorted(map(list, expected))


def test_multi_criterion_example_of_the_description(quarters):
    names = run_example(
        MULTI_CRITERION,
        **{
            "# ... (sliding window over roi_mask)": "coords = find_roi_patches("
            "roi_mask, patch_size, threshold=0.5, above_threshold=True, scale_factor=1)"
        },
    )
    register_criterion("multi", names["advanced_roi_selection"])
    selection = select_patches(quarters, RoiSettings(criteria=("multi",)))
    ramp = (selection.coords + 16 >= 128).all(axis=1)
    bright = (selection.coords[:, 0] + 16 < 128) & (selection.coords[:, 1] + 16 >= 128)
    assert len(selection) > 0 and (ramp | bright).all()
    # and the same by settings alone, which a file can hold
    settings = RoiSettings(
        criteria=("band", "gradient"), band=(0.3, 0.7), roi_threshold=0.25, select_background=False, equalize="none"
    )
    by_settings = select_patches(quarters, settings)
    assert 0 < len(by_settings) < len(by_settings.candidates)
