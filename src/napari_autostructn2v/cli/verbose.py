"""``--verbose``: what happens, on the terminal as it happens."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["told"]


@contextmanager
def told(verbose: bool) -> Iterator[None]:
    """Print what is logged to standard error, with the time and with the tracebacks of unexpected errors."""
    if not verbose:
        yield
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    handler.addFilter(lambda record: not record.msg.startswith("told: "))  # that is printed anyway
    logger = logging.getLogger("napari_autostructn2v")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
