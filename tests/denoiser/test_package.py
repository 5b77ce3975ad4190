"""A model in a bioimage.io package does what it does here, and comes back as it was."""

from __future__ import annotations

import importlib.util
import io
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from napari_autostructn2v import Denoiser, InputError, export_model
from napari_autostructn2v.cli import main
from napari_autostructn2v.denoiser import is_model, summarize_model
from napari_autostructn2v.network import NEAR_AND_FAR, Context, UNet, run_torchscript

MODEL = Path(__file__).parents[1] / "data" / "model-0.1.0.safetensors"
RANDOM = np.random.default_rng(0)


@pytest.fixture(scope="module")
def model() -> Denoiser:
    return Denoiser.load(MODEL)


def image_for(model: Denoiser, *shape: int) -> np.ndarray:
    """Noise on the scale of a model, with a bright square that counts as structure."""
    image = RANDOM.normal(model.offset, model.scale, shape)
    image[..., 20:40, 30:50] += 8 * model.scale
    return image.astype(np.float32)


def with_context(model: Denoiser, context: Context) -> Denoiser:
    """The model with an untrained last network that looks at other planes."""
    torch.manual_seed(0)
    stage = model.settings.stage2
    network = UNet(stage.features, stage.num_layers, context.channels).eval().requires_grad_(False)
    return replace(model, networks={**model.networks, "2": network}, contexts={"2": context})


def described(path: Path) -> dict:
    with zipfile.ZipFile(path) as package:
        return yaml.safe_load(package.read("rdf.yaml"))


def opened_elsewhere(path: Path, image: np.ndarray) -> np.ndarray:
    """What a program makes of an image that knows nothing but the description of the model."""
    about = described(path)
    with zipfile.ZipFile(path) as package:
        program = package.read(about["weights"]["torchscript"]["source"])
    before, after = (about[side][0][step][0]["kwargs"] for side, step in
                     (("inputs", "preprocessing"), ("outputs", "postprocessing")))  # fmt: skip
    result = run_torchscript(program, image * np.float32(before["gain"]) + np.float32(before["offset"]))
    return result * np.float32(after["gain"]) + np.float32(after["offset"])


@pytest.mark.parametrize("sides", [(96, 96), (101, 90)])
def test_other_programs_get_the_same_pixels(model: Denoiser, tmp_path: Path, sides: tuple[int, int]) -> None:
    export_model(model, tmp_path / "model.zip")
    image = image_for(model, *sides)
    bare = replace(model, usual_excess=None, flattened=())
    expected = bare.predict_part(image)
    assert np.abs(expected - image).max() > model.scale
    got = opened_elsewhere(tmp_path / "model.zip", image[None, None])[0, 0]
    np.testing.assert_allclose(got, expected, atol=1e-4 * model.scale)


@pytest.mark.parametrize(("context", "planes"), [(NEAR_AND_FAR, 9), (NEAR_AND_FAR, 2), (Context(((1, 2),), 1), 4)])
def test_stacks_go_in_whole(model: Denoiser, tmp_path: Path, context: Context, planes: int) -> None:
    stacked = with_context(model, context)
    export_model(stacked, tmp_path / "model.zip")
    image = image_for(model, planes, 64, 72)
    expected = replace(stacked, usual_excess=None, flattened=()).predict_part(image)
    got = opened_elsewhere(tmp_path / "model.zip", image[None, None])[0, 0]
    np.testing.assert_allclose(got, expected, atol=1e-4 * model.scale)
    axes = [axis.get("id", axis["type"]) for axis in described(tmp_path / "model.zip")["inputs"][0]["axes"]]
    assert axes == ["batch", "channel", "z", "y", "x"]


@pytest.mark.parametrize("shape", [None, (300, 200), (5, 40, 50)])
def test_the_example_in_the_package_is_reproduced(model: Denoiser, tmp_path: Path, shape: tuple | None) -> None:
    path = tmp_path / "model.zip"
    export_model(model, path, image=None if shape is None else image_for(model, *shape))
    about = described(path)
    with zipfile.ZipFile(path) as package:
        noisy, denoised = (np.load(io.BytesIO(package.read(f"test_{kind}.npy"))) for kind in ("input", "output"))
        named = {about["documentation"], *about["covers"], *(item["source"] for item in about["attachments"])}
        assert named <= set(package.namelist())
        assert package.read("cover.png").startswith(b"\x89PNG")
        assert "## Validation" in package.read("README.md").decode()
    sizes = {axis["id"]: axis["size"] for axis in about["inputs"][0]["axes"] if axis["type"] == "space"}
    for side, axis in zip(noisy.shape[2:], "yx", strict=True):
        assert (side - sizes[axis]["min"]) % sizes[axis]["step"] == 0
        assert side > 2 * about["outputs"][0]["axes"][-1]["halo"]
    np.testing.assert_array_equal(opened_elsewhere(path, noisy), denoised)


def test_readme_says_what_is_left_out(model: Denoiser, tmp_path: Path) -> None:
    drifting = with_context(replace(model, flattened=("rows",)), replace(NEAR_AND_FAR, follows_drift=True))
    export_model(drifting, tmp_path / "model.zip")
    readme = zipfile.ZipFile(tmp_path / "model.zip").read("README.md").decode()
    assert "Offsets of single rows are not taken out" in readme
    assert "trained on a stack that drifts" in readme
    assert "give it the whole stack or movie at once" in readme


def test_a_package_is_loaded_as_the_model_that_it_was(model: Denoiser, tmp_path: Path) -> None:
    path = tmp_path / "model.zip"
    export_model(model, path, name="Cells", authors=["Ada"], license="CC-BY-4.0")
    assert is_model(path)
    image = image_for(model, 64, 64)
    np.testing.assert_array_equal(Denoiser.load(path).predict(image, anyway=True), model.predict(image, anyway=True))
    assert summarize_model(path).mean == model.offset
    about = described(path)
    assert (about["name"], about["authors"], about["license"]) == ("Cells", [{"name": "Ada"}], "CC-BY-4.0")


def test_packages_of_others_and_broken_ones_are_refused_in_words(model: Denoiser, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as package:
        package.writestr("rdf.yaml", "type: model")
    assert not is_model(tmp_path / "other.zip")
    with pytest.raises(InputError, match=r"holds no model of napari-autostructn2v"):
        Denoiser.load(tmp_path / "other.zip")
    export_model(model, tmp_path / "model.zip")
    content = bytearray((tmp_path / "model.zip").read_bytes())
    at = content.rindex(b"model.safetensors", 0, content.index(b"PK\x01\x02"))
    content[at + 2000 : at + 2100] = bytes(100)
    (tmp_path / "broken.zip").write_bytes(content)
    with pytest.raises(InputError, match=r"truncated or damaged"):
        Denoiser.load(tmp_path / "broken.zip")
    with pytest.raises(InputError, match=r"ends in \.zip"):
        export_model(model, tmp_path / "model.tif")


def test_command_writes_a_package(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "model.zip"
    assert main(["export", str(MODEL), "-o", str(path), "--name", "Cells", "--author", "Ada"]) == 0
    assert described(path)["name"] == "Cells"
    assert main(["info", str(path)]) == 0
    assert "a model of napari-autostructn2v" in capsys.readouterr().out
    assert main(["export", str(MODEL), "-o", str(path)]) == 1
    assert "add --overwrite" in capsys.readouterr().err
    assert main(["export", str(MODEL), "-o", str(tmp_path / "model.pt")]) == 2
    assert main(["export", str(tmp_path / "gone"), "-o", str(path), "--overwrite"]) == 1


@pytest.mark.skipif(importlib.util.find_spec("bioimageio") is None, reason="needs bioimageio.core")
def test_bioimageio_reproduces_the_example(model: Denoiser, tmp_path: Path) -> None:
    export_model(model, tmp_path / "model.zip")
    command = [sys.executable, "-m", "bioimageio.core", "test", str(tmp_path / "model.zip")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "passed" in done.stdout + done.stderr, done.stdout
