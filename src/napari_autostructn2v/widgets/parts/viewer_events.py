"""What every part needs that listens to a viewer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from weakref import WeakMethod

from qtpy.QtCore import QObject

if TYPE_CHECKING:
    from napari.viewer import Viewer

__all__ = ["connect_while_alive", "unwrapped"]


def unwrapped(viewer: Viewer) -> Viewer:
    """Return the viewer behind the proxy that napari hands to plugins.

    Layers reached through the proxy are proxies as well, are not identical with themselves and warn about attributes
    that napari's own Qt models need.
    """
    return getattr(viewer, "__wrapped__", viewer)


def connect_while_alive(owner: QObject, emitter: Any, callback: Callable[..., Any]) -> Callable[[], None]:
    """Connect a bound method to a napari event until `owner` is destroyed, or what is returned is called.

    napari drops callbacks of collected Python objects by itself, but not those whose Qt half is gone already.
    """
    emitter.connect(callback)
    reference = WeakMethod(callback)

    def disconnect() -> None:
        method = reference()
        if method is not None:
            emitter.disconnect(method)

    def end() -> None:
        owner.destroyed.disconnect(disconnect)
        disconnect()

    owner.destroyed.connect(disconnect)
    return end
