"""The helpers of the published description, called as they are called there."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile

from napari_autostructn2v.errors import InputError
from napari_autostructn2v.roi import find_roi_patches, load_and_normalize_image, load_and_preprocess_image

# The description's examples as they stand there; only the lines that import are replaced.

ADAPTIVE = """
import numpy as np
from autoStructN2V.utils.image import load_and_normalize_image

# Load sample image
img = load_and_normalize_image('sample.tif')

# Calculate statistics
mean = np.mean(img)
median = np.median(img)

# Set threshold
roi_threshold = median  # Use median as threshold
print(f"Recommended threshold: {roi_threshold:.2f}")
"""

VISUALIZATION = """
import matplotlib.pyplot as plt
import numpy as np
from autoStructN2V.utils.image import load_and_normalize_image, load_and_preprocess_image
from autoStructN2V.utils.patching import find_roi_patches

# Load and preprocess
img = load_and_normalize_image('image.tif')
preprocessed = load_and_preprocess_image('image.tif', scale_factor=0.25)

# Find ROI patches
patch_coords = find_roi_patches(
    preprocessed,
    patch_size=32,
    threshold=0.5,
    above_threshold=False,  # Background
    max_patches=100,
    scale_factor=0.25
)

# Visualize
fig, axes = plt.subplots(1, 2, figsize=(12, 6))

# Original image
axes[0].imshow(img, cmap='gray')
axes[0].set_title("Original Image")
axes[0].axis('off')

# With ROI overlay
axes[1].imshow(img, cmap='gray')
for y, x in patch_coords:
    rect = plt.Rectangle((x, y), 32, 32, fill=False, edgecolor='red', linewidth=1)
    axes[1].add_patch(rect)
axes[1].set_title(f"ROI Patches (n={len(patch_coords)})")
axes[1].axis('off')

plt.tight_layout()
plt.show()
"""


def with_our_imports(code: str) -> str:
    for module in ("utils.image", "utils.patching"):
        code = code.replace(f"from autoStructN2V.{module} import", "from napari_autostructn2v import")
    assert "autoStructN2V" not in code
    return code


@pytest.fixture
def image(tmp_path, monkeypatch) -> np.ndarray:
    """Return an image of 12 bits in 16 that lies in the working directory; its left half is dark."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(2)
    image = rng.poisson(100, (400, 512)).astype(np.uint16)
    image[:, 256:] += rng.integers(0, 3900, (400, 256), dtype=np.uint16)
    tifffile.imwrite("sample.tif", image)
    tifffile.imwrite("image.tif", image)
    return image


def test_adaptive_threshold_example(image, capsys):
    names: dict[str, object] = {}
    exec(with_our_imports(ADAPTIVE), names)
    low, high = int(image.min()), int(image.max())
    expected = (np.median(image) - low) / (high - low)
    assert names["roi_threshold"] == pytest.approx(expected)
    assert capsys.readouterr().out == f"Recommended threshold: {expected:.2f}\n"


def test_visualization_example(image, monkeypatch):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    from matplotlib import pyplot as plt

    monkeypatch.setattr(plt, "show", lambda: None)
    names: dict[str, object] = {}
    exec(with_our_imports(VISUALIZATION), names)
    coords = np.array(names["patch_coords"])
    assert 0 < len(coords) <= 100
    assert len(names["axes"][1].patches) == len(coords)
    assert (coords[:, 1] + 32 <= 256 + 64).all()  # the windows, 128 pixels wide, lie at least half in the dark part
    plt.close(names["fig"])


def test_any_bit_depth_becomes_0_to_1(tmp_path):
    values = np.arange(4096).reshape(64, 64)
    for dtype in (np.uint16, np.int32, np.float32, ">u2"):
        tifffile.imwrite(tmp_path / "image.tif", values.astype(dtype))
        loaded = load_and_normalize_image(tmp_path / "image.tif")
        assert loaded.dtype == np.float32
        assert loaded == pytest.approx(values / 4095, abs=1e-6)


@pytest.mark.parametrize("scale_factor", [1.0, 0.5, 0.25, 0.1])
@pytest.mark.parametrize("equalize", ["global", "adaptive", "none"])
def test_preprocessed_image_is_shrunk_and_from_0_to_1(image, scale_factor, equalize):
    small = load_and_preprocess_image("image.tif", scale_factor, sigma=4, equalize=equalize)
    assert small.shape == (round(400 * scale_factor), round(512 * scale_factor))
    assert 0 <= small.min() < small.max() <= 1
    assert small[:, : small.shape[1] // 3].mean() < 0.5 < small[:, -small.shape[1] // 3 :].mean()


def test_smoothing_of_the_description_stays_available(image):
    assert np.ptp(np.diff(load_and_preprocess_image("image.tif", sigma=300), axis=0)) < 0.1


def test_borders_are_covered_where_the_stride_does_not_fit():
    small = np.zeros((50, 70))
    coords = np.array(find_roi_patches(small, 16, threshold=0.5, above_threshold=False, scale_factor=0.5))
    covered = np.zeros(small.shape, bool)
    for row, column in coords // 2:
        covered[row : row + 16, column : column + 16] = True
    assert covered.all()


def test_coordinates_are_scaled_back():
    small = np.ones((100, 100), np.float32)
    small[40:72, 20:52] = 0
    found = find_roi_patches(small, 32, threshold=0.01, above_threshold=False, scale_factor=0.25, overlap=0.875)
    assert found == [(160, 80)]


def test_at_most_max_patches_spread_over_the_image():
    small = np.zeros((128, 128))
    everything = find_roi_patches(small, 16, max_patches=None, scale_factor=1)
    some = find_roi_patches(small, 16, max_patches=10, scale_factor=1)
    assert len(everything) == 225 and len(some) == 10
    assert set(some) <= set(everything)
    assert np.ptp(np.array(some), axis=0).min() > 64
    assert find_roi_patches(small, 16, max_patches=0, scale_factor=1) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"preprocessed": np.zeros((10, 100))}, "smaller than a window of 32 x 32"),
        ({"preprocessed": np.zeros(100)}, "one plane"),
        ({"scale_factor": 0}, "scale_factor is 0"),
        ({"patch_size": 0}, "patch_size"),
    ],
)
def test_arguments_that_cannot_work_get_a_plain_sentence(arguments, message):
    with pytest.raises(InputError, match=message):
        find_roi_patches(**{"preprocessed": np.zeros((100, 100)), "patch_size": 32, **arguments})


def test_files_that_cannot_be_used_get_a_plain_sentence(tmp_path):
    with pytest.raises(InputError, match="no file"):
        load_and_normalize_image(tmp_path / "missing.tif")
    tifffile.imwrite(tmp_path / "stack.tif", np.random.default_rng(0).normal(size=(5, 64, 64)))
    with pytest.raises(InputError, match="stack"):
        load_and_preprocess_image(tmp_path / "stack.tif")
    tifffile.imwrite(tmp_path / "image.tif", np.eye(64))
    with pytest.raises(InputError, match="scale_factor"):
        load_and_preprocess_image(tmp_path / "image.tif", scale_factor=2)
