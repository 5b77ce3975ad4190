"""Ctrl+C during a training: once ends it with what there is, twice ends the program."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .report import complain

__all__ = ["gentle_stop"]


@contextmanager
def gentle_stop() -> Iterator[threading.Event]:
    """Give a stop token that the first Ctrl+C (or SIGTERM) sets; the second raises `KeyboardInterrupt` as usual.

    Where the process cannot take signals, outside the main thread, the token is never set.
    """
    token = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield token
        return

    def stop(*_: Any) -> None:
        if token.is_set():
            raise KeyboardInterrupt
        token.set()
        complain("Stopping. What is trained so far is kept if it can be; once more ends at once.")

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield token
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
