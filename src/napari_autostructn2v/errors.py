"""Errors whose text is meant for the person at the microscope."""

from __future__ import annotations

__all__ = [
    "InputError",
    "MissingPixelsError",
    "ModelDoesNotFitError",
    "NotEnoughPatchesError",
    "UnknownAxesError",
    "counted",
    "tells_of_memory",
]


class InputError(ValueError):
    """Something the user gave cannot be used; the text says what is wrong and what to do.

    Docks and the command line show the text as it is and never a traceback.
    """


class NotEnoughPatchesError(InputError):
    """The ROI settings select fewer patches than a stage needs.

    A dock offers "Use random patches" (``use_roi=False``) beside this message.
    """


class UnknownAxesError(InputError):
    """A file does not say what its axes are.

    A dock offers to choose beside this message.
    """


class MissingPixelsError(InputError):
    """Pixels of the image are NaN or infinite.

    A dock offers "Fill missing pixels" beside this message.
    """


class ModelDoesNotFitError(InputError):
    """A model was trained on another kind of image.

    A dock offers to train on the image beside this message.
    """


def tells_of_memory(error: BaseException | str) -> bool:
    """Return whether an error, or what was said of one, is about memory that ran out.

    PyTorch's have no type of their own on the CPU, and theirs must not be imported to be told apart.
    """
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    said = str(error).lower()
    return any(words in said for words in ("out of memory", "not enough memory", "can't allocate memory"))


def counted(number: int, thing: str, things: str = "") -> str:
    """Return a number with a noun in the singular or the plural, which gets an s unless it is given."""
    return f"{number} {thing}" if number == 1 else f"{number} {things or thing + 's'}"
