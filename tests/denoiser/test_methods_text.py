"""The text for a paper says what was done with this model, and cites whom CITATION.cff names."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml

from napari_autostructn2v import Denoiser, methods_text
from napari_autostructn2v.cli import main
from napari_autostructn2v.denoiser.references import REFERENCES
from napari_autostructn2v.network import NEAR_AND_FAR
from napari_autostructn2v.noise import BlindMask, Quality

ROOT = Path(__file__).parents[2]
FILE = ROOT / "tests" / "data" / "model-0.1.0.safetensors"


@pytest.fixture(scope="module")
def model() -> Denoiser:
    return Denoiser.load(FILE)


def test_the_text_is_filled_with_the_models_own_settings(model: Denoiser) -> None:
    text = methods_text(model)
    height, width = model.mask.pattern.shape
    assert f"blind mask of {model.mask.pattern.sum()} pixels within {height} x {width}" in text
    assert f"for {model.steps['2']} steps of {model.settings.stage2.batch_size} crops" in text
    assert f"random seed {model.settings.random_seed}" in text
    assert f"standard deviation was {np.sqrt(model.noise.variance):.3g} grey levels" in text
    assert "correlated between pixels, by at most 0.71 (1 column apart)" in text


def test_one_stage_is_not_told_as_two(model: Denoiser) -> None:
    single = replace(
        model, networks={"1": model.networks["1"]}, mask=BlindMask(np.ones((1, 1), bool)), flattened=("rows",)
    )
    text = methods_text(single)
    assert "in one stage" in text
    assert "The result is that of stage 1." in text
    assert "Offsets of single rows were estimated and subtracted first." in text
    assert "structN2V [" not in text
    assert "Broaddus" not in text
    assert "Stein" not in text, "stage 1 has no smoothing"


def test_noise_without_correlation_and_stages_trained_differently(model: Denoiser) -> None:
    correlation = np.zeros_like(model.noise.correlation)
    white = replace(model.noise, correlation=correlation, standard_error=np.ones_like(correlation))
    stage2 = replace(model.settings.stage2, masking_strategy="zeros", early_stopping=False)
    text = methods_text(replace(model, noise=white, settings=replace(model.settings, stage2=stage2)))
    assert "independent from pixel to pixel" in text
    assert "Stage 1: The network" in text
    assert "replaced by zero" in text.partition("Stage 2: The network")[2]


def test_neighbouring_planes_are_told_where_the_network_saw_them(model: Denoiser) -> None:
    assert "neighbours on either side" not in methods_text(model)
    text = methods_text(replace(model, contexts={"2": NEAR_AND_FAR}))
    assert "neighbours on either side, as means over the planes at distances 1, 2 to 4, 5 to 12." in text


def test_figures_of_the_result_are_told_where_they_are_known(model: Denoiser) -> None:
    quality = Quality(0.97, 0.03, 0.01, 12.0)
    assert "0.97 times the variance of the measured noise" in methods_text(model, quality)
    assert "times the variance of the measured noise" not in methods_text(model)


def test_every_number_leads_to_a_reference_and_back(model: Denoiser) -> None:
    text, _, references = methods_text(model).partition("References\n")
    cited = {int(number) for group in re.findall(r"\[([\d, ]+)\]", text) for number in group.split(", ")}
    listed = [int(number) for number in re.findall(r"(?m)^\[(\d+)\]", references)]
    assert listed == sorted(cited) == list(range(1, len(listed) + 1))


@pytest.mark.skipif(not (ROOT / "CITATION.cff").is_file(), reason="needs the project's own files")
def test_references_are_those_of_the_citation_file() -> None:
    known = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))["references"]
    assert len(known) == len(REFERENCES)
    for entry in known:
        link = f"https://doi.org/{entry['doi']}" if "doi" in entry else entry.get("url") or entry["repository-code"]
        (text,) = (text for text in REFERENCES.values() if text.endswith(link))
        assert entry["title"] in text
        assert str(entry.get("year", "")) in text
        names = [author.get("family-names", "") for author in entry["authors"]]
        assert all(name in text for name in names)
        if "start" in entry:
            assert f"{entry['start']}-{entry['end']}" in text


def test_the_command_prints_the_text(model: Denoiser, capsys: pytest.CaptureFixture, tmp_path: Path) -> None:
    assert main(["methods", str(FILE)]) == 0
    assert capsys.readouterr().out == methods_text(model)
    assert main(["methods", str(tmp_path / "gone.safetensors")]) == 1
    assert "There is no file" in capsys.readouterr().err
