"""Take the pictures of docs/how-to/batch.md: a batch of twelve files that is stopped, and gone on with in a new window.

It really trains, for a few minutes. On a machine without a screen:
``xvfb-run -a -s "-screen 0 1280x800x24" python scripts/screenshots_batch.py``.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from dataclasses import replace
from pathlib import Path

import napari
import numpy as np
import tifffile
import zarr
from qtpy.QtTest import QTest
from scipy.ndimage import uniform_filter
from screenshots_denoise import FOLDER, click, save, wait_until

from napari_autostructn2v import write_image
from napari_autostructn2v.samples import camera_blur, dividing_nuclei, scan_lines
from napari_autostructn2v.widgets.batch import BatchDock

#: Rows that are done when the first window stops.
_STOP_AFTER = 4


def main() -> None:
    """Read the options and go."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quality", choices=("fast", "balanced", "best"), default="fast")
    parser.add_argument("--theme", choices=("dark", "light"), default="dark")
    parser.add_argument("--side", type=int, default=72, help="pixels of a side of the images")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        os.environ["AUTOSTRUCTN2V_FOLDER"] = temporary  # what the user keeps stays as it is
        session = Path(temporary) / "session"
        make_images(session, arguments.side)
        for name in ("batch-running", "batch-done"):
            take(session, arguments.quality, arguments.theme, arguments.folder, name)


def take(session: Path, quality: str, theme: str, folder: Path, name: str) -> None:
    """Open a window, add the folder, start, and take a picture: in the middle of the batch, or at its end."""
    viewer = napari.Viewer()
    viewer.theme = theme
    window = viewer.window._qt_window
    window.resize(1280, 800)
    dock: BatchDock = viewer.window.add_plugin_dock_widget("napari-autostructn2v", "Batch")[1]
    QTest.qWait(500)
    batch = dock.batch
    click(dock.options.quality.buttons[quality])
    batch.set_wish(replace(batch.wish, error_maps=True, unnamed="T", folder=str(session.parent / "denoised")))
    batch.add([str(session)])
    wait_until(lambda: not batch.is_looking)
    print(name, [row.words for row in batch.rows], sep="\n")
    click(dock.start_button)
    if name == "batch-running":
        wait_until(lambda: sum(row.state == "done" for row in batch.rows) >= _STOP_AFTER)
        wait_until(lambda: any(row.state == "running" and row.share > 0.4 for row in batch.rows))
        dock.open(0)
        save(window, folder, name)
        click(dock.cancel_button)
        wait_until(lambda: not batch.control.is_running)
        viewer.close()
        return
    wait_until(lambda: not batch.control.is_running)
    for row in batch.rows:
        light = "" if row.judgement is None else row.judgement.light
        print(row.name, row.state, row.words, light, row.gain, row.seconds, sep=" | ")
    dock.open(4)
    viewer.reset_view()
    save(window, folder, name)
    viewer.close()


def make_images(folder: Path, side: int) -> None:
    """Write twelve files of six kinds: one of them broken, one of another microscope."""
    shape = (side, side)
    fields = [scan_lines(shape, seed=seed) for seed in range(10)]
    movie = piece_of_movie(side)
    write_image(folder / "01 field.png", fields[0].astype(np.uint16))
    write_image(folder / "02 field 8 bit.tif", to_bytes(fields[1]))
    write_image(folder / "03 field 16 bit.tif", fields[2].astype(np.uint16))
    write_image(folder / "04 field float.tif", fields[3].astype(np.float32))
    size = {"PhysicalSizeX": 0.1, "PhysicalSizeY": 0.1, "TimeIncrement": 0.5}
    tifffile.imwrite(folder / "05 movie.ome.tif", movie, metadata={"axes": "TYX"} | size)
    group = zarr.open_group(str(folder / "06 movie.zarr"), mode="w")
    group.create_array("0", data=movie[:4], chunks=(1, side, side))
    axes = [{"name": "t", "type": "time", "unit": "second"}]
    axes += [{"name": name, "type": "space", "unit": "micrometer"} for name in "yx"]
    steps = [{"type": "scale", "scale": [0.5, 0.1, 0.1]}]
    levels = [{"path": "0", "coordinateTransformations": steps}]
    group.attrs["ome"] = {"version": "0.5", "multiscales": [{"name": "movie", "axes": axes, "datasets": levels}]}
    whole = (folder / "03 field 16 bit.tif").read_bytes()
    (folder / "07 broken.tif").write_bytes(whole[: len(whole) // 2])
    colours = np.stack([to_bytes(field) for field in fields[4:7]], axis=-1)
    tifffile.imwrite(folder / "08 colours.tif", colours, photometric="rgb")
    two = np.stack([fields[7], camera_blur(shape)]).astype(np.uint16)
    tifffile.imwrite(folder / "09 two channels.ome.tif", two, metadata={"axes": "CYX"})
    tifffile.imwrite(folder / "10 plain stack.tif", movie[:4], metadata=None, photometric="minisblack")
    other_microscope(folder / "11 other microscope.czi", camera_blur(shape, seed=3).astype(np.uint16))
    tifffile.imwrite(folder / "12 field.tif", fields[9].astype(np.uint16), imagej=True, metadata={"axes": "YX"})


def piece_of_movie(side: int) -> np.ndarray:
    """Return six frames of the sample movie, cut to where its cells are brightest."""
    movie = dividing_nuclei()[:6]
    side = min(side, *movie.shape[1:])
    sums = uniform_filter(movie.mean(0), side)[side // 2 :, side // 2 :][: movie.shape[1] - side + 1]
    sums = sums[:, : movie.shape[2] - side + 1]
    top, left = np.unravel_index(np.argmax(sums), sums.shape)
    return movie[:, top : top + side, left : left + side]


def other_microscope(path: Path, image: np.ndarray) -> None:
    """Write a CZI where its library is there, otherwise a TIFF."""
    try:
        from pylibCZIrw import czi
    except ImportError:
        write_image(path.with_suffix(".tif"), image)
        return
    with czi.create_czi(str(path)) as document:
        document.write(image[..., None], plane={"Z": 0, "C": 0, "T": 0})
        document.write_metadata("cells", scale_x=1e-7, scale_y=1e-7)


def to_bytes(image: np.ndarray) -> np.ndarray:
    low, high = np.percentile(image, (0.1, 99.9))
    return np.clip(255 * (image - low) / (high - low), 0, 255).astype(np.uint8)


if __name__ == "__main__":
    main()
