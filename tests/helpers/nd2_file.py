"""A small ND2 file as Nikon's program lays it out: named chunks, a map of them at the end, metadata as XML."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np

_TYPES = {bool: "bool", int: "lx_uint32", float: "double", str: "CLxStringW"}


def write_nd2(path: Path, frames: np.ndarray, names: list[str], pixel_size: float, seconds: float) -> None:
    """Write (T, P, Y, X, C) uint16 `frames`, their channels by name, micrometres a pixel, seconds between frames."""
    times, positions, height, width, channels = frames.shape
    attributes = {
        "uiWidth": width, "uiWidthBytes": 2 * width * channels, "uiHeight": height, "uiComp": channels,
        "uiBpcInMemory": 16, "uiBpcSignificant": 16, "uiSequenceCount": times * positions, "eCompression": 2,
    }  # fmt: skip
    planes = {
        f"a{number}": {"sDescription": name, "uiCompCount": 1, "pFluorescentProbe": {"m_sName": name}}
        for number, name in enumerate(names)
    }
    picture = {
        "bCalibrated": True,
        "dCalibration": pixel_size,
        "sPicturePlanes": {"uiCount": channels, "sPlaneNew": planes},
    }
    points = {f"i{number:010}": {"dPosX": 100.0 * number, "dPosY": 0.0} for number in range(positions)}
    milliseconds = 1000 * seconds
    experiment = {
        "eType": 1,
        "uLoopPars": {
            "uiCount": times, "dStart": 0.0, "dPeriod": milliseconds, "dDuration": milliseconds * times,
            "dAvgPeriodDiff": milliseconds,
        },
        "ppNextLevelEx": {"i0000000000": {"eType": 2, "uLoopPars": {"uiCount": positions, "Points": points}}},
    }  # fmt: skip
    content = {
        "ImageAttributes!": _xml(attributes),
        "ImageMetadataSeq|0!": _xml(picture),
        "ImageMetadata!": _xml(experiment),
    }
    for number, frame in enumerate(frames.reshape(-1, height, width, channels)):
        content[f"ImageDataSeq|{number}!"] = struct.pack("d", 0.0) + frame.tobytes()
    with path.open("wb") as file:
        file.write(struct.pack("<IIQ32s64s", 0x0ABECEDA, 32, 64, b"ND2 FILE SIGNATURE CHUNK NAME01!", b"Ver2.1"))
        places = b""
        for name, data in content.items():
            places += name.encode() + struct.pack("<QQ", file.tell(), len(data))
            # The pixels of a frame, after eight bytes for its time, begin 4096 bytes after the chunk.
            file.write(struct.pack("<IIQ", 0x0ABECEDA, 4072, len(data)) + name.encode().ljust(4072, b"\0") + data)
        at = file.tell()
        end = struct.pack("<32sQ", b"ND2 CHUNK MAP SIGNATURE 0000001!", at)
        places += end
        file.write(struct.pack("<IIQ", 0x0ABECEDA, 32, len(places)) + b"ND2 FILEMAP SIGNATURE NAME 0001!" + places)


def _xml(values: dict[str, Any]) -> bytes:
    return f"<variant>{_elements(values)}</variant>".encode()


def _elements(values: dict[str, Any]) -> str:
    parts = []
    for name, value in values.items():
        if isinstance(value, dict):
            parts.append(f'<{name} runtype="CLxListVariant">{_elements(value)}</{name}>')
        else:
            parts.append(f'<{name} runtype="{_TYPES[type(value)]}" value="{value}"/>')
    return "".join(parts)
