"""The rows of a batch: what is known of each file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from weakref import ReferenceType

import numpy as np
from napari.layers import Image

from ...batch import channel_values
from ...errors import InputError, UnknownAxesError
from ...microscopes import split_scene
from ...noise import Quality
from ...progress import Progress
from ..image import Judgement, Outcome, judge
from ..work import Failure, FileLook, ResultEvent

__all__ = ["BatchRow", "RowState", "picture_of_layer", "summary_of"]

RowState = Literal["waiting", "running", "done", "failed", "stopped"]

_LIGHTS = ("green", "yellow", "red")

_ONE_MODEL = "The model of all images may not suit this one: choose One each and start again."

_AXES = "a stack that does not say what its planes are. Choose Time, Depth or Channels at Stacks (under More)."


@dataclass(eq=False)
class BatchRow:
    """What is known of one image, and how far it is.

    Parameters
    ----------
    source : Path
        Of its file; the name of its layer where it is one.
    layer : weak reference or None
        To the layer, where the image is one of the viewer.
    target : Path or None
        Where its result goes, once that is known.
    about : str
        Axes and size in words.
    state : {"waiting", "running", "done", "failed", "stopped"}
    words : str
        The state in words.
    share : float
        Of the present phase that is done, from 0 to 1.
    before, after : ndarray or None
        Small pictures.
    judgement : Judgement or None
        The light, and what it says.
    gain : float or None
        A bound from above, in dB.
    seconds : float or None
        That it took.
    notes : tuple of str
        What else there is to say.
    details : str
        The traceback of an error that should not happen.
    number : int
        Of the row in the table.
    """

    source: Path
    layer: ReferenceType[Image] | None = None
    target: Path | None = None
    about: str = ""
    state: RowState = "waiting"
    words: str = "waiting"
    share: float = 0.0
    before: np.ndarray | None = None
    after: np.ndarray | None = None
    judgement: Judgement | None = None
    gain: float | None = None
    seconds: float | None = None
    notes: tuple[str, ...] = ()
    details: str = ""
    number: int = -1

    @property
    def name(self) -> str:
        """That of the file."""
        file, scene = split_scene(self.source)
        return f"{file.name}/{scene}" if scene else file.name

    def take_look(self, look: FileLook, with_one_model: bool = False) -> None:
        """Take up what is known before anything is done."""
        if look.before is not None:
            self.before = look.before
            return
        self.target, self.about = look.target, look.about or self.about
        if look.error is not None:
            self._fail(look.error)
        elif look.is_done:
            self._finish(look.values, "done already", look.after)
            self._blame(with_one_model)
        else:
            self.wait()
            self.notes = (self._short(look.hint),) if look.hint else ()

    def wait(self) -> None:
        """Forget what was found out about a result: it is not there, or no longer what is wanted."""
        self.state, self.words, self.share = "waiting", "waiting", 0.0
        self.after, self.judgement, self.gain, self.seconds = None, None, None, None
        self.notes, self.details = (), ""

    def take_progress(self, event: Progress) -> None:
        """Follow its run; what is known of an earlier result, which is no longer there, is forgotten."""
        if self.state != "running":
            self.wait()
        self.state = "running"
        self.share = event.step / event.total if event.total else 0.0
        phase = {"measuring": "measuring", "noise": "measuring", "prediction": "denoising"}.get(
            event.phase, event.phase
        )
        if "error" in event.message:
            phase = "estimating the error"
        self.words = f"{phase} · {100 * self.share:.0f} %" if event.total else f"{phase}…"

    def take_result(self, event: ResultEvent, with_one_model: bool) -> None:
        """Take up what became of it."""
        self._finish(event.values, "done" if event.status == "denoised" else "done already", event.after)
        if event.status == "denoised":
            self.seconds = event.seconds
        self._blame(with_one_model)

    def take_layer(
        self, outcome: Outcome, result: Image | None, seconds: float, *, with_one_model: bool = False
    ) -> None:
        """Take up what became of a layer: its result is one as well."""
        if result is None or outcome.is_stopped:
            self.end_early("Cancelled; what was reached is a layer." if result is not None else "")
            return
        self._finish({}, "done: a layer of its own", picture_of_layer(result))
        if outcome.quality is not None:
            self.judgement = judge(outcome.quality)
        self.seconds, self.notes = seconds, outcome.notes
        if outcome.result is not None:
            self.seconds = sum(outcome.result.report.seconds.values())
            self.notes = tuple(outcome.result.report.messages)
        self._blame(with_one_model)

    def take_layer_failure(self, failure: Failure) -> None:
        """Take up why a layer has no result."""
        self.wait()
        self.state, self.words, self.details = "failed", failure.sentence, failure.details

    def take_failure(self, error: Exception) -> None:
        """Take up why it has no result."""
        self._fail(error)

    def end_early(self, said: str) -> None:
        """Say that its run was stopped in the middle."""
        self.state, self.share = "stopped", 0.0
        self.words = "stopped"
        self.notes = (said,) if said else ("Stopped before there was a result. Start goes on from here.",)

    def _finish(self, values: Mapping[str, Any], words: str, after: np.ndarray | None) -> None:
        self.wait()
        self.state, self.words, self.share = "done", words, 1.0
        self.after = after
        each = channel_values(values)
        judged = [(judge(Quality(**said["quality"])), said.get("channel", "")) for said in each if said.get("quality")]
        if judged:
            self.judgement, worst = max(judged, key=lambda pair: _LIGHTS.index(pair[0].light))
            if worst and len(judged) > 1:
                self.judgement = self.judgement._replace(verdict=f"{worst}: {self.judgement.verdict}")
        gains = [said["gain_db"] for said in each if said.get("gain_db") is not None]
        self.gain = min(gains, default=None)
        self.seconds = values.get("total_seconds")
        self.notes = tuple(self._short(message) for message in values.get("messages", ()))

    def _blame(self, with_one_model: bool) -> None:
        """Say what to do about a light that is not green where the image had no model of its own."""
        if with_one_model and self.judgement is not None and self.judgement.light != "green":
            self.judgement = self.judgement._replace(advice=_ONE_MODEL)

    def _fail(self, error: Exception) -> None:
        self.wait()
        self.state = "failed"
        if isinstance(error, UnknownAxesError):
            self.words = _AXES
        elif isinstance(error, InputError):
            self.words = self._short(str(error)).removeprefix(f"{self.name} is ").removeprefix(f"{self.name} ")
        else:
            failure = Failure.from_error(error)
            self.words, self.details = failure.sentence, failure.details

    def _short(self, sentence: str) -> str:
        """Return a sentence with the name of the file in place of its whole path."""
        return sentence.replace(str(self.source), self.name)


def summary_of(rows: Sequence[BatchRow]) -> str:
    """Return how many rows are in which state, in words."""
    states = [row.state for row in rows]
    counts = [(states.count("done"), "done"), (states.count("failed"), "failed")]
    left = states.count("waiting") + states.count("stopped")
    counts.append((left, "not done yet; Start goes on with them"))
    return ", ".join(f"{count} {what}" for count, what in counts if count) + "."


def picture_of_layer(layer: Image) -> np.ndarray:
    """Return the small picture that napari shows of a layer."""
    return np.asarray(layer.thumbnail[..., :3], np.float32)
