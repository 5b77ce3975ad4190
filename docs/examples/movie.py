"""Denoise a movie with its neighbours

Planes of a movie or a volume help each other, where a short trial on that stack shows that they do. The movie is a
sample that comes with the package: nuclei of migrating cells, by J.-Y. Tinevez and G. Jacquemet (CC BY 4.0).
"""

import matplotlib.pyplot as plt
import numpy as np

from napari_autostructn2v import Settings, denoise
from napari_autostructn2v.samples import dividing_nuclei

movie = dividing_nuclei()  # time, rows, columns

# %%
# `context="none"` denoises each frame alone; the default is `"auto"`, which tries both and says what it found.

alone = denoise(movie, Settings.from_preset("fast", context="none"))
together = denoise(movie, Settings.from_preset("fast"))
print(*together.report.messages, sep="\n")

# %%
# A kymograph shows one row of pixels (across) over time (down). Nuclei that stay are vertical bands. What flickers from
# frame to frame shows as fine horizontal lines.

row = 64
figure, axes = plt.subplots(1, 3, figsize=(11, 3.4), layout="constrained")
low, high = np.percentile(movie[:, row], (1, 99.8))
for axis, (title, stack) in zip(
    axes,
    {"Noisy": movie, "Frame by frame": alone.denoised, "As the trial chose": together.denoised}.items(),
    strict=True,
):
    axis.imshow(stack[:, row], cmap="gray", vmin=low, vmax=high, aspect="auto", interpolation="nearest")
    axis.set_title(title)
    axis.set_xlabel("column")
axes[0].set_ylabel("frame")
plt.show()
