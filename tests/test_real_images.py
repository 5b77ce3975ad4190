"""Verdicts on real microscope images, where these are at hand."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from napari_autostructn2v import MaskSettings, RoiSettings, choose_mask, estimate_noise, read_image, select_patches

FOLDER = Path(os.environ.get("ASN2V_DATA", Path(__file__).parents[2] / "shared" / "data"))
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="no folder of real images (set ASN2V_DATA)")


def verdict(name, settings=None):
    image = read_image(FOLDER / f"{name}__noisy.tif")
    noise = estimate_noise(image, select_patches(image, RoiSettings()))
    return choose_mask(noise, image, settings or MaskSettings())


@pytest.mark.parametrize(
    "name",
    [
        "fmd/Confocal_FISH_1",
        "fmd/Confocal_BPAE_G_1",
        "fmd/TwoPhoton_BPAE_B_1",
        "dev/giga_actin20x_scmos",
        "dev/w2s_044_0",
        "dev/bacteria_hi16",
        "dev/evolve_fa_emccd",
    ],
)
def test_point_scanners_and_emccds_have_independent_noise(name):
    assert not verdict(name).is_structured


@pytest.mark.parametrize("name", ["fmd/WideField_BPAE_R_1", "dev/fmd_widefield_bpae_r"])
def test_widefield_noise_is_correlated_in_two_dimensions(name):
    height, width = verdict(name).pattern.shape
    assert min(height, width) >= 5


@pytest.mark.parametrize("name", ["dev/syn_vesicles_hcorr", "dev/scanr_nuclei_ccd", "dev/syn_actin_rowlines"])
def test_ccd_and_scanner_noise_is_correlated_along_rows(name):
    height, width = verdict(name).pattern.shape
    assert height == 1
    assert width >= 3
