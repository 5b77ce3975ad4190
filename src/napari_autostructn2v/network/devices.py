"""Where the work is done, and in which precision."""

from __future__ import annotations

import torch

from ..errors import InputError

__all__ = ["autocast_to_bfloat16", "available_devices", "resolve_device"]


def resolve_device(name: str = "auto") -> torch.device:
    """Return the device of a name; "auto" takes a GPU where there is one.

    Raises
    ------
    InputError
        If there is no such device on this machine.
    """
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
    except (RuntimeError, TypeError) as error:
        raise InputError(f"There is no device {name!r}; use auto, cpu, cuda or mps.") from error
    available = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not available.get(device.type, False):
        raise InputError(f"This machine has no {device.type} device that PyTorch can use; choose auto or cpu.")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise InputError(f"This machine has {torch.cuda.device_count()} CUDA device(s); {name} is not among them.")
    return device


def available_devices() -> list[str]:
    """Return the devices of this machine, each with what it is."""
    found = [f"cpu ({torch.get_num_threads()} threads)"]
    found += [f"cuda:{index} ({torch.cuda.get_device_name(index)})" for index in range(torch.cuda.device_count())]
    return [*found, "mps"] if torch.backends.mps.is_available() else found


def autocast_to_bfloat16(device: torch.device) -> torch.autocast:
    """Return the context in which a network trains: bfloat16 where the hardware has it, float32 elsewhere."""
    return torch.autocast(device.type, torch.bfloat16, enabled=_has_bfloat16(device))


def _has_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type == "cpu":
        # Without these instructions PyTorch emulates bfloat16, twenty times slower than float32.
        return any(
            check()
            for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
            if (check := getattr(torch.cpu, name, None)) is not None
        )
    return False
