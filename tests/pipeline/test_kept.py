"""Where hardly anything that could be removed is noise, the original is kept, and a sentence says so."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from napari_autostructn2v import Settings, StageSettings, denoise

SETTINGS = Settings(
    stage1=StageSettings(crop_size=32, batch_size=4, patches_per_image=20, num_epochs=8), stages="1", start="scratch"
)


def test_detail_that_a_network_cannot_learn_is_kept_and_told():
    rng = np.random.default_rng(0)
    dots = np.zeros((160, 160))
    dots[tuple(rng.integers(0, 160, (2, 150)))] = rng.uniform(1000, 4000, 150)
    clean = 500 + 4 * ndimage.gaussian_filter(dots, 0.8)
    image = np.rint(clean + rng.normal(0, 12, clean.shape)).astype(np.uint16)
    result = denoise(image, SETTINGS)
    assert np.sqrt(np.mean((result.denoised - clean) ** 2)) < 12
    assert any("of the original is kept" in said for said in result.report.messages)


def test_an_ordinary_image_is_not_said_to_be_kept():
    rng = np.random.default_rng(0)
    clean = 100 * ndimage.gaussian_filter(rng.standard_normal((96, 96)), 6)
    result = denoise(clean + rng.normal(0, 12, clean.shape), SETTINGS)
    assert not any("is kept, since" in said for said in result.report.messages)
