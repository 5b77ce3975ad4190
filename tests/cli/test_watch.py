"""A folder is watched: images are denoised once they are whole, half-written ones later, and a restart goes on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import zarr

from napari_autostructn2v import Denoiser, read_image, write_image
from napari_autostructn2v.cli import main, watch
from napari_autostructn2v.cli.watch import Arrivals

MODEL = str(Path(__file__).parents[1] / "data" / "model-0.1.0.safetensors")
IMAGES = np.random.default_rng(0).normal(1900, 400, (3, 48, 64)).clip(0).astype(np.uint16)
COMMAND = ["watch", "in", "--model", MODEL, "-o", "out", "--settle", "0"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    return tmp_path


def meanwhile(monkeypatch: pytest.MonkeyPatch, *events: Callable[[], object]) -> None:
    """Let something happen whenever the folder has been looked at, and press Ctrl+C after the last."""
    left: Iterator[Callable[[], object]] = iter(events)

    def sleep(seconds: float) -> None:
        try:
            event = next(left)
        except StopIteration:
            raise KeyboardInterrupt from None
        event()

    monkeypatch.setattr(watch, "sleep", sleep)


def test_images_are_denoised_as_they_arrive(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_image("in/a.tif", IMAGES[0])
    meanwhile(
        monkeypatch,
        lambda: write_image("in/b.tif", IMAGES[1]),
        lambda: (Path("in/day2").mkdir(), write_image("in/day2/a.tif", IMAGES[2])),
    )
    assert main([*COMMAND, "--pattern", "**/*.tif"]) == 130
    model = Denoiser.load(MODEL)
    for name, image in zip(("a", "b", "day2/a"), IMAGES, strict=True):
        np.testing.assert_array_equal(read_image(f"out/{name}_denoised.tif"), model.predict(image))


def test_a_half_written_image_is_denoised_once_it_is_whole(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    write_image("whole.tif", IMAGES[0])
    content = Path("whole.tif").read_bytes()
    Path("in/a.tif").write_bytes(content[: len(content) // 2])
    meanwhile(monkeypatch, lambda: None, lambda: Path("in/a.tif").write_bytes(content))
    assert main([*COMMAND, "--json"]) == 130
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["ok"] for line in lines] == [False, True], "the damaged file is told of once"
    assert read_image("out/a_denoised.tif").shape == IMAGES[0].shape


def test_an_image_that_has_grown_is_denoised_anew(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_image("in/a.tif", IMAGES[:1], axes="TYX")
    meanwhile(monkeypatch, lambda: write_image("in/a.tif", IMAGES, axes="TYX"))
    assert main(COMMAND) == 130
    assert read_image("out/a_denoised.tif").shape == IMAGES.shape


def test_a_restart_leaves_what_is_done_and_what_predict_has_done(folder: Path, capsys: pytest.CaptureFixture) -> None:
    write_image("in/a.tif", IMAGES[0])
    write_image("in/b.tif", IMAGES[1])
    assert main(["predict", "in/a.tif", "--model", MODEL, "-o", "out"]) == 0
    before = Path("out/a_denoised.tif").stat().st_mtime_ns
    for expected in (["was done already", "denoised"], ["was done already"] * 2):
        capsys.readouterr()
        assert main([*COMMAND, "--until-idle", "0", "--json"]) == 0
        assert [json.loads(line)["status"] for line in capsys.readouterr().out.splitlines()] == expected
    assert Path("out/a_denoised.tif").stat().st_mtime_ns == before


def test_results_in_the_same_folder_are_not_denoised_again(folder: Path, capsys: pytest.CaptureFixture) -> None:
    write_image("in/a.tif", IMAGES[0])
    for _ in range(2):
        assert main(["watch", "in", "--model", MODEL, "-o", "in", "--settle", "0", "--until-idle", "0"]) == 0
    assert sorted(path.name for path in Path("in").iterdir()) == ["a.tif", "a_denoised.tif"]


def test_what_stays_damaged_counts_at_the_end(folder: Path, capsys: pytest.CaptureFixture) -> None:
    Path("in/a.tif").write_bytes(b"II*\0 and no more")
    assert main([*COMMAND, "--until-idle", "0"]) == 1
    assert "in/a.tif" in capsys.readouterr().err
    assert main(["watch", "gone", "--model", MODEL, "-o", "out"]) == 1
    assert "There is no folder gone" in capsys.readouterr().err


def test_an_image_counts_as_whole_once_it_has_stayed_as_it_is(folder: Path) -> None:
    now = [0.0]
    arrivals = Arrivals(Path("in"), None, 5.0, lambda: now[0])
    path = Path("in/a.tif")

    def at(time: float) -> list[Path]:
        now[0] = time
        return arrivals.settled()

    assert at(0) == []
    assert not arrivals.expected
    path.write_bytes(b"a")
    assert at(1) == []
    assert arrivals.expected
    path.write_bytes(b"ab")
    assert at(5.5) == [], "it has grown"
    assert at(10) == []
    assert at(10.5) == [path]
    assert at(20) == [], "once is enough"
    assert not arrivals.expected
    path.write_bytes(b"abc")
    assert at(21) == []
    assert at(26) == [path]


def test_a_growing_zarr_is_waited_for(folder: Path) -> None:
    now = [0.0]
    arrivals = Arrivals(Path("in"), None, 5.0, lambda: now[0])
    zarr.save("in/a.zarr", IMAGES)
    assert arrivals.settled() == []
    now[0] = 4.0
    (Path("in/a.zarr") / "more").write_bytes(b"a chunk")
    assert arrivals.settled() == []
    now[0] = 8.0
    assert arrivals.settled() == []
    now[0] = 9.0
    assert arrivals.settled() == [Path("in/a.zarr")]
