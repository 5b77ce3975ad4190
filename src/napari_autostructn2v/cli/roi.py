"""``autostructn2v roi``: which patches are selected."""

from __future__ import annotations

import argparse

from ..errors import InputError
from .arguments import settings_from
from .report import tell


def roi(arguments: argparse.Namespace) -> int:
    """Print which patches are selected and return the exit code."""
    from ..batch import dumps
    from ..files import read_image
    from ..images import check_image
    from ..noise import measure
    from ..roi import RoiScorer, StackScorer

    settings = settings_from(argparse.Namespace(settings=arguments.settings, preset=None, seed=None, device=None))
    image = check_image(read_image(arguments.input))
    planes = image.reshape(-1, *image.shape[-2:])
    if not 0 <= arguments.plane < len(planes):
        raise InputError(f"There is no plane {arguments.plane}; {arguments.input} has planes 0 to {len(planes) - 1}.")
    scorer = RoiScorer(planes[0]) if len(planes) == 1 else StackScorer(planes).plane(arguments.plane)
    try:
        verdict = measure(image, settings).mask.reason
    except InputError as error:  # too few patches, say: just what somebody who tunes them wants to read
        verdict = str(error)
    selections = {"stage1": scorer.select(settings.stage1.roi), "stage2": scorer.select(settings.stage2.roi)}
    if arguments.json:
        values = {
            name: {"coords": patches.coords, "patch_size": patches.patch_size, "candidates": len(patches.candidates)}
            for name, patches in selections.items()
        }
        tell(dumps({"input": str(arguments.input), "plane": arguments.plane, "verdict": verdict} | values))
        return 0
    for name, patches in selections.items():
        tell(f"{name}: {len(patches.coords)} of {len(patches.candidates)} patches of {patches.patch_size} pixels")
    tell(verdict)
    return 0
