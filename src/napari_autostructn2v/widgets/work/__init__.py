"""Threads, and what runs in them; nothing else starts one."""

from .activity import Activity
from .latest import Latest
from .tasks import denoise_task, gain_task, linear_preview_task, load_model_task, measure_task, predict_task
from .worker import Failure, Runner, StopRequest, Task

__all__ = [
    "Activity",
    "Failure",
    "Latest",
    "Runner",
    "StopRequest",
    "Task",
    "denoise_task",
    "gain_task",
    "linear_preview_task",
    "load_model_task",
    "measure_task",
    "predict_task",
]
