"""``python -m napari_autostructn2v`` is the command ``autostructn2v``."""

from __future__ import annotations

from .cli import main

if __name__ == "__main__":
    raise SystemExit(main())
