"""What is known about the images of a viewer: source, settings, runs, results, verdict."""

from .axes_choice import AxesChoice
from .channel_outcomes import outcome_of_predictions, outcome_of_results
from .chosen_image import ChosenImage
from .error_maps import add_error_map
from .findings import Gain, Measured, ModelAtHand
from .image_choice import ImageChoice
from .image_dock import ImageDock
from .layer_order import (
    METADATA_KEY,
    add_quietly,
    image_of,
    is_made_here,
    keeping_selection,
    mark_as_made,
    origin_of,
    raise_above,
)
from .quality_choice import QualityChoice
from .queue import PlannedRun, RunControl
from .reading import Reading, axes_in_words, read_axes, readings
from .results import ADDING, Outcome, model_provenance
from .source import Part, Source, read_later
from .state import ImageState, RoiPair, Stage, with_pair
from .strength import note_strength, strength_of
from .training import applying_run, for_each_part, training_run
from .verdict import Judgement, judge, why
from .view_plane import plane_index
from .viewer_state import ViewerState, viewer_state

__all__ = [
    "ADDING",
    "METADATA_KEY",
    "AxesChoice",
    "ChosenImage",
    "Gain",
    "ImageChoice",
    "ImageDock",
    "ImageState",
    "Judgement",
    "Measured",
    "ModelAtHand",
    "Outcome",
    "Part",
    "PlannedRun",
    "QualityChoice",
    "Reading",
    "RoiPair",
    "RunControl",
    "Source",
    "Stage",
    "ViewerState",
    "add_error_map",
    "add_quietly",
    "applying_run",
    "axes_in_words",
    "for_each_part",
    "image_of",
    "is_made_here",
    "judge",
    "keeping_selection",
    "mark_as_made",
    "model_provenance",
    "note_strength",
    "origin_of",
    "outcome_of_predictions",
    "outcome_of_results",
    "plane_index",
    "raise_above",
    "read_axes",
    "read_later",
    "readings",
    "strength_of",
    "training_run",
    "viewer_state",
    "why",
    "with_pair",
]
