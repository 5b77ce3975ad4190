"""Denoise one image

Five lines, from a noisy image to a denoised one. The image here is a sample that comes with the package, so that the
example runs anywhere; with one of your own, take `read_image("cells.tif")`.
"""

import matplotlib.pyplot as plt

from napari_autostructn2v import Settings, denoise, write_image
from napari_autostructn2v.samples import scan_lines

# %%
# `fast` is for a first look. The default, `Settings()`, trains longer.

noisy = scan_lines((256, 256))
result = denoise(noisy, Settings.from_preset("fast"))
write_image("denoised.tif", result.denoised)

# %%
# The result has the shape, the type and the units of the image. The report says in sentences what was found and done.

print(result.report.verdict)
print(result.denoised.shape, result.denoised.dtype)

figure, axes = plt.subplots(1, 2, figsize=(8, 4), layout="constrained")
for axis, title, image in zip(axes, ("Noisy", "Denoised"), (noisy, result.denoised), strict=True):
    axis.imshow(image, cmap="gray", vmin=1000, vmax=3400)
    axis.set_title(title)
    axis.set_axis_off()
plt.show()
