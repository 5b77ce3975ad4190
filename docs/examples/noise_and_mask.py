"""Measure the noise and see its mask

What a run finds out before it trains anything: how strong the noise is, how it grows with the light, which neighbours
share it, and which pixels are therefore hidden from the network in stage 2. It takes about a second.
"""

import matplotlib.pyplot as plt
import numpy as np

from napari_autostructn2v import RoiSettings, choose_mask, estimate_noise, select_patches
from napari_autostructn2v.samples import camera_blur

# %%
# The noise is measured in patches of empty background. The dock *ROI tuning* shows the same patches.

image = camera_blur((384, 384))
patches = select_patches(image, RoiSettings(roi_threshold=0.4))
noise = estimate_noise(image, patches)
mask = choose_mask(noise, image)

print(f"The noise in the background is {np.sqrt(noise.variance):.0f} grey levels.")
print(mask.reason)

# %%
# On the left the image, in the middle how far each neighbour shares the noise of the pixel in the centre; the mask is
# framed. On the right, the noise of bright places is larger than that of dark ones: light itself is noisy.

figure, axes = plt.subplots(1, 3, figsize=(11, 3.6), layout="constrained")
axes[0].imshow(image, cmap="gray", vmax=np.percentile(image, 99.8))
axes[0].set_title("Image")
axes[0].set_axis_off()

reach = 6
near = slice(noise.max_lag - reach, noise.max_lag + reach + 1)
shown = axes[1].imshow(
    noise.correlation[near, near], cmap="PuOr_r", vmin=-1, vmax=1, extent=[-reach - 0.5, reach + 0.5] * 2
)
for row, column in mask.offsets:
    axes[1].add_patch(plt.Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, edgecolor="black"))
axes[1].set_title("Correlation and mask")
axes[1].set_xlabel("pixels")
axes[1].set(xticks=range(-6, 7, 2), yticks=range(-6, 7, 2))
figure.colorbar(shown, ax=axes[1], shrink=0.8)

light = np.linspace(noise.intensities[0], np.percentile(image, 99.8), 50)
axes[2].plot(light, np.sqrt(noise.variance_at(light)))
axes[2].set_ylim(0)
axes[2].set_title("Noise against light")
axes[2].set_xlabel("grey level")
axes[2].set_ylabel("standard deviation")
plt.show()
