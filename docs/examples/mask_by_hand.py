"""Choose a mask by hand

The mask is measured, and can be given as well. Here one that is too small is held against one that is right: scan lines
share their noise over four pixels to either side, so that a mask of one pixel to either side lets them through.
"""

import matplotlib.pyplot as plt
import numpy as np

from napari_autostructn2v import BlindMask, MaskSettings, Settings, denoise
from napari_autostructn2v.samples import scan_lines

noisy, truth = scan_lines((192, 192), with_truth=True)

# %%
# A mask is a small picture with odd sides: 1 is hidden from the network. `to_rows` brings it into the settings, and
# `mask.save("rows.npy")` writes it for the command line (`--mask rows.npy`).

masks = {
    "too small": BlindMask(np.ones((1, 3))),
    "right": BlindMask(np.ones((1, 9))),
}
results = {}
for name, mask in masks.items():
    settings = Settings.from_preset("fast", stages="2", mask=MaskSettings(source="editor", pattern=mask.to_rows()))
    results[name] = denoise(noisy, settings).denoised
    error = np.sqrt(np.mean((results[name] - truth) ** 2))
    print(f"{name}: {mask.to_rows()[0]}, off by {error:.0f} grey levels")

# %%
# With the mask that is too small, lines stay.

figure, axes = plt.subplots(1, 3, figsize=(11, 3.8), layout="constrained")
for axis, (title, image) in zip(axes, {"noisy": noisy, **results}.items(), strict=True):
    axis.imshow(image, cmap="gray", vmin=1000, vmax=3400)
    axis.set_title(title.capitalize())
    axis.set_axis_off()
plt.show()
