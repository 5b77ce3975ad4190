"""What is known about the images of a viewer: source, settings, runs, results, verdict."""

from .chosen_image import ChosenImage
from .image_choice import ImageChoice
from .keeping import keeping
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
from .queue import PlannedRun, RunControl
from .results import ADDING, Outcome, model_provenance
from .source import Source
from .state import Gain, ImageState, Measured, ModelAtHand, RoiPair, Stage, with_pair
from .verdict import judge
from .view_plane import plane_index
from .viewer_state import ViewerState, viewer_state

__all__ = [
    "ADDING",
    "METADATA_KEY",
    "ChosenImage",
    "Gain",
    "ImageChoice",
    "ImageState",
    "Measured",
    "ModelAtHand",
    "Outcome",
    "PlannedRun",
    "RoiPair",
    "RunControl",
    "Source",
    "Stage",
    "ViewerState",
    "add_quietly",
    "image_of",
    "is_made_here",
    "judge",
    "keeping",
    "keeping_selection",
    "mark_as_made",
    "model_provenance",
    "origin_of",
    "plane_index",
    "raise_above",
    "viewer_state",
    "with_pair",
]
