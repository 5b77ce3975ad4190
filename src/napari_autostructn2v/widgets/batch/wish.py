"""What is wanted of the images of a batch beside which they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...batch import BatchOrder, OpenImage
from ...settings import Settings

__all__ = ["BatchWish"]


@dataclass(frozen=True, kw_only=True)
class BatchWish:
    """The choices of the Batch dock.

    Parameters
    ----------
    settings : Settings
    settings_file : str
        Where they come from; empty where they are those of a preset.
    one_model : bool
        One model for all images, trained on all of them; otherwise one each.
    folder : str
        For the results; empty until it is known.
    ending : str
        Of the names of results; empty keeps the kind of each file.
    unnamed : str
        What the planes of a stack are whose file does not say it, as the letter of their axis; empty refuses them.
    error_maps : bool
    overwrite : bool
        Replace results of other settings.
    """

    settings: Settings = Settings()
    settings_file: str = ""
    one_model: bool = False
    folder: str = ""
    ending: str = ""
    unnamed: str = ""
    error_maps: bool = False
    overwrite: bool = False

    def order(
        self, sources: Sequence[Path], in_use: Sequence[Path] = (), images: Sequence[OpenImage] = ()
    ) -> BatchOrder:
        """Return the work on some files, and on open images where one model is trained on all."""
        return BatchOrder(
            sources=tuple(sources),
            folder=Path(self.folder),
            settings=self.settings,
            one_model=self.one_model,
            unnamed=self.unnamed,
            error_maps=self.error_maps,
            overwrite=self.overwrite,
            how_to_replace="tick Replace earlier results, or choose another folder",
            ending=self.ending,
            in_use=tuple(in_use),
            images=tuple(images),
        )
