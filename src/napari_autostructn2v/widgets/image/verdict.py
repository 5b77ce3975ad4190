"""The figures of a result in plain words, with a traffic light."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from ...noise import Quality

__all__ = ["Judgement", "judge", "why"]

Light = Literal["green", "yellow", "red"]

#: Share of the measured noise variance that was removed. The truth itself scores 0.7 to 1.2 on real images, a result
#: that keeps half of the noise 0.2 to 0.3, and one blurred over four pixels 1.2 to 1.5.
_GREEN = 0.7, 1.25

_YELLOW = 0.5, 1.5

#: Correlation of what was removed with the result; blurring and noise left both raise it.
_ALIKE = 0.35


#: Share of the image where what was removed shows structure: at most 0.15 in results that are right.
_SHOWN = 0.2, 0.5


class Judgement(NamedTuple):
    """A traffic light, what it says, and what to do unless it is green."""

    light: Light
    verdict: str
    advice: str


def judge(quality: Quality) -> Judgement:
    """Say whether a result can be trusted.

    Parameters
    ----------
    quality : Quality

    Returns
    -------
    Judgement
    """
    removed = quality.removed_over_expected
    share = f"{100 * removed:.0f} %"
    if removed < _GREEN[0]:
        light: Light = "yellow" if removed >= _YELLOW[0] else "red"
        amount = "Some" if light == "yellow" else "Much"
        return Judgement(
            light,
            f"{amount} of the noise is still there: {share} of what was measured is removed.",
            "Try Quality Best, or check in the ROI tuning dock that the background patches hold no structure.",
        )
    if removed > _GREEN[1]:
        light = "yellow" if removed <= _YELLOW[1] else "red"
        amount = "Some" if light == "yellow" else "Much"
        return Judgement(
            light,
            f"{amount} structure may be gone as well: {share} of the measured noise is removed.",
            "Look at Difference. If you see the sample in it, try Quality Best or a smaller mask.",
        )
    shown = quality.structured_share
    if shown > _SHOWN[0]:
        return Judgement(
            "yellow" if shown <= _SHOWN[1] else "red",
            f"What was removed shows structure in {100 * shown:.0f} % of the image, not noise alone.",
            "Look at Difference. If you see the sample in it, try Quality Best or a smaller mask.",
        )
    if quality.structure_in_removed > _ALIKE:
        return Judgement(
            "yellow",
            "What was removed resembles the image.",
            "Look at Difference. If you see the sample in it, try Quality Best or a smaller mask.",
        )
    if quality.may_be_structure:
        return Judgement(
            "yellow",
            "Fine structure looks like noise in this image, so that some of it may have been removed.",
            "Look at Difference. If you see the sample in it, lower Strength, or choose Mask > Single pixel.",
        )
    return Judgement("green", f"What was removed looks like noise alone: {share} of what was measured.", "")


def why(quality: Quality) -> str:
    """Return the figures that a light follows from, one a line, each with its limits.

    Parameters
    ----------
    quality : Quality
    """
    (low, high), (lowest, highest), (some, much) = _GREEN, _YELLOW, _SHOWN
    told = "no (yellow)" if quality.may_be_structure else "yes"
    return "\n".join(
        [
            f"Removed: {_percent(quality.removed_over_expected)} of the measured noise variance. Green from "
            f"{_percent(low)} to {_percent(high)}, red below {_percent(lowest)} and above {_percent(highest)}.",
            f"Structure in what was removed: in {_percent(quality.structured_share)} of the image. Yellow above "
            f"{_percent(some)}, red above {_percent(much)}.",
            f"Correlation of what was removed with the result: {quality.structure_in_removed:.2f}. Yellow above "
            f"{_ALIKE}.",
            f"Noise can be told from fine structure: {told}.",
            f"Signal of the original: {quality.snr_before_db:.1f} dB above its noise. The light does not depend on it.",
        ]
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
