"""Many files, one after the other, each whole or absent at the end."""

from .blocks import check_scheduler
from .inputs import error_map_path, find_inputs, targets_of
from .many_files import Batch
from .model_files import check_models, found_models, load_models, model_paths, save_models, unfinished_model
from .one_file import process
from .one_model import train_once
from .plan import BatchPlan, digest, layout_of, made_by, streams
from .report import FileReport, StoppedEarly, denoised_of, dumps, result_values
from .work_folder import WorkFolder

__all__ = [
    "Batch",
    "BatchPlan",
    "FileReport",
    "StoppedEarly",
    "WorkFolder",
    "check_models",
    "check_scheduler",
    "denoised_of",
    "digest",
    "dumps",
    "error_map_path",
    "find_inputs",
    "found_models",
    "layout_of",
    "load_models",
    "made_by",
    "model_paths",
    "process",
    "result_values",
    "save_models",
    "streams",
    "targets_of",
    "train_once",
    "unfinished_model",
]
