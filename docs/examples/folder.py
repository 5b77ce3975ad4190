"""Denoise a folder with one model

Images of one microscope with the same settings share their noise. A model that was trained on one of them denoises the
others in a moment. On the command line, `autostructn2v denoise folder/ -o denoised/ --one-model` does the same.
"""

from pathlib import Path

import matplotlib.pyplot as plt

from napari_autostructn2v import Settings, denoise, read_image, write_image
from napari_autostructn2v.samples import camera_blur

# %%
# Four fields of view, as a microscope would have left them.

folder, results = Path("fields"), Path("denoised")
folder.mkdir(exist_ok=True)
results.mkdir(exist_ok=True)
for number in range(4):
    write_image(folder / f"field-{number}.tif", camera_blur((192, 192), seed=number))

# %%
# Train on the first, keep the model, and apply it to all. A model refuses an image that it does not fit, and adapts
# itself to another exposure; it says so by `fitted_to`.

first, *_ = files = sorted(folder.glob("*.tif"))
model = denoise(read_image(first), Settings.from_preset("fast")).denoiser
model.save("fields.safetensors")  # Denoiser.load reads it in another session
for file in files:
    write_image(results / file.name, model.predict(read_image(file)))
    print(file.name, "denoised")

# %%
# Above the images, below the results; only the first was trained on.

figure, axes = plt.subplots(2, len(files), figsize=(10, 5.2), layout="constrained")
for pair, file in zip(axes.T, files, strict=True):
    for axis, where in zip(pair, (folder, results), strict=True):
        axis.imshow(read_image(where / file.name), cmap="gray", vmin=1100, vmax=3200)
        axis.set_axis_off()
    pair[0].set_title(file.stem)
plt.show()
