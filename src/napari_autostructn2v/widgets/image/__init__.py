"""What is known about the images of a viewer: source, settings, runs, results, verdict."""

from .kept_runs import Run, delete_run, keeping, kept_runs
from .layer_order import METADATA_KEY, add_quietly, origin_of, raise_above
from .queue import PlannedRun, RunControl
from .results import ADDING, Outcome, model_provenance
from .roi_state import RoiPair, RoiState, Stage, roi_state, with_pair
from .source import Source
from .verdict import judge
from .view_plane import plane_index

__all__ = [
    "ADDING",
    "METADATA_KEY",
    "Outcome",
    "PlannedRun",
    "RoiPair",
    "RoiState",
    "Run",
    "RunControl",
    "Source",
    "Stage",
    "add_quietly",
    "delete_run",
    "judge",
    "keeping",
    "kept_runs",
    "model_provenance",
    "origin_of",
    "plane_index",
    "raise_above",
    "roi_state",
    "with_pair",
]
