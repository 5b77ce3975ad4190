"""Small pictures of an image before and after, on one scale of brightness."""

from __future__ import annotations

import numpy as np
from qtpy.QtCore import QPoint, QRect, QSize, Qt
from qtpy.QtGui import QColor, QImage, QPainter, QPixmap

__all__ = ["PAIR", "pair_of_pictures"]

#: Side of a picture and the gap between two, in pixels.
_SIDE, _GAP = 40, 2

PAIR = QSize(2 * _SIDE + _GAP, _SIDE)

#: Percentiles of the image that are shown black and white.
_BLACK, _WHITE = 0.5, 99.7


def pair_of_pictures(before: np.ndarray | None, after: np.ndarray | None, ratio: float = 1.0) -> QPixmap:
    """Return two pictures side by side; an empty frame stands for one that is not there yet.

    Parameters
    ----------
    before, after : (Y, X) or (Y, X, 3) ndarray or None
    ratio : float
        Pixels of the screen for each of the window.
    """
    pair = QPixmap(PAIR * ratio)
    pair.setDevicePixelRatio(ratio)
    pair.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pair)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    known = [pixels for pixels in (before, after) if pixels is not None and np.isfinite(pixels).any()]
    limits = _limits(known[0]) if known else (0.0, 1.0)
    for left, pixels in ((0, before), (_SIDE + _GAP, after)):
        if pixels is None:
            painter.setPen(QColor(128, 128, 128, 110))
            painter.drawRect(left, 0, _SIDE - 1, _SIDE - 1)
            continue
        image = _image(pixels, *limits)
        size = image.size().scaled(_SIDE, _SIDE, Qt.AspectRatioMode.KeepAspectRatio)
        corner = QPoint(left + (_SIDE - size.width()) // 2, (_SIDE - size.height()) // 2)
        painter.drawImage(QRect(corner, size), image, image.rect())
    painter.end()
    return pair


def _limits(pixels: np.ndarray) -> tuple[float, float]:
    low, high = np.nanpercentile(np.where(np.isfinite(pixels), pixels, np.nan), (_BLACK, _WHITE))
    return float(low), float(max(high, low + 1e-12))


def _image(pixels: np.ndarray, low: float, high: float) -> QImage:
    grey = np.nan_to_num(np.clip((pixels - low) / (high - low), 0, 1) * 255).astype(np.uint8)
    if grey.ndim == 2:
        grey = np.repeat(grey[..., None], 3, axis=2)
    grey = np.ascontiguousarray(grey)
    height, width = grey.shape[:2]
    # A copy, since the array goes when this function ends.
    return QImage(grey.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888).copy()
