"""The methods section of a paper, filled with what a model was trained with."""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError
from ..settings import shortened
from .references import Citations

if TYPE_CHECKING:
    from ..noise import NoiseModel, Quality
    from ..settings import RoiSettings, StageSettings
    from .model import Denoiser

__all__ = ["methods_text"]

_MASKS = {
    "raw": "chosen from the autocorrelation of the noise of the image",
    "stage1": "chosen from the autocorrelation of the noise that stage 1 had left",
    "file": "given as a file",
    "editor": "drawn by hand",
}

_REPLACEMENTS = {
    "random": "the value of a random pixel from outside the blind mask",
    "local_mean": "the mean of surrounding pixels from outside the blind mask",
    "zeros": "zero, the mean of the normalised image",
}


def methods_text(model: Denoiser, quality: Quality | None = None) -> str:
    """Return a text for the methods section of a paper, with references.

    Parameters
    ----------
    model : Denoiser
        Its settings, its measured noise, its mask and its training steps fill the text.
    quality : Quality or None
        Figures of a result of this model, as in :attr:`Result.report`; None leaves them out.

    Returns
    -------
    str
        Paragraphs and a numbered list of references, as plain text. A model does not hold the versions of programs
        that trained it; those that are installed are named.

    Examples
    --------
    >>> print(methods_text(Denoiser.load("cells.safetensors")))  # doctest: +SKIP
    """
    if not hasattr(model, "networks"):
        raise InputError(f"model is {shortened(model)}; it must be a Denoiser, such as Denoiser.load(path) gives.")
    citations = Citations()
    trained = {name: model.training(name) for name in sorted(model.networks)}
    paragraphs = [_preparation(model, citations), *(_stage(name, model, citations) for name in trained)]
    # Both stages are mostly trained alike; then it is said once.
    trainings = dict.fromkeys(_training(stage, citations) for stage in trained.values())
    paragraphs += (
        trainings
        if len(trainings) == 1
        else [f"Stage {name}: {_training(stage, citations)}" for name, stage in trained.items()]
    )
    paragraphs.append(_prediction(max(trained), model, quality, citations))
    return "\n\n".join([*paragraphs, f"References\n{citations.listed()}"]) + "\n"


def _preparation(model: Denoiser, citations: Citations) -> str:
    version = metadata.version("napari-autostructn2v")
    stages = "two stages" if len(model.networks) > 1 else "one stage"
    said = [
        f"Images were denoised with napari-autostructn2v {version}, a plugin for napari {citations.cite('napari')}, in "
        f"{stages} after autoStructN2V {citations.cite('autoStructN2V')}. It trains neural networks on the noisy "
        "images themselves and needs no clean ones of them."
    ]
    if model.flattened:
        lines = " and ".join(model.flattened)
        said.append(f"Offsets of single {lines} were estimated and subtracted first.")
    said.append(
        f"Intensities were normalised by subtracting {model.offset:.4g} and dividing by {model.scale:.4g} grey levels."
    )
    where = _where(model.settings.stage1.roi, "the flattest parts of the image")
    said.append(f"The noise was measured in {where}: {_noise(model.noise)}.")
    return " ".join(said)


def _where(roi: RoiSettings, otherwise: str) -> str:
    if not roi.use_roi:
        return otherwise
    kind = "background" if roi.select_background else "structure"
    return (
        f"{kind} patches of {roi.patch_size} x {roi.patch_size} pixels (ROI threshold {roi.roi_threshold:g}, scale "
        f"factor {roi.scale_factor:g})"
    )


def _noise(noise: NoiseModel) -> str:
    deviation = f"its standard deviation was {np.sqrt(noise.variance):.3g} grey levels"
    strength = np.where(noise.significant, np.abs(noise.correlation), 0.0)
    strength[noise.max_lag, noise.max_lag] = 0
    if not strength.any():
        return f"{deviation}, and it was independent from pixel to pixel"
    rows, columns = np.unravel_index(int(strength.argmax()), strength.shape)
    value = noise.correlation[rows, columns]
    away = _offset(abs(int(rows) - noise.max_lag), abs(int(columns) - noise.max_lag))
    return f"{deviation}, and it was correlated between pixels, by at most {value:.2f} ({away} apart)"


def _offset(rows: int, columns: int) -> str:
    parts = [f"{count} {unit}{'s' * (count > 1)}" for count, unit in ((rows, "row"), (columns, "column")) if count]
    return " and ".join(parts)


def _stage(name: str, model: Denoiser, citations: Citations) -> str:
    stage = model.training(name)
    if name == "1":
        said = f"In stage 1, a network was trained by Noise2Void {citations.cite('Noise2Void')}"
    else:
        height, width = model.mask.pattern.shape
        blind = int(model.mask.pattern.sum())
        said = (
            f"In stage 2, a network was trained on the noisy image by structN2V {citations.cite('structN2V')}, with a "
            f"blind mask of {blind} pixel{'s' * (blind > 1)} within {height} x {width} that was "
            f"{_MASKS[model.settings.mask.source]},"
        )
    steps = f"{model.steps[name]} steps" if name in model.steps else f"at most {stage.steps} steps"
    seconds = f", which took {model.seconds[name]:.0f} s" if name in model.seconds else ""
    share = ""
    if stage.roi.use_roi and stage.roi_share > 0:
        share = f", {100 * stage.roi_share:.0f} % of them around {_where(stage.roi, '')}"
    context = model.context(name)
    beside = ""
    if name in model.from_start:
        beside = (
            " It set out from the weights that come with the plugin, which were learned from pictures made by code."
        )
    if context.channels:
        windows = ", ".join(str(near) if near == far else f"{near} to {far}" for near, far in context.distances)
        beside += (
            f" Beside the plane to denoise the network saw its neighbours on either side, as means over the planes at "
            f"distances {windows}{', moved onto the plane by the measured drift' * context.follows_drift}."
        )
    crops = f"{stage.batch_size} crops of {stage.crop_size} x {stage.crop_size} pixels{share}"
    return f"{said} for {steps} of {crops}{seconds}.{beside}"


def _training(stage: StageSettings, citations: Citations) -> str:
    augmented = "Crops were flipped and turned at random as the blind mask allows. " if stage.use_augmentation else ""
    early = ""
    if stage.early_stopping:
        early = f", sooner once held-out pixels had not improved for {stage.early_stopping_patience} epochs"
    return (
        f"The network was a U-Net without a skip connection at full resolution {citations.cite('N2V2')} with "
        f"{stage.features} features and {stage.num_layers + 1} levels of resolution. "
        f"{augmented}At most {stage.mask_percentage:g} % of the pixels were blind at a time; each hidden pixel was "
        f"replaced by {_REPLACEMENTS[stage.masking_strategy]}. The loss was the mean squared error over blind pixels. "
        f"Convolution kernels were optimised by Muon {citations.cite('Muon')} and all other weights by AdamW, at a "
        f"learning rate of {stage.learning_rate:g} that fell to zero along a cosine{early}."
    )


def _prediction(last: str, model: Denoiser, quality: Quality | None, citations: Citations) -> str:
    stage = model.settings.stage1 if last == "1" else model.settings.stage2
    said = [f"The result is that of stage {last}."]
    if stage.flips_at_prediction:
        said.append("It was averaged over the flips and turns that leave the blind mask as it is.")
    if model.networks[last].smoothing.is_active:
        said.append(
            "It was smoothed by a sum of Gaussian filters whose weights minimise Stein's unbiased risk estimate "
            f"{citations.cite('SURE', 'SURE-LET')}, evaluated with a random probe that has the measured noise's "
            f"correlation {citations.cite('Monte-Carlo SURE')}."
        )
    said.append(
        "Where the local variance of what had been removed was more than twice that of the measured noise, part of it "
        "was put back."
    )
    if quality is not None:
        said.append(
            f"What was removed had {quality.removed_over_expected:.2f} times the variance of the measured noise and a "
            f"correlation of {quality.structure_in_removed:.2f} with the result."
        )
    torch = metadata.version("torch").partition("+")[0]
    said.append(
        f"Computations used PyTorch {torch} {citations.cite('PyTorch')} with random seed {model.settings.random_seed}."
    )
    return " ".join(said)
