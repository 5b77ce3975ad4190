"""Which stage sets out from the network that has seen images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..settings import Settings, StageSettings, has_start

if TYPE_CHECKING:
    from ..denoiser import Denoiser
    from ..network import Context

__all__ = ["sets_out_from_start"]


def sets_out_from_start(
    stage: StageSettings, contexts: tuple[Context, ...], settings: Settings, earlier: Denoiser | None
) -> bool:
    """Return whether stage 1, as the last stage, is trained from the network that has seen images.

    Parameters
    ----------
    stage : StageSettings
    contexts : tuple of Context
        What its network may be shown of other planes; the start has seen planes alone.
    settings : Settings
    earlier : Denoiser or None
        What an earlier run ended with, which goes on as it began.
    """
    if earlier is not None and "1" in earlier.networks:
        return "1" in earlier.from_start
    return settings.start == "general" and has_start(stage) and not any(context.channels for context in contexts)
