"""Errors whose text is meant for the person at the microscope."""

from __future__ import annotations

__all__ = ["InputError", "NotEnoughPatchesError"]


class InputError(ValueError):
    """Something the user gave cannot be used; the text says what is wrong and what to do.

    Docks and the command line show the text as it is and never a traceback.
    """


class NotEnoughPatchesError(InputError):
    """The ROI settings select fewer patches than a stage needs.

    A dock offers "Use random patches" (``use_roi=False``) beside this message.
    """
