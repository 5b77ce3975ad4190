"""Many files, one after the other, each whole or absent at the end."""

from .all_files import FileEvent, FileStatus, FileWork, denoise_files
from .blocks import check_scheduler
from .inputs import ALL_SCENES, error_map_path, find_inputs, targets_of
from .kept_reports import kept_report
from .many_files import Batch
from .model_files import check_models, found_models, load_models, model_paths, save_models, unfinished_model
from .one_file import process
from .one_model import train_once, trainable
from .open_images import OpenImage
from .order import BatchOrder, carry_out
from .plan import BatchPlan, digest, layout_of, made_by, plan_for, run_id, streams, training_plan
from .report import FileReport, StoppedEarly, channel_values, denoised_of, dumps, result_values
from .work_folder import WorkFolder

__all__ = [
    "ALL_SCENES",
    "Batch",
    "BatchOrder",
    "BatchPlan",
    "FileEvent",
    "FileReport",
    "FileStatus",
    "FileWork",
    "OpenImage",
    "StoppedEarly",
    "WorkFolder",
    "carry_out",
    "channel_values",
    "check_models",
    "check_scheduler",
    "denoise_files",
    "denoised_of",
    "digest",
    "dumps",
    "error_map_path",
    "find_inputs",
    "found_models",
    "kept_report",
    "layout_of",
    "load_models",
    "made_by",
    "model_paths",
    "plan_for",
    "process",
    "result_values",
    "run_id",
    "save_models",
    "streams",
    "targets_of",
    "train_once",
    "trainable",
    "training_plan",
    "unfinished_model",
]
