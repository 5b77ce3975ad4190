"""Threads, and what runs in them; nothing else starts one."""

from .activity import Activity
from .applying import Prediction, predict_task
from .batches import BatchEnd, FileLook, ResultEvent, batch_task, look_task, small_picture
from .blending import blend_task
from .channels import ChannelProgress, each_channel, help_predictions, help_results
from .error_maps import error_map_task
from .failure import FILL_LABEL, FILL_TOOLTIP, AxesUnclear, Failure
from .latest import Latest
from .listing import Listed, list_task
from .live import LiveAnswer, live_task, quick_look_task
from .passing import passed_on
from .previews import is_better_than_last, without_flat_previews
from .tasks import (
    denoise_task,
    export_models_task,
    fill_task,
    gain_task,
    linear_preview_task,
    load_models_task,
    measure_task,
)
from .timing import RUN_PARTS, PartTimes, RunPart, timed
from .trial import trial_task
from .worker import Runner, StopRequest, Task

__all__ = [
    "FILL_LABEL",
    "FILL_TOOLTIP",
    "RUN_PARTS",
    "Activity",
    "AxesUnclear",
    "BatchEnd",
    "ChannelProgress",
    "Failure",
    "FileLook",
    "Latest",
    "Listed",
    "LiveAnswer",
    "PartTimes",
    "Prediction",
    "ResultEvent",
    "RunPart",
    "Runner",
    "StopRequest",
    "Task",
    "batch_task",
    "blend_task",
    "denoise_task",
    "each_channel",
    "error_map_task",
    "export_models_task",
    "fill_task",
    "gain_task",
    "help_predictions",
    "help_results",
    "is_better_than_last",
    "linear_preview_task",
    "list_task",
    "live_task",
    "load_models_task",
    "look_task",
    "measure_task",
    "passed_on",
    "predict_task",
    "quick_look_task",
    "small_picture",
    "timed",
    "trial_task",
    "without_flat_previews",
]
