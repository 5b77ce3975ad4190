"""Settings of stages that train for moments: what they make of an image is never looked at."""

from napari_autostructn2v.settings import RoiSettings, StageSettings

#: Of a network that is as small as can be.
TINY = StageSettings(
    roi=RoiSettings(use_roi=False),
    num_epochs=1,
    patches_per_image=8,
    batch_size=4,
    crop_size=32,
    features=2,
    num_layers=1,
)

#: Of a network with the usual levels.
SMALL = StageSettings(
    roi=RoiSettings(use_roi=False), num_epochs=1, patches_per_image=8, batch_size=4, crop_size=32, features=4
)
