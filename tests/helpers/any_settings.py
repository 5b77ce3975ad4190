"""Hypothesis strategies of every setting that the table of ranges allows."""

from __future__ import annotations

from typing import get_args

from hypothesis import strategies as st

from napari_autostructn2v.settings import RANGES, MaskSettings, RoiSettings, Settings, StageSettings
from napari_autostructn2v.settings import values as allowed


def whole(name: str) -> st.SearchStrategy[int]:
    """Whole numbers that a setting may be."""
    limits = RANGES[name]
    return st.integers(int(limits.low) // limits.multiple, int(limits.high) // limits.multiple).map(
        lambda number: number * limits.multiple
    )


def number(name: str) -> st.SearchStrategy[float]:
    """Numbers that a setting may be."""
    return st.floats(RANGES[name].low, RANGES[name].high)


rois = st.builds(
    RoiSettings,
    use_roi=st.booleans(),
    roi_threshold=number("roi_threshold"),
    scale_factor=number("scale_factor"),
    select_background=st.booleans(),
    patch_size=whole("patch_size"),
    overlap=number("overlap"),
    sigma=st.none() | number("sigma"),
    equalize=st.sampled_from(get_args(allowed.Equalize)),
    background=st.sampled_from(get_args(allowed.Background)),
    band=st.tuples(st.floats(0, 0.499), st.floats(0.5, 1)),
    criteria=st.sampled_from([("mean",), ("texture", "mean"), ("band",)]),
)
stages = st.builds(
    StageSettings,
    roi=rois,
    roi_share=number("roi_share"),
    crop_size=whole("crop_size"),
    patches_per_image=whole("patches_per_image"),
    batch_size=whole("batch_size"),
    num_epochs=whole("num_epochs"),
    mask_percentage=number("mask_percentage"),
    masking_strategy=st.sampled_from(get_args(allowed.MaskingStrategy)),
    use_augmentation=st.booleans(),
    features=st.integers(1, 64),
    num_layers=whole("num_layers"),
    learning_rate=number("learning_rate"),
    flips_at_prediction=st.booleans(),
    early_stopping=st.booleans(),
    early_stopping_patience=whole("early_stopping_patience"),
)
masks = st.builds(
    MaskSettings,
    source=st.sampled_from(get_args(allowed.MaskSource)),
    path=st.text(),
    pattern=st.lists(st.sampled_from(["000", "010", "111"]), max_size=3).map(tuple),
    max_lag=whole("max_lag"),
    min_correlation=number("min_correlation"),
)
any_settings = st.builds(
    Settings,
    stages=st.sampled_from(get_args(allowed.Stages)),
    preset=st.sampled_from(get_args(allowed.Preset)),
    stage1=stages,
    stage2=stages,
    mask=masks,
    random_seed=whole("random_seed"),
    device=st.sampled_from(["auto", "cpu", "cuda:1", "mps"]),
    tile=whole("tile"),
    remove_line_offsets=st.booleans(),
    context=st.sampled_from(get_args(allowed.ContextChoice)),
    start=st.sampled_from(get_args(allowed.StartChoice)),
)
