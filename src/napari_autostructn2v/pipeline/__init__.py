"""Stage 1, the noise, stage 2: the one run that docks, command line and scripts drive."""

from .channels import DenoisedChannel, denoise_channels, each_helped, judged_again, results_helped
from .quick_look import quick_look
from .race import times_for_stack
from .result import Report, Result
from .run import denoise, run

__all__ = [
    "DenoisedChannel",
    "Report",
    "Result",
    "denoise",
    "denoise_channels",
    "each_helped",
    "judged_again",
    "quick_look",
    "results_helped",
    "run",
    "times_for_stack",
]
