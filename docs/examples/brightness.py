"""Check that brightness is kept

Whoever measures intensities wants to know whether denoising changes them. Every run checks that without knowing the
truth, and says so in a sentence. The same can be seen by eye: noise averages out over regions, so that the means of the
noisy image and of the result must agree there.
"""

import matplotlib.pyplot as plt
import numpy as np

from napari_autostructn2v import Settings, denoise
from napari_autostructn2v.samples import nuclei

noisy = nuclei()  # a real image, by the Allen Institute for Cell Science (CC0)
result = denoise(noisy, Settings.from_preset("fast", stages="1"))
print(result.report.brightness.sentence)

# %%
# Each point is a square of 16 x 16 pixels. Points on the line have the same mean brightness before and after.


def means(image, side=16):
    rows, columns = (length // side for length in image.shape)
    return image[: rows * side, : columns * side].reshape(rows, side, columns, side).mean((1, 3), dtype=float)


before, after = means(noisy), means(result.denoised)
print(f"means of squares differ by {100 * np.abs(after / before - 1).max():.1f} % at most")

figure, axes = plt.subplots(1, 3, figsize=(11, 3.6), layout="constrained")
for axis, title, image in zip(axes, ("Noisy", "Denoised"), (noisy, result.denoised), strict=False):
    axis.imshow(image, cmap="gray", vmin=noisy.min(), vmax=np.percentile(noisy, 99.8))
    axis.set_title(title)
    axis.set_axis_off()
axes[2].axline((before.min(),) * 2, slope=1, color="lightgray")
axes[2].plot(before.ravel(), after.ravel(), ".")
axes[2].set_title("Means of squares")
axes[2].set_xlabel("noisy (grey levels)")
axes[2].set_ylabel("denoised (grey levels)")
plt.show()
