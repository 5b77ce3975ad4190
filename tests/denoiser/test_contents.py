"""Nothing that a model file says is believed before it is checked, and every refusal is a sentence."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_autostructn2v import Denoiser, InputError
from napari_autostructn2v.denoiser import summarize_model
from napari_autostructn2v.denoiser.file import load_model, save_model

DATA = Path(__file__).parents[1] / "data" / "model-0.1.0.safetensors"
ARRAYS, METADATA = load_model(DATA)
NUMBERS = json.loads(METADATA["numbers"])

# The same examples every time.
steady = settings(deadline=None, max_examples=60, derandomize=True)


def changed(
    path: Path, values: dict[str, Any] | None = None, arrays: dict[str, Any] | None = None, **texts: str
) -> Path:
    """Write the model with some parts changed; a part that is None is left out."""
    told = {name: value for name, value in (NUMBERS | (values or {})).items() if value != "left out"}
    held = {name: array for name, array in (ARRAYS | (arrays or {})).items() if array is not None}
    save_model(path, held, METADATA | {"numbers": json.dumps(told)} | texts)
    return path


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ({"scale": 0}, "scale is 0, which is no usable number above 0"),
        ({"scale": -3.0}, "scale is -3.0"),
        ({"scale": float("nan")}, "scale is nan"),
        ({"scale": "9"}, "scale is '9'"),
        ({"scale": True}, "scale is True"),
        ({"scale": 10**400}, "scale is 1000"),
        ({"scale": "left out"}, "its part 'scale' is missing"),
        ({"offset": None}, "offset is None"),
        ({"offset": float("inf")}, "offset is inf"),
        ({"offset": [1]}, r"offset is \[1\]"),
        ({"gain": {}}, "gain is {}"),
        ({"variance": -1}, "variance is -1, which is no usable number of at least 0"),
        ({"mean_variance": "x"}, "mean_variance is 'x'"),
        ({"tiles": 2.5}, "tiles is 2.5, which is no whole number"),
        ({"usual_excess": "x"}, "usual_excess is 'x'"),
        ({"evened": 5}, "evened is 5"),
        ({"evened": "rows"}, "evened is 'rows'"),
        ({"evened": ["planes"]}, r"evened is \['planes'\]"),
        ({"steps": 5}, "steps is 5"),
        ({"steps": {"3": 5}}, "steps is {'3': 5}"),
        ({"steps": {"1": -5}}, "steps is -5"),
        ({"seconds": {"1": "fast"}}, "1 is 'fast'"),
        ({"trainings": {"1": 5}}, "training of a stage is 5"),
        ({"trainings": {"1": {"features": 8}}}, "training of a stage is {'features': 8}"),
        ({"trainings": {"1": {"num_epochs": 0}}}, "trainings.num_epochs is 0"),
        ({"contexts": {"1": 5}}, "context of a stage is 5"),
        ({"contexts": {"1": {"distances": [[1, 2, 3]], "leave_out": 0}}}, "no short list of pairs"),
        ({"contexts": {"1": {"distances": [[1, 1]] * 5000, "leave_out": 0}}}, "no short list of pairs"),
        ({"contexts": {"1": {"distances": [[1, 1]], "leave_out": 0}}}, "weights are not those"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(tmp_path: Path, numbers: dict[str, Any], words: str) -> None:
    path = changed(tmp_path / "m.safetensors", numbers)
    with pytest.raises(InputError, match=rf"m\.safetensors holds a damaged model: .*{words}.*Save the model again"):
        Denoiser.load(path)


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ({"numbers": "[]"}, "its numbers are no table"),
        ({"numbers": "{"}, "its numbers cannot be read"),
        ({"numbers": "[" * 100_000}, "its numbers cannot be read"),
        ({"settings": "tile = "}, "not valid TOML"),
        ({"settings": "[stage1]\nfeatures = 'x'"}, "stage1.features is 'x'"),
        ({"settings": "[stage1]\nfeatures = 20000"}, "stage1.features is 20000"),
        ({"settings": "[stage1]\nfeatures = 64\nnum_layers = 6"}, "weights are not those of the network"),
    ],
)
def test_texts_that_make_no_sense_are_refused(tmp_path: Path, texts: dict[str, str], words: str) -> None:
    path = changed(tmp_path / "m.safetensors", **texts)
    with pytest.raises(InputError, match=rf"holds a damaged model: .*{words}"):
        Denoiser.load(path)


def spoiled(name: str, spoil: Callable[[np.ndarray], np.ndarray]) -> dict[str, np.ndarray]:
    return {name: spoil(ARRAYS[name].copy())}


def with_nan(array: np.ndarray) -> np.ndarray:
    array.flat[0] = np.nan
    return array


def with_infinity(array: np.ndarray) -> np.ndarray:
    array.flat[0] = np.inf
    return array


@pytest.mark.parametrize(
    ("name", "spoil", "words"),
    [
        ("stage1.head.weight", with_nan, "stage1.head.weight holds values that are no usable numbers"),
        ("stage2.down.0.0.bias", with_infinity, "stage2.down.0.0.bias holds values"),
        ("stage1.head.weight", lambda array: array.astype(np.int32), "no usable numbers"),
        ("stage1.head.weight", lambda array: array[..., 0], "weights are not those"),
        ("stage1.head.weight", lambda array: None, "weights are not those"),
        ("noise.correlation", with_nan, "noise.correlation holds values"),
        ("noise.correlation", lambda array: array[:, :4], "no squares of one size"),
        ("noise.correlation", lambda array: array[:4, :4], "no squares of one size"),
        ("noise.standard_error", lambda array: -array - 1, "below 0"),
        ("noise.intensities", lambda array: array[::-1], "not in order"),
        ("noise.intensities", lambda array: array[:0], "no lists of one length"),
        ("noise.variances", with_infinity, "noise.variances holds values"),
        ("noise.variances", lambda array: None, "its part 'noise.variances' is missing"),
        ("mask", lambda array: array * 7, "holds only 0"),
        ("mask", lambda array: array[:2], "two dimensions with odd sides"),
        ("mask", lambda array: None, "its part 'mask' is missing"),
    ],
)
def test_arrays_that_make_no_sense_are_refused(tmp_path: Path, name: str, spoil: Any, words: str) -> None:
    path = changed(tmp_path / "m.safetensors", arrays=spoiled(name, spoil))
    with pytest.raises(InputError, match=rf"holds a damaged model: .*{words}"):
        Denoiser.load(path)


@pytest.mark.parametrize("version", ["²", "٣", "-1", "9" * 5000, " 2"])
def test_a_version_that_is_no_number_is_refused(tmp_path: Path, version: str) -> None:
    from safetensors.numpy import save_file

    texts = METADATA | {"format": "napari-autostructn2v model", "format_version": version}
    save_file(ARRAYS, tmp_path / "m", texts)
    with pytest.raises(InputError, match="does not say its format version"):
        Denoiser.load(tmp_path / "m")


def test_numbers_of_a_type_that_numpy_lacks_are_refused(tmp_path: Path) -> None:
    import torch
    from safetensors.torch import save_file

    texts = METADATA | {"format": "napari-autostructn2v model", "format_version": "2"}
    save_file({"mask": torch.ones(1, 1, dtype=torch.bfloat16)}, tmp_path / "m", texts)
    with pytest.raises(InputError, match=r"not a model file|damaged model"):
        Denoiser.load(tmp_path / "m")


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_AS"), reason="memory can be limited on Linux")
def test_a_small_file_takes_no_memory_for_the_large_network_that_it_names(tmp_path: Path) -> None:
    large = "[stage1]\nfeatures = 256\nnum_layers = 4\n[stage2]\nfeatures = 256\nnum_layers = 4"
    path = changed(tmp_path / "m.safetensors", settings=large)
    assert path.stat().st_size < 30_000
    code = (
        "import resource, sys, torch\n"
        "from napari_autostructn2v import Denoiser, InputError\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try:\n    Denoiser.load(sys.argv[1])\n"
        "except InputError as error:\n"
        "    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)
    kilobytes, said = done.stdout.split(" ", 1)
    assert "weights are not those of the network" in said
    assert int(kilobytes) < 200_000


def test_what_is_told_of_a_file_is_checked_alike(tmp_path: Path) -> None:
    assert summarize_model(DATA).steps == {"1": 24, "2": 24}
    with pytest.raises(InputError, match="scale is 0"):
        summarize_model(changed(tmp_path / "m", {"scale": 0}))


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["1", "2", "x"]), inner, max_size=3),
    max_leaves=5,
)


@steady
@given(st.sampled_from(sorted(NUMBERS | {"seconds": 0, "contexts": 0, "trainings": 0})), anything)
def test_any_number_of_a_model_is_taken_or_refused_in_words(tmp_path_factory: Any, name: str, value: Any) -> None:
    path = changed(tmp_path_factory.getbasetemp() / "any.safetensors", {name: value})
    image = np.load(DATA.with_suffix(".npz"))["image"][:32, :32]
    try:
        denoised = Denoiser.load(path).predict(image, device="cpu")
    except InputError as error:  # of the file, or since the model does not fit the image
        assert str(error).endswith(".")
    else:
        assert np.isfinite(denoised).all()


@steady
@given(st.sampled_from(sorted(ARRAYS)), st.data())
def test_any_array_of_a_model_is_taken_or_refused_in_words(tmp_path_factory: Any, name: str, data: Any) -> None:
    array = ARRAYS[name]
    value = data.draw(st.sampled_from([np.nan, np.inf, -1e300, 0, 1e-300]))
    shape = data.draw(st.sampled_from([array.shape, array.shape[::-1], (*array.shape, 1), (0,), ()]))
    dtype = data.draw(st.sampled_from(["f2", "f4", "f8", "i8", "?", "u1"]))
    with np.errstate(all="ignore"):
        made = np.full(shape, value).astype(dtype)
    path = changed(tmp_path_factory.getbasetemp() / "any.safetensors", arrays={name: made})
    try:
        Denoiser.load(path)
    except InputError as error:
        assert str(error).endswith(".")
