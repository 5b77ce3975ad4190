"""A model file gives back what was put in, or says why it does not."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from napari_autostructn2v import Denoiser, Settings
from napari_autostructn2v.denoiser.file import FORMAT_VERSION, load_model, save_model
from napari_autostructn2v.errors import InputError

WEIGHTS = {"conv.weight": np.arange(12, dtype=np.float32).reshape(3, 4), "mask": np.eye(3, dtype=bool)}

# A loaded machine is no failure.
unhurried = settings(deadline=None, max_examples=40)


@unhurried
@given(
    st.dictionaries(
        st.text(max_size=8).filter(lambda name: name != "__metadata__"),
        hnp.arrays(
            st.sampled_from(["?", "u1", "i4", "i8", "f2", "f4", "f8", ">f4", ">u2"]),
            hnp.array_shapes(min_dims=0, min_side=0),
        ),
        max_size=3,
    ),
    st.dictionaries(st.text(max_size=8).filter(lambda name: not name.startswith("format")), st.text(), max_size=3),
)
def test_arrays_and_texts_come_back(tmp_path_factory, arrays: dict[str, np.ndarray], texts: dict[str, str]) -> None:
    path = tmp_path_factory.getbasetemp() / "any.model"
    save_model(path, arrays, texts)
    loaded, metadata = load_model(path)
    assert metadata == texts
    assert loaded.keys() == arrays.keys()
    for name, array in arrays.items():
        assert loaded[name].dtype == array.dtype.newbyteorder("=")
        np.testing.assert_array_equal(loaded[name], array, strict=False)
        assert loaded[name].shape == array.shape


def test_strided_and_read_only_arrays_come_back(tmp_path: Path) -> None:
    array = np.arange(24.0).reshape(4, 6)
    array.flags.writeable = False
    save_model(tmp_path / "m", {"transposed": array.T, "every other": array[:, ::2]}, {})
    loaded, _ = load_model(tmp_path / "m")
    np.testing.assert_array_equal(loaded["transposed"], array.T)
    np.testing.assert_array_equal(loaded["every other"], array[:, ::2])


def test_torch_is_not_needed(tmp_path: Path) -> None:
    save_model(tmp_path / "m", WEIGHTS, {})
    code = (
        "import sys; from napari_autostructn2v.denoiser.file import load_model; arrays, _ = load_model(sys.argv[1]);"
        "print(*sorted(arrays), 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path / "m"], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["conv.weight", "mask", "False"]


@pytest.mark.parametrize("kept", [0, 4, 60, -1])
def test_a_truncated_model_is_refused(tmp_path: Path, kept: int) -> None:
    save_model(tmp_path / "m", WEIGHTS, {"settings": "preset = 'fast'"})
    (tmp_path / "m").write_bytes((tmp_path / "m").read_bytes()[:kept])
    with pytest.raises(InputError, match=r"truncated|empty file"):
        load_model(tmp_path / "m")


@pytest.mark.parametrize("content", [b"some text that is no model at all", pickle.dumps(WEIGHTS), b"\xff" * 100])
def test_other_files_are_refused_and_never_unpickled(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m").write_bytes(content)
    with pytest.raises(InputError, match="not a model file"):
        load_model(tmp_path / "m")


def test_the_weights_of_another_program_are_refused(tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    save_file(WEIGHTS, tmp_path / "m")
    with pytest.raises(InputError, match="not a model saved by napari-autostructn2v"):
        load_model(tmp_path / "m")


@pytest.mark.parametrize(("version", "words"), [(str(FORMAT_VERSION + 1), "newer version"), ("x", "damaged")])
def test_a_model_of_another_version_is_refused(tmp_path: Path, version: str, words: str) -> None:
    save_model(tmp_path / "m", WEIGHTS, {})
    known = f'"format_version":"{FORMAT_VERSION}"'.encode()
    content = (tmp_path / "m").read_bytes()
    assert known in content
    (tmp_path / "m").write_bytes(content.replace(known, f'"format_version":"{version}"'.encode()))
    with pytest.raises(InputError, match=words):
        load_model(tmp_path / "m")


def test_missing_models_and_folders(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no file"):
        load_model(tmp_path / "gone")
    with pytest.raises(InputError, match="is a folder"):
        load_model(tmp_path)


def test_what_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(InputError, match="is a file"):
        save_model(tmp_path / "file" / "m", WEIGHTS, {})
    with pytest.raises(InputError, match="is a folder"):
        save_model(tmp_path, WEIGHTS, {})
    assert os.listdir(tmp_path) == ["file"]


DATA = Path(__file__).parents[1] / "data"


def test_a_model_of_version_0_1_0_gives_the_pixels_that_it_gave_then():
    known = np.load(DATA / "model-0.1.0.npz")
    model = Denoiser.load(DATA / "model-0.1.0.safetensors")
    assert set(model.networks) == {"1", "2"}
    image = known["image"].astype(np.float32)
    # How much of what was removed comes back was chosen anew since: with a noise so large that it is nothing, the
    # networks themselves are compared, wherever nothing came back then.
    noise = replace(model.noise, variances=1e3 * model.noise.variances)
    alone = replace(model, noise=noise).predict(image, anyway=True)
    assert np.isclose(alone, known["denoised"], rtol=1e-4).mean() > 0.85
    # What comes back brings a pixel nearer to the image.
    denoised = model.predict(image)
    assert (np.abs(image - denoised) <= np.abs(image - alone) + 0.1).all()


def test_settings_of_version_0_1_0_are_read():
    settings = Settings.load(DATA / "settings-0.1.0.toml")
    assert settings.stages == "both"
    assert settings.random_seed == 7
    assert settings.stage2.roi.added == ((3, 4),)
    assert Denoiser.load(DATA / "model-0.1.0.safetensors").settings == settings
