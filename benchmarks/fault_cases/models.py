"""Models, settings and masks that are damaged, of another program, or hold what they should not."""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from .case import Case
from .names import MODEL, image


def content() -> bytes:
    return MODEL.read_bytes()


def header(**changes: object) -> bytes:
    """The model with other metadata; None takes one away."""
    whole = content()
    (size,) = struct.unpack_from("<Q", whole)
    known = json.loads(whole[8 : 8 + size])
    for key, value in changes.items():
        if value is None:
            known["__metadata__"].pop(key, None)
        else:
            known["__metadata__"][key] = value
    text = json.dumps(known).encode()
    return struct.pack("<Q", len(text)) + text + whole[8 + size :]


def flipped(seed: int) -> bytes:
    rng = np.random.default_rng(seed)
    changed = np.frombuffer(content(), np.uint8).copy()
    changed[rng.integers(0, 2000, 10)] = rng.integers(0, 256, 10)
    return changed.tobytes()


def cases() -> Iterator[Case]:
    def model(name: str, make: Callable[[], bytes], expected: str = "refused") -> Case:
        def prepare() -> None:
            image()
            Path("x.safetensors").write_bytes(make())

        # Whether the model fits this image is another matter.
        act = ["predict", "a.tif", "-o", "out", "--model", "x.safetensors", "--device", "cpu", "--anyway"]
        return Case("models", name, act, prepare, expected)

    yield model("whole", content, "ok")
    for part in (0.0001, 0.01, 0.3, 0.9, 0.9999):
        yield model(f"cut at {part:.2%}", lambda part=part: content()[: int(len(content()) * part)])
    for seed in range(8):
        yield model(f"flipped {seed}", lambda seed=seed: flipped(seed), "either")
    yield model("empty", lambda: b"")
    yield model("text", lambda: b"a model")
    yield model("zip of PyTorch", lambda: b"PK\3\4" + bytes(300))
    yield model("pickle", lambda: b"\x80\x04cos\nsystem\n(S'touch owned'\ntR.")
    yield model("header of 2^60 bytes", lambda: struct.pack("<Q", 2**60) + content()[8:])
    yield model("header of 0 bytes", lambda: struct.pack("<Q", 0) + content()[8:])
    yield model("longer than it says", lambda: content() + bytes(100))
    yield model("of another program", lambda: header(format=None))
    for version in ("99", "-1", "x", "", "1e3", "0"):
        yield model(f"version {version!r}", lambda version=version: header(format_version=version), "either")
    whole = content()
    (size,) = struct.unpack_from("<Q", whole)
    for key in json.loads(whole[8 : 8 + size])["__metadata__"]:
        yield model(f"without {key}", lambda key=key: header(**{key: None}), "either")
        for odd in ("", "nonsense = [", "1e999"):
            yield model(f"{key} is {odd!r}", lambda key=key, odd=odd: header(**{key: odd}), "either")
    yield from settings()
    yield from masks()


def settings() -> Iterator[Case]:
    def case(name: str, text: str | bytes, expected: str = "refused") -> Case:
        def prepare() -> None:
            image()
            Path("x.toml").write_bytes(text if isinstance(text, bytes) else text.encode())

        return Case("settings", name, ["denoise", "a.tif", "-o", "out", "--settings", "x.toml"], prepare, expected)

    yield case("nothing", "", "either")
    for text in (
        "colour = 'red'", "stages = 3", "stages = 'third'", "random_seed = -1", "random_seed = 1.5",
        "random_seed = 'x'",
        "tile = 0", "tile = -5", "tile = 1e9", "device = 3", "preset = 'slow'", "remove_line_offsets = 'maybe'",
        "stage1 = 3", "[stage1]\nfeatures = 0", "[stage1]\nfeatures = 1000000000", "[stage1]\nlearning_rate = nan",
        "[stage1]\nlearning_rate = inf", "[stage1]\nnum_layers = 99", "[stage1]\npatches_per_image = 0",
        "[stage1]\nbatch_size = true", "[stage1]\ncrop_size = 1", "[stage1.roi]\nroi_threshold = 7",
        "[stage1.roi]\nroi_threshold = nan", "[stage1.roi]\nscale_factor = 0", "[stage1.roi]\npatch_size = -1",
        "[stage1.roi]\nincluded = [[1]]", "[mask]\nsource = 'file'", "[mask]\nsource = 'file'\npath = 'gone.npy'",
        "[mask]\nsource = 'nowhere'", "[mask]\npattern = ['01', '1']", "[mask]\nmax_lag = 10000000", "not toml",
        "a = [",
        "[[stage1]]", "stage1.roi.x.y = 1", "a" * 10_000,
    ):  # fmt: skip
        # A pattern that is not the source of the mask is only kept.
        yield case(text[:40].replace("\n", " "), text, "either" if "pattern" in text else "refused")
    yield case("not UTF-8", b"\xff\xfe\x00")
    yield case("null characters", b"\0" * 100)
    yield case("10 MB", b"# " + b"x" * 10_000_000, "either")
    yield case("nested deeply", "a = " + "[" * 50_000)


def masks() -> Iterator[Case]:
    def case(name: str, make: Callable[[], bytes], expected: str = "refused") -> Case:
        def prepare() -> None:
            image()
            Path("x.npy").write_bytes(make())

        return Case("masks", name, ["denoise", "a.tif", "-o", "out", "--mask", "x.npy"], prepare, expected)

    def npy(array: object, pickled: bool = False) -> Callable[[], bytes]:
        def make() -> bytes:
            file = io.BytesIO()
            np.save(file, array, allow_pickle=pickled)
            return file.getvalue()

        return make

    yield case("1 x 3", npy(np.ones((1, 3))), "ok")
    for name, array in {
        "even": np.ones((2, 2)), "three axes": np.ones((3, 3, 3)), "no axes": np.array(1.0), "empty": np.ones((0, 3)),
        "of 2": np.full((1, 3), 2), "NaN": np.full((1, 3), np.nan), "texts": np.array([["a", "b", "c"]]),
        "complex": np.ones((1, 3), complex), "dates": np.zeros((1, 3), "M8[s]"), "records": np.zeros((1, 3), "i4,f4"),
    }.items():  # fmt: skip
        yield case(name, npy(array))
    yield case("objects", npy(np.array([{"a": 1}], object), True))
    yield case("cut", lambda: npy(np.ones((1, 3)))()[:-3])
    yield case("an image", lambda: b"II*\0" + bytes(100))
