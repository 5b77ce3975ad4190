"""What a microscopist relies on when patches are selected."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_autostructn2v.errors import InputError
from napari_autostructn2v.roi import ROI_PRESETS, PatchSelection, RoiScorer, suggest_threshold
from napari_autostructn2v.roi.plane import select_patches
from napari_autostructn2v.settings import RoiSettings, Settings, StageSettings

BACKGROUND = RoiSettings()
STRUCTURE = RoiSettings(select_background=False)


def cells(shape: tuple[int, int] = (200, 260), *, bright: bool = False) -> np.ndarray:
    """Return a noisy image, uint16, whose right part (columns from 160 on) is full of structure."""
    rng = np.random.default_rng(3)
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    structure = (columns >= 160) * (1 + np.sin(rows / 3) * np.sin(columns / 3))
    image = 500 + 400 * structure * (-0.5 if bright else 1) + rng.normal(0, 20, shape)
    return image.clip(0).astype(np.uint16)


def pairs(coords: np.ndarray) -> set[tuple[int, int]]:
    return {(int(row), int(column)) for row, column in coords}


def test_background_lies_in_the_empty_part_and_structure_in_the_other():
    image = cells()
    background, structure = select_patches(image, BACKGROUND), select_patches(image, STRUCTURE)
    assert len(background) > 20 and len(structure) > 20
    assert (background.coords[:, 1] + 32 <= 160).mean() > 0.95
    assert (structure.candidates[structure.scores > 0.7][:, 1] + 32 > 160).all()


def test_default_settings_are_those_of_stage_1():
    image = cells()
    assert np.array_equal(select_patches(image).coords, select_patches(image, Settings().stage1.roi).coords)


def test_selected_are_the_candidates_on_one_side_of_the_threshold():
    selection = select_patches(cells(), replace(BACKGROUND, roi_threshold=0.4))
    assert pairs(selection.coords) == pairs(selection.candidates[selection.scores < 0.4])
    selection = select_patches(cells(), replace(STRUCTURE, roi_threshold=0.4))
    assert pairs(selection.coords) == pairs(selection.candidates[selection.scores > 0.4])


@pytest.mark.parametrize("equalize", ["global", "adaptive", "none"])
@pytest.mark.parametrize("sigma", [None, 0, 300])
def test_every_way_of_preprocessing_gives_scores_from_0_to_1(equalize, sigma):
    scores = select_patches(cells(), replace(BACKGROUND, equalize=equalize, sigma=sigma)).scores
    assert scores.dtype == np.float32
    assert 0 <= scores.min() < scores.max() <= 1


def test_threshold_reads_as_the_darkest_share_of_the_image():
    image = np.random.default_rng(0).gamma(0.5, 1000, (256, 256))
    for share in (0.2, 0.5, 0.8):
        settings = RoiSettings(roi_threshold=share, patch_size=8, overlap=0, sigma=8, scale_factor=1)
        assert select_patches(image, settings).share(image.shape) == pytest.approx(share, abs=0.06)


def test_grid_stays_where_it_is_when_the_sliders_move():
    scorer = RoiScorer(cells())
    grid = scorer.select(BACKGROUND).candidates
    for change in ({"scale_factor": 0.07}, {"scale_factor": 1.0}, {"roi_threshold": 0.1}, {"sigma": 30.0}):
        assert np.array_equal(scorer.select(replace(BACKGROUND, **change)).candidates, grid)


def test_shrinking_little_changes_scores_little():
    scorer = RoiScorer(cells())
    fine = scorer.scores(replace(BACKGROUND, scale_factor=1.0))
    assert np.abs(scorer.scores(replace(BACKGROUND, scale_factor=0.5)) - fine).mean() < 0.02
    assert np.abs(scorer.scores(replace(BACKGROUND, scale_factor=0.02)) - fine).mean() > 0.02


def test_score_is_the_mean_of_the_equalised_image_in_the_window():
    image = cells((128, 128))
    settings = RoiSettings(scale_factor=1.0, sigma=0, equalize="none")
    scorer = RoiScorer(image)
    equalized = scorer.criterion_map("mean", settings)
    assert equalized.shape == image.shape
    expected = [equalized[row : row + 32, column : column + 32].mean() for row, column in scorer.candidates(settings)]
    assert scorer.scores(settings) == pytest.approx(np.array(expected), abs=1e-5)


def test_coarse_grid_under_a_wide_gaussian_changes_nothing_that_matters():
    from scipy.ndimage import gaussian_filter

    image = cells((700, 700)).astype(np.float64)
    settings = RoiSettings(scale_factor=1.0, sigma=16, equalize="none")
    exact = gaussian_filter(image, 16)
    low, high = np.quantile(exact, [5e-4, 1 - 5e-4])
    scorer = RoiScorer(image)
    expected = [
        ((exact[row : row + 32, column : column + 32] - low) / (high - low)).mean()
        for row, column in scorer.candidates(settings)
    ]
    assert scorer.scores(settings) == pytest.approx(np.array(expected), abs=0.02)


def test_remembered_results_are_those_of_a_fresh_start():
    image = cells()
    scorer = RoiScorer(image)
    rng = np.random.default_rng(1)
    choices = {
        "roi_threshold": (0.3, 0.6),
        "scale_factor": (0.1, 0.25, 0.9),
        "patch_size": (16, 32),
        "overlap": (0.0, 0.5),
        "sigma": (None, 4.0),
        "equalize": ("global", "none"),
        "background": ("dark", "bright", "auto"),
        "criteria": (("mean",), ("band", "gradient"), ("texture",)),
        "combine": ("all", "any"),
        "band": ((0.2, 0.6), (0.4, 0.9)),
        "select_background": (True, False),
    }
    for _ in range(40):
        settings = RoiSettings(**{name: values[rng.integers(len(values))] for name, values in choices.items()})
        fresh, remembered = select_patches(image, settings), scorer.select(settings)
        assert np.array_equal(fresh.coords, remembered.coords)
        assert np.array_equal(fresh.scores, remembered.scores)


def test_shared_results_cannot_be_spoilt():
    selection = RoiScorer(cells()).select(BACKGROUND)
    with pytest.raises(ValueError):
        selection.scores[0] = 1
    with pytest.raises(ValueError):
        selection.candidates[0] = 1


def test_reduced_copy_of_a_large_image_selects_like_the_image():
    image = cells((512, 640))
    small = image.reshape(128, 4, 160, 4).mean((1, 3))
    whole, reduced = RoiScorer(image).select(BACKGROUND), RoiScorer(small, shape=image.shape).select(BACKGROUND)
    assert np.array_equal(whole.candidates, reduced.candidates)
    assert np.abs(whole.scores - reduced.scores).max() < 0.01


def test_preview_and_training_may_ask_at_the_same_time():
    from concurrent.futures import ThreadPoolExecutor

    image = cells((512, 512))
    settings = [RoiSettings(scale_factor=scale, patch_size=side) for scale in (0.1, 0.2, 0.4) for side in (16, 24, 32)]
    expected = [select_patches(image, one).scores for one in settings]
    scorer = RoiScorer(image)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda one: scorer.select(one).scores, settings * 4))
    assert all(np.array_equal(first, second) for first, second in zip(expected * 4, found, strict=True))


def test_random_patches_come_from_everywhere():
    selection = select_patches(cells(), RoiSettings(use_roi=False))
    assert len(selection) == len(selection.candidates)
    assert selection.share((200, 260)) == 1


def test_no_patch_may_be_selected():
    selection = select_patches(cells(), RoiSettings(roi_threshold=0))
    assert selection.coords.shape == (0, 2)
    assert not selection.mask((200, 260)).any()
    assert selection.share((200, 260)) == 0


# --- by hand ---------------------------------------------------------------------------------------------------------


def test_removed_patches_stay_out_and_added_ones_come_in():
    scorer = RoiScorer(cells())
    before = scorer.select(BACKGROUND)
    out = tuple(tuple(map(int, corner)) for corner in before.coords[:2])
    after = scorer.select(replace(BACKGROUND, removed=out, added=((3, 225),)))
    assert pairs(after.coords) == (pairs(before.coords) - set(out)) | {(3, 225)}
    # a new threshold keeps the edits
    wide = scorer.select(replace(BACKGROUND, removed=out, added=((3, 225),), roi_threshold=0.9))
    assert not pairs(wide.coords) & set(out)
    assert (3, 225) in pairs(wide.coords)


def test_added_patch_is_moved_inside_the_image_and_counted_once():
    scorer = RoiScorer(cells())
    first = tuple(map(int, scorer.select(BACKGROUND).coords[0]))
    selection = scorer.select(replace(BACKGROUND, added=((-9, 1000), first)))
    assert (0, 260 - 32) in pairs(selection.coords)
    assert len(pairs(selection.coords)) == len(selection.coords)


def test_edits_travel_in_a_settings_file():
    roi = RoiSettings(added=[[1, 2], (3, 4)], removed=[(5, 6)], criteria=["mean", "texture"], band=[0.1, 0.9])
    settings = Settings(stage1=StageSettings(roi=roi))
    assert Settings.from_toml(settings.to_toml()) == settings
    assert hash(settings) == hash(Settings.from_toml(settings.to_toml()))


# --- help choosing ---------------------------------------------------------------------------------------------------


def test_median_threshold_selects_half_of_the_patches():
    image = cells()
    settings = replace(BACKGROUND, roi_threshold=suggest_threshold(image, method="median"))
    selection = select_patches(image, settings)
    assert len(selection) / len(selection.candidates) == pytest.approx(0.5, abs=0.05)


def test_suggested_threshold_keeps_structure_out_of_the_background_where_the_median_does_not():
    image = cells((256, 256))[:, 90:]  # 70 of 166 columns are empty
    empty = np.zeros(image.shape, bool)
    empty[:, :70] = True

    def purity(threshold: float) -> float:
        coords = select_patches(image, replace(BACKGROUND, roi_threshold=threshold)).coords
        return float(np.mean([empty[row : row + 32, column : column + 32].mean() for row, column in coords]))

    assert purity(suggest_threshold(image)) > purity(suggest_threshold(image, method="median"))
    assert purity(suggest_threshold(image)) > 0.9


def test_patches_that_show_structure_are_told_from_noise_of_any_brightness_and_correlation():
    from scipy.ndimage import gaussian_filter

    rng = np.random.default_rng(4)
    rows, columns = np.mgrid[:256, :256]
    light = 20 + columns / 4.0  # brighter to the right, with the noise that belongs to it
    noise = gaussian_filter(rng.normal(size=light.shape), (0, 1)) * 2 * np.sqrt(light)
    texture = np.where(columns >= 192, 10 * np.sin(rows / 4) * np.sin(columns / 4), 0)
    for image in (light + noise + texture, rng.poisson(light + texture).astype(np.uint8)):
        scorer = RoiScorer(image)
        index, shows = scorer.structured(BACKGROUND)
        corners = scorer.candidates(BACKGROUND)[index]
        assert shows[corners[:, 1] >= 192].mean() > 0.9
        assert shows[corners[:, 1] + 32 <= 192].mean() < 0.05
    assert not RoiScorer(noise).structured(BACKGROUND)[1].mean() > 0.03


def test_suggested_background_leaves_out_structure_as_dim_as_the_background():
    rng = np.random.default_rng(4)
    rows, columns = np.mgrid[:256, :256]
    dim = (columns >= 60) & (columns < 160)
    clean = 100 + 30 * (columns >= 160) + dim * (3 + 6 * np.sin(rows / 4) * np.sin(columns / 4))
    scorer = RoiScorer(clean + rng.normal(0, 3, clean.shape))
    settings = replace(BACKGROUND, roi_threshold=suggest_threshold(scorer))
    assert scorer.structured_share(settings) <= 0.1 < scorer.structured_share(BACKGROUND)


def test_suggested_threshold_selects_something_on_either_side():
    for seed, settings in ((0, BACKGROUND), (1, STRUCTURE), (2, replace(BACKGROUND, equalize="none"))):
        image = np.random.default_rng(seed).normal(size=(100, 100))
        threshold = suggest_threshold(image, settings)
        selection = select_patches(image, replace(settings, roi_threshold=threshold))
        assert 0 < len(selection) < len(selection.candidates)


def test_empty_end_of_the_intensities_is_found():
    dark, bright = cells(), cells(bright=True)
    automatic = replace(BACKGROUND, background="auto")
    assert RoiScorer(dark).background(automatic) == "dark"
    assert RoiScorer(bright).background(automatic) == "bright"
    empty = (select_patches(bright, automatic).coords[:, 1] + 32 <= 160).mean()
    assert empty > 0.95 > (select_patches(bright, BACKGROUND).coords[:, 1] + 32 <= 160).mean()


def test_bright_background_is_dark_background_of_the_negative():
    image = cells()
    negative = select_patches(image.max() - image, replace(BACKGROUND, background="bright"))
    assert np.abs(negative.scores - select_patches(image).scores).max() < 1e-3


def test_patches_that_are_all_alike_are_told_from_varied_ones():
    scorer = RoiScorer(cells())
    empty = scorer.diversity(replace(BACKGROUND, roi_threshold=0.3))
    everything = scorer.diversity(RoiSettings(use_roi=False))
    assert empty < 0.1 < everything == 1
    assert scorer.diversity(RoiSettings(roi_threshold=0)) == 0


def test_share_counts_overlapping_patches_once():
    coords = np.array([[0, 0], [0, 8], [5, 3], [16, 24]])
    selection = PatchSelection(coords, 16, np.zeros(4, np.float32), coords)
    assert selection.share((32, 40)) == pytest.approx(selection.mask((32, 40)).mean())


@pytest.mark.parametrize("name", ROI_PRESETS)
def test_presets_are_usable(name):
    preset = ROI_PRESETS[name]
    assert preset.description.endswith(".")
    image = cells((128, 128))
    assert preset.stage1.select_background and not preset.stage2.select_background
    for settings in (preset.stage1, preset.stage2):
        select_patches(image, settings)


# --- images as they are ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.full((64, 64), 7), "constant"),
        (np.where(np.eye(64) > 0, np.nan, 1.0), "64 pixels that are NaN"),
        (np.zeros((0, 64)), "empty"),
        (np.random.default_rng(0).normal(size=(20, 300)), "20 x 300 pixels, smaller than a patch of 32 x 32"),
        (np.random.default_rng(0).normal(size=(5, 64, 64)), "pick one plane"),
        (np.random.default_rng(0).normal(size=(64, 64, 3)), "RGB"),
        (np.eye(64, dtype=bool), "mask"),
        (np.eye(64) * 1j, "complex"),
        (None, "no image"),
        ([["a"] * 64] * 64, "numbers"),
    ],
)
def test_images_that_cannot_be_used_get_a_plain_sentence(image, message):
    with pytest.raises(InputError, match=message):
        select_patches(image)


def test_too_many_windows_are_refused_before_memory_runs_out():
    with pytest.raises(InputError, match="lower overlap"):
        RoiScorer(np.eye(2100)).select(RoiSettings(patch_size=8, overlap=0.99))


@pytest.mark.parametrize(
    "bad",
    [
        {"roi_threshold": float("nan")},
        {"sigma": -1},
        {"sigma": float("inf")},
        {"band": (0.7, 0.3)},
        {"band": 3},
        {"criteria": "mean"},
        {"criteria": ()},
        {"added": [(1,)]},
        {"removed": ["ab"]},
        {"combine": "none"},
    ],
)
def test_settings_out_of_range_get_a_plain_sentence(bad):
    with pytest.raises(InputError):
        RoiSettings(**bad)


def test_lazy_read_only_and_strided_images_work():
    da = pytest.importorskip("dask.array")
    image = cells()
    expected = select_patches(image).coords
    frozen = image.copy()
    frozen.flags.writeable = False
    strided = np.repeat(np.repeat(image, 2, 0), 3, 1)[::2, ::3]
    for same in (frozen, strided, np.asfortranarray(image), da.from_array(image, chunks=70), image.tolist()):
        assert np.array_equal(select_patches(same).coords, expected)


def test_image_is_not_changed():
    image = cells()
    before = image.copy()
    select_patches(image, replace(BACKGROUND, criteria=("mean", "gradient", "texture", "band")))
    assert np.array_equal(image, before)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_small_signal_on_a_large_offset_is_seen(dtype):
    image = cells()
    offset = {np.float32: 0, np.float64: 1e12}[dtype]
    assert np.array_equal(select_patches(image.astype(dtype) + offset).coords, select_patches(image).coords)


def test_spans_beyond_32_bits_are_no_obstacle():
    image = cells().astype(np.float64)
    expected = select_patches(image)
    for factor in (2.0**300, 2.0**-300):
        assert np.abs(select_patches(image * factor).scores - expected.scores).max() < 1e-3
