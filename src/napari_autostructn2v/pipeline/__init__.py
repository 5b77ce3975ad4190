"""Stage 1, the noise, stage 2: the one run that docks, command line and scripts drive."""

from .quick_look import quick_look
from .race import times_for_stack
from .result import Report, Result
from .run import denoise, run

__all__ = ["Report", "Result", "denoise", "quick_look", "run", "times_for_stack"]
