"""A model as a bioimage.io package, which other programs open.

Beside what they need, the package holds the model's own file, so that it can be loaded here as it was saved.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import ndimage as ndi

from ..disk import as_path, atomic_path
from ..errors import InputError
from ..files import write_png
from ..images import check_image
from ..noise import correlated_noise
from ..settings import checked, shortened
from .file import MODEL_IN_PACKAGE
from .methods_text import methods_text
from .references import REFERENCES

if TYPE_CHECKING:
    from .model import Denoiser

__all__ = ["export_model"]

#: Version of the description of models that is written.
_FORMAT = "0.5.4"

#: Side of the example in pixels, where none so small has margins larger than itself, and its planes.
_SIDE, _PLANES = 128, 8

_CITED = ("autoStructN2V", "Noise2Void", "structN2V", "N2V2")


def export_model(
    model: Denoiser,
    path: str | Path,
    *,
    image: Any = None,
    name: str = "",
    authors: Sequence[str] = (),
    license: str = "",
) -> None:
    """Write a model as a bioimage.io package, for programs such as deepImageJ and bioimageio.core.

    Parameters
    ----------
    model : Denoiser
    path : str or Path
        Ends in ``.zip``; an existing file is replaced.
    image : (..., Y, X) array-like, optional
        Of the kind that the model was trained on. Its middle becomes the example in the package; without it, one is
        made up.
    name : str
        Of the model, for people.
    authors : sequence of str
    license : str
        As SPDX names it, such as "CC-BY-4.0".

    Notes
    -----
    The package holds the network of the last stage with all that is done around it, as TorchScript: averaging over
    turns, smoothing, what is put back, neighbours in a stack. Hot pixels, offsets of rows and columns, and the fitting
    to images of another brightness are left out, as its README says.

    Raises
    ------
    InputError
        If the file cannot be written, or something of it has the wrong type.
    """
    from ..network import prediction_symmetries, torchscript_of

    path = as_path(path)
    if path.suffix.lower() != ".zip":
        raise InputError(f"A package is a zip file; give it a name that ends in .zip, such as {path.stem}.zip.")
    if not hasattr(model, "networks"):
        raise InputError(f"model is {shortened(model)}; it must be a Denoiser, such as Denoiser.load(path) gives.")
    title = checked(name, str, "name").strip() or "Denoising of images of one kind"
    authors = [checked(author, str, "authors") for author in authors]
    checked(license, str, "license")
    stage = max(model.networks)
    turns = prediction_symmetries(getattr(model.settings, f"stage{stage}"), model.blind_mask(stage))
    weights = torchscript_of(model.network(), model.context(), turns, model.normalised_noise)
    noisy = _example(model, image)
    denoised = _denoised(weights, noisy, model)
    with TemporaryDirectory() as folder:
        model.save(Path(folder, MODEL_IN_PACKAGE))
        write_png(Path(folder, "cover.png"), _cover(noisy, denoised))
        own, cover = (Path(folder, file).read_bytes() for file in (MODEL_IN_PACKAGE, "cover.png"))
    contents = {
        "rdf.yaml": _description(model, title, authors, license).encode(),
        "README.md": _readme(model, title).encode(),
        "cover.png": cover,
        "weights.pt": weights,
        "test_input.npy": _npy(noisy),
        "test_output.npy": _npy(denoised),
        MODEL_IN_PACKAGE: own,
    }
    with atomic_path(path) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as package:
        for file, content in contents.items():
            package.writestr(file, content)


def _side(model: Denoiser) -> int:
    """Return the smallest side of an image, of which a tile keeps something within its margins."""
    return max(_SIDE, -(-(2 * model.margin + 16) // 16) * 16)


def _least_planes(model: Denoiser) -> int:
    return 2 + model.context().leave_out


def _example(model: Denoiser, image: Any) -> np.ndarray:
    """Return an image to show what the model does: (1, 1, Y, X) or (1, 1, Z, Y, X) float32."""
    planes, side = max(_PLANES, _least_planes(model)), _side(model)
    if image is None:
        random = np.random.default_rng(0)
        drawn = random.standard_normal((planes, side, side))
        structure = ndi.gaussian_filter(drawn, (1, 4, 4)).astype(np.float32)
        structure *= model.scale / structure.std()
        noise = np.stack([correlated_noise(model.noise, (side, side), random) for _ in range(planes)])
        stack = model.offset + structure + np.sqrt(model.noise.variance) * noise
    else:
        array = check_image(image)
        stack = array.reshape(-1, *array.shape[-2:])
        stack = stack[max(0, (len(stack) - planes) // 2) :][:planes]
    stack = stack if model.context().channels else stack[len(stack) // 2 :][:1]
    missing = [(0, max(0, least - size)) for least, size in zip((1, side, side), stack.shape, strict=True)]
    if model.context().channels:
        missing[0] = (0, max(0, _least_planes(model) - len(stack)))
    stack = np.pad(stack, missing, mode="symmetric")
    rows, columns = ((size - side) // 2 for size in stack.shape[1:])
    stack = stack[:, rows : rows + side, columns : columns + side].astype(np.float32)
    return stack[None, None] if model.context().channels else stack[None]


def _denoised(weights: bytes, noisy: np.ndarray, model: Denoiser) -> np.ndarray:
    """Return what a program gives that opens the package."""
    from ..network import run_torchscript

    gain, offset = np.float32(1 / model.scale), np.float32(-model.offset / model.scale)
    result = run_torchscript(weights, noisy * gain + offset)
    return result * np.float32(model.scale) + np.float32(model.offset)


def _description(model: Denoiser, title: str, authors: Sequence[str], license: str) -> str:
    import yaml

    stack = bool(model.context().channels)
    step, side = model.network().multiple, _side(model)
    axes, made = (
        [{"type": "batch"}, {"type": "channel", "id": "channel", "channel_names": ["intensity"]}] for _ in range(2)
    )
    if stack:
        axes.append({"type": "space", "id": "z", "size": {"min": _least_planes(model), "step": 1}})
        made.append({"type": "space", "id": "z", "size": {"tensor_id": "noisy", "axis_id": "z"}})
    for axis in "yx":
        axes.append({"type": "space", "id": axis, "size": {"min": side, "step": step}})
        size = {"tensor_id": "noisy", "axis_id": axis}
        made.append({"type": "space", "id": axis, "size": size, "halo": -(-model.margin // step) * step})
    onto = {"gain": 1 / model.scale, "offset": -model.offset / model.scale}
    back = {"gain": model.scale, "offset": model.offset}
    version = metadata.version("napari-autostructn2v")
    described = {
        "format_version": _FORMAT,
        "type": "model",
        "name": title,
        "description": "Removes the noise of images of one kind; trained on noisy images alone by Noise2Void and "
        "structN2V.",
        "authors": [{"name": author} for author in authors],
        "cite": [_cited(REFERENCES[name]) for name in _CITED],
        **({"license": license} if license else {}),
        "documentation": "README.md",
        "covers": ["cover.png"],
        "attachments": [{"source": MODEL_IN_PACKAGE}],
        "tags": ["denoising", "restoration", "self-supervised", "noise2void", "structn2v", "3d" if stack else "2d"],
        "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
        "inputs": [
            {
                "id": "noisy",
                "axes": axes,
                "test_tensor": {"source": "test_input.npy"},
                "data": {"type": "float32"},
                "preprocessing": [{"id": "scale_linear", "kwargs": onto}],
            }
        ],
        "outputs": [
            {
                "id": "denoised",
                "axes": made,
                "test_tensor": {"source": "test_output.npy"},
                "data": {"type": "float32"},
                "postprocessing": [{"id": "scale_linear", "kwargs": back}],
            }
        ],
        "weights": {
            "torchscript": {"source": "weights.pt", "pytorch_version": metadata.version("torch").partition("+")[0]}
        },
        "config": {"napari-autostructn2v": {"version": version, "model": MODEL_IN_PACKAGE}},
    }
    if not authors:
        del described["authors"]
    return str(yaml.safe_dump(described, sort_keys=False, allow_unicode=True, width=120))


def _cited(reference: str) -> dict[str, str]:
    """Return a reference as the description of a model has it: a text, and where it is found."""
    text, _, address = reference.rpartition(" ")
    doi = re.fullmatch(r"https?://doi\.org/(.+)", address)
    return {"text": text, "doi": doi[1]} if doi else {"text": text, "url": address}


def _readme(model: Denoiser, title: str) -> str:
    version = metadata.version("napari-autostructn2v")
    least = _least_planes(model)
    beside = ""
    if model.context().channels:
        beside = (
            f" It looks at the planes beside each plane: give it the whole stack or movie at once, of at least {least} "
            "planes, with time or depth as z."
        )
    flattened = ""
    if model.flattened:
        lines = " and ".join(model.flattened)
        flattened = f"- Offsets of single {lines} are not taken out. This model was trained on images without them.\n"
    drifting = ""
    if model.context().follows_drift:
        drifting = (
            "- Planes are not moved onto each other first. This model was trained on a stack that drifts: register "
            "yours.\n"
        )
    return f"""# {title}

This model removes noise from images like those that it was trained on: same microscope, same settings, same kind of
specimen. It was trained by napari-autostructn2v {version} on noisy images alone.

## Use

Grey values go in as they are, and grey values come out: subtracting {model.offset:.5g}, dividing by {model.scale:.5g}
and the way back are part of the description of the model.{beside}

In napari-autostructn2v the package is loaded like any of its models. It then does more than in other programs, which:

- do not replace hot pixels first,
- apply the model to images of another brightness as it is. Here it is fitted to them, or the images are refused.
{flattened}{drifting}
Averaging over turns and flips, smoothing and putting back what is far more than noise are part of the model.

## Training

{methods_text(model)}
## Validation

There was no clean image to compare with. Look at what was removed (the noisy image minus the denoised one): if it
shows the specimen, the model does not fit your images. Compare brightness and sizes that matter to you in both images.
"""


def _cover(noisy: np.ndarray, denoised: np.ndarray) -> np.ndarray:
    """Return the example before and after, side by side: (Y, 2 Y) uint8."""
    planes = [stack.reshape(-1, *stack.shape[-2:]) for stack in (noisy, denoised)]
    pair = np.concatenate([stack[len(stack) // 2] for stack in planes], 1)
    low, high = np.percentile(pair, (0.5, 99.8))
    grey = np.clip((pair - low) / max(high - low, 1e-30), 0, 1) * 255
    return np.rint(np.kron(grey, np.ones((2, 2)))).astype(np.uint8)


def _npy(array: np.ndarray) -> bytes:
    content = io.BytesIO()
    np.save(content, np.ascontiguousarray(array, np.float32), allow_pickle=False)
    return content.getvalue()
