"""What the Denoise dock starts with: the user's preferences in napari, and what the last run was made with."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

from ...disk import atomic_path, config_folder
from ...errors import InputError
from ...settings import MaskSettings, Preset, Settings, StageSettings, check_fields, merged, parsed, read_text, to_text
from ..image import with_pair

__all__ = ["Habits", "Preferences", "ResultType", "preferences", "remember", "start_with", "with_smaller_tiles"]

PLUGIN = "napari-autostructn2v"

#: The dtype of results: that of the image, or one that keeps fractions of a grey value.
ResultType = Literal["same as image", "float32"]


@dataclass(frozen=True, kw_only=True)
class Preferences:
    """The page of the plugin in napari's Preferences; names, choices and defaults are those of the manifest.

    Parameters
    ----------
    quality : {"fast", "balanced", "best"}
    device : str
    result_type : {"same as image", "float32"}
    earlier_results : {"replace", "keep"}
    remember_last : bool
        Start with what the last run was made with, rather than with the choices above.
    """

    quality: Preset = "balanced"
    device: str = "auto"
    result_type: ResultType = "same as image"
    earlier_results: Literal["replace", "keep"] = "replace"
    remember_last: bool = True

    def __post_init__(self) -> None:
        check_fields(self)


@dataclass(frozen=True, kw_only=True)
class Habits:
    """What the dock shows when it opens.

    Parameters
    ----------
    settings : Settings
        Without patches and mask, which belong to an image.
    keep_earlier : bool
        Results come on top of earlier ones rather than in their place.
    result_type : {"same as image", "float32"}
    """

    settings: Settings = Settings()
    keep_earlier: bool = False
    result_type: ResultType = "same as image"

    def __post_init__(self) -> None:
        check_fields(self)

    @classmethod
    def preferred(cls, wanted: Preferences) -> Habits:
        """Return what the preferences ask for."""
        return cls(
            settings=Settings.from_preset(wanted.quality, device=wanted.device),
            keep_earlier=wanted.earlier_results == "keep",
            result_type=wanted.result_type,
        )


def preferences() -> Preferences:
    """Return what the user has chosen in napari's Preferences, the defaults where napari does not know the plugin."""
    from napari.settings import get_plugin_settings

    # Whatever is wrong with napari's settings files must not keep the dock from opening.
    with suppress(KeyError, AttributeError, OSError, ValueError, InputError):
        page = get_plugin_settings(PLUGIN).denoising
        return Preferences(**{item.name: getattr(page, item.name) for item in fields(Preferences)})
    return Preferences()


def start_with() -> Habits:
    """Return what a dock starts with: the last run's choices, but a preference that has changed since then wins."""
    wanted = preferences()
    preferred = Habits.preferred(wanted)
    last = _read(_file()) if wanted.remember_last else None
    if last is None:
        return preferred
    habits, then = last
    settings = habits.settings
    if wanted.quality != then.quality:
        settings = settings.with_preset(wanted.quality)
    if wanted.device != then.device:
        settings = replace(settings, device=wanted.device)
    habits = replace(habits, settings=settings)
    if wanted.earlier_results != then.earlier_results:
        habits = replace(habits, keep_earlier=preferred.keep_earlier)
    if wanted.result_type != then.result_type:
        habits = replace(habits, result_type=preferred.result_type)
    return habits


def remember(habits: Habits) -> None:
    """Keep for the next session what a run is made with, if the folder can be written to."""
    default = Settings()
    settings = with_pair(habits.settings, (default.stage1.roi, default.stage2.roi))
    text = to_text(replace(habits, settings=replace(settings, mask=MaskSettings())))
    text += "\n[preferences]\n" + to_text(preferences())
    with suppress(InputError), atomic_path(_file()) as part:
        part.write_text(text, encoding="utf-8")


def with_smaller_tiles(settings: Settings) -> Settings | None:
    """Return settings that need about half the memory, None where that is not possible any more."""

    def smaller(stage: StageSettings) -> StageSettings:
        crop_size = stage.crop_size if stage.crop_size <= 64 else max(64, stage.crop_size // 2)
        return replace(stage, batch_size=max(1, stage.batch_size // 2), crop_size=crop_size)

    changed = replace(
        settings,
        tile=max(min(settings.tile, 256), settings.tile // 32 * 16),
        stage1=smaller(settings.stage1),
        stage2=smaller(settings.stage2),
    )
    return None if changed == settings else changed


def _file() -> Path:
    return config_folder() / "last-run.toml"


def _read(path: Path) -> tuple[Habits, Preferences] | None:
    """Return what was remembered, and the preferences of that time; None if there is nothing or it is damaged."""
    try:
        values: dict[str, Any] = parsed(read_text(path))
        then = merged(Preferences(), values.pop("preferences", {}))
        return merged(Habits(), values), then
    except InputError:
        return None
