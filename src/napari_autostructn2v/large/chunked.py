"""Dask arrays stay lazy: each block is denoised when it is computed, here or on any machine of a cluster."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError
from ..images import as_array, line_strips
from .margins import planes_at_once
from .model import Model, PackedModel

if TYPE_CHECKING:
    from ..stop import StopToken

__all__ = ["BLOCK_PIXELS", "BLOCK_SIDE", "check_lazy", "is_lazy", "plane_chunks", "plane_runs", "predict_lazily"]

#: Pixels that are denoised at once; larger planes are cut.
BLOCK_PIXELS = 2**24

#: Side in pixels, about, of the pieces of a plane that is cut.
BLOCK_SIDE = 2048

#: The same where every plane is denoised with others.
_STACK_PIXELS, _STACK_SIDE = 2**26, 1024

_MIN_SIDE = 16


def is_lazy(image: Any) -> bool:
    """Return True for a dask array."""
    return type(image).__module__.split(".")[0] == "dask" and hasattr(image, "map_blocks")


def predict_lazily(
    model: Model,
    image: Any,
    *,
    stage: str | None,
    device: str,
    stop: StopToken | None,
    dtype: Any,
    tile: int | None,
) -> Any:
    """Return a dask array whose blocks are denoised when they are computed.

    Parameters
    ----------
    model : Model
    image : (..., Y, X) dask array
    stage, device, stop, dtype, tile
        As for :meth:`~napari_autostructn2v.Denoiser.predict`; a device is looked for where a block is
        computed, and a stop ends what is being computed, on this machine.

    Returns
    -------
    (..., Y, X) dask array
        In blocks of whole planes; planes of more than 16 megapixels are cut. Masked where the image is.

    Raises
    ------
    InputError
        If what is known about the image before it is read shows that it cannot be used.

    Notes
    -----
    Whether the model fits the image is for the caller to find out, from a sample; whether the image is constant would
    take reading all of it, and is left out.
    """
    import dask.array
    from dask import delayed

    check_lazy(image)
    model.check_length(image.shape, stage)
    if isinstance(image._meta, np.ma.MaskedArray):
        result = predict_lazily(
            model, _filled(image, model.offset), stage=stage, device=device, stop=stop, dtype=dtype, tile=tile
        )
        mask = image.map_blocks(np.ma.getmaskarray, dtype=bool, meta=np.empty((0,) * image.ndim, bool))
        return dask.array.ma.masked_array(result, mask.rechunk(result.chunks))
    height, width = image.shape[-2:]
    reach = model.reach if image.ndim > 2 else 0
    rows, columns = plane_chunks((height, width), model.margin, reach)
    cut = len(rows) + len(columns) > 2
    image = image.rechunk((*_leading_chunks(image, (max(rows), max(columns)), reach), rows, columns))
    packed_model = model.packed()
    target = np.dtype(image.dtype if dtype is None else dtype)
    # One node of the graph holds the model, so that it travels to a worker once and not with every block.
    shared = delayed(packed_model, name=f"model-{packed_model.token[:16]}", traverse=False)
    depth = {axis: 0 for axis in range(image.ndim)}
    planes = image.chunks[-3] if image.ndim > 2 else (1,)
    if cut:
        depth |= {image.ndim - 2: model.margin, image.ndim - 1: model.margin}
        # The offsets, one for each plane, would cut a stack into planes.
        image = _without_line_offsets(image, model.flattened, shared).rechunk(image.chunks)
    beside = {image.ndim - 3: reach} if len(planes) > 1 else {}
    if cut or beside:
        image = dask.array.overlap.overlap(image, depth=depth | beside, boundary="none", allow_rechunk=False)
    chunks = (*image.chunks[:-3], planes, *image.chunks[-2:]) if image.ndim > 2 else image.chunks
    result = image.map_blocks(
        _denoised,
        model=shared,
        stage=stage,
        device=device,
        target=target,
        tile=tile,
        stop=stop,
        lines_are_flat=cut,
        reach=reach,
        planes=planes,
        chunks=chunks,
        dtype=target,
        meta=np.empty((0,) * image.ndim, target),
    )
    return dask.array.overlap.trim_internal(result, depth, boundary="none") if cut else result


def _denoised(
    block: np.ndarray,
    model: PackedModel,
    stage: str | None,
    device: str,
    target: np.dtype,
    tile: int | None,
    stop: StopToken | None,
    lines_are_flat: bool,
    reach: int,
    planes: tuple[int, ...],
    block_id: tuple[int, ...],
) -> np.ndarray:
    chosen = slice(None)
    if reach:
        number = block_id[-3]
        before = reach if number > 0 else 0
        chosen = slice(before, before + planes[number])
    return model.open().predict_part(
        np.asarray(block),
        stage=stage,
        device=device,
        dtype=target,
        tile=tile,
        stop=stop,
        lines_are_flat=lines_are_flat,
        chosen=chosen,
    )


def _filled(image: Any, otherwise: float) -> Any:
    """Fill the masked pixels of a lazy image plane by plane, and planes that are masked all over with a number."""
    whole = image.rechunk({axis: -1 if axis >= image.ndim - 2 else 1 for axis in range(image.ndim)})

    def filled(plane: np.ndarray) -> np.ndarray:
        known = not np.ma.getmaskarray(plane).all()
        return as_array(plane) if known else np.full(plane.shape, otherwise, plane.dtype)

    return whole.map_blocks(filled, dtype=image.dtype, meta=np.empty((0,) * image.ndim, image.dtype))


def _without_line_offsets(image: Any, lines: tuple[str, ...], model: Any) -> Any:
    """Take the offsets of lines out of planes that will be cut; each is estimated once, for the whole plane."""
    import dask.array

    for name in lines:
        rows = image if name == "rows" else image.swapaxes(-1, -2)
        strips = [rows[..., strip] for strip in line_strips(rows.shape[-2:])]
        seen = dask.array.concatenate(strips, axis=-1)
        seen = seen.rechunk({axis: -1 if axis >= seen.ndim - 2 else 1 for axis in range(seen.ndim)})
        meta = np.empty((0,) * (seen.ndim - 1), np.float32)
        offsets = seen.map_blocks(_offsets, model=model, drop_axis=seen.ndim - 1, dtype=np.float32, meta=meta)
        rows = rows - offsets[..., None].astype(np.result_type(image.dtype, np.float32))
        image = rows if name == "rows" else rows.swapaxes(-1, -2)
    return image


def _offsets(strips: np.ndarray, model: PackedModel) -> np.ndarray:
    offsets = model.open().line_offsets(strips.reshape(strips.shape[-2:]))
    return offsets.reshape(strips.shape[:-1])


def plane_chunks(shape: tuple[int, int], margin: int, reach: int = 0) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the heights and widths of the pieces of a plane, whole planes where they are small enough.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns.
    margin : int
        No piece but a whole plane is smaller, so that what reaches into a piece lies in its neighbours.
    reach : int
        Planes on either side that a model looks at.
    """
    most = _STACK_PIXELS // (planes_at_once(shape, reach) + 2 * reach) if reach else BLOCK_PIXELS
    side = _STACK_SIDE if reach else BLOCK_SIDE
    if math.prod(shape) <= most:
        return (shape[0],), (shape[1],)
    return _cut(shape[0], margin, side), _cut(shape[1], margin, side)


def _cut(length: int, margin: int, side: int) -> tuple[int, ...]:
    """Cut into pieces that begin where pooling begins anew."""
    count = -(-length // side)
    step = -(-length // (count * margin)) * margin
    pieces = [min(step, length - start) for start in range(0, length, step)]
    if len(pieces) > 1 and pieces[-1] < margin:
        pieces[-2:] = [sum(pieces[-2:])]
    return tuple(pieces)


def _leading_chunks(image: Any, piece: tuple[int, int], reach: int) -> tuple[Any, ...]:
    """Chunks along the other axes: as they are, unless a block of them would be too large or its neighbours missing."""
    longest = [max(chunks) for chunks in image.chunks[:-2]]
    if reach:
        return (*(1,) * (len(longest) - 1), plane_runs(image.shape[-3], piece, reach))
    if math.prod(longest) * math.prod(piece) <= BLOCK_PIXELS:
        return image.chunks[:-2]
    return (1,) * len(longest)


def plane_runs(length: int, piece: tuple[int, int], reach: int) -> tuple[int, ...]:
    """Return how many planes of a stack are denoised at once, from one end to the other.

    Parameters
    ----------
    length : int
        Of the stack.
    piece : (int, int)
        Rows and columns.
    reach : int
        Planes on either side that a model looks at; no run is shorter, so that they lie in the runs beside it.
    """
    step = max(planes_at_once(piece, reach), reach)
    runs = [min(step, length - start) for start in range(0, length, step)]
    if len(runs) > 1 and runs[-1] < reach:
        runs[-2:] = [sum(runs[-2:])]
    return tuple(runs)


def check_lazy(image: Any) -> None:
    """Raise an InputError if what is known about a dask array before it is read shows that it cannot be used."""
    if image.dtype.kind not in "iuf":
        raise InputError(f"The image does not hold real numbers but {image.dtype}; choose an image with intensities.")
    if image.ndim < 2:
        raise InputError(f"An image needs at least two axes (Y and X); this array has {image.ndim}.")
    if any(math.isnan(size) for size in image.shape):
        raise InputError("The size of the image is not known; call compute_chunk_sizes() on the dask array first.")
    if min(image.shape[-2:]) < _MIN_SIDE:
        raise InputError(
            f"The image is {image.shape[-2]} x {image.shape[-1]} pixels (Y x X); at least {_MIN_SIDE} x {_MIN_SIDE} "
            "are needed. If these are colours, pass one of them."
        )
