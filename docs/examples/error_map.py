"""See how sure a result is

The error map says how far each place of a result is likely to be from the truth. It takes about a quarter of the time
of the training. [How sure a result is](../how-sure.md) says how it is made and how far to trust it.
"""

import matplotlib.pyplot as plt
import numpy as np
from scipy import ndimage

from napari_autostructn2v import Settings, denoise
from napari_autostructn2v.samples import scan_lines

noisy, truth = scan_lines((192, 192), seed=2, with_truth=True)
result = denoise(noisy, Settings.from_preset("fast"))
error = result.denoiser.uncertainty(noisy)

# %%
# The truth of this sample is known, so that the map can be checked. The error of a single pixel is one draw, hence its
# mean over a few pixels.

true = np.sqrt(ndimage.gaussian_filter((result.denoised - truth) ** 2, 2))
print(f"said {np.sqrt(np.mean(error**2)):.0f}, true {np.sqrt(np.mean(true**2)):.0f} grey levels (root mean square)")

figure, axes = plt.subplots(1, 3, figsize=(11, 3.4), layout="constrained")
axes[0].imshow(result.denoised, cmap="gray", vmin=1000, vmax=3400)
axes[0].set_title("Result")
for axis, title, values in zip(axes[1:], ("Error map", "True error"), (error, true), strict=True):
    shown = axis.imshow(values, cmap="magma", vmin=0, vmax=np.percentile(true, 99.5))
    axis.set_title(title)
for axis in axes:
    axis.set_axis_off()
figure.colorbar(shown, ax=axes[1:], label="grey levels", shrink=0.8)
plt.show()
