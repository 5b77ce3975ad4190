"""Export a model and apply it elsewhere

A model can be written as a bioimage.io package, which deepImageJ, `bioimageio.core` and others open. Here it is
applied with nothing but PyTorch, as such a program would. [Use a model in other programs](../how-to/other-programs.md)
says what is in the package, and what is left out.
"""

import io
import warnings
import zipfile

import matplotlib.pyplot as plt
import numpy as np
import torch
import yaml

from napari_autostructn2v import Settings, denoise, export_model
from napari_autostructn2v.samples import scan_lines

noisy = scan_lines((256, 256), seed=3)
model = denoise(noisy, Settings.from_preset("fast")).denoiser
export_model(model, "cells.zip", image=noisy, name="Cells, confocal", authors=["Ada Lovelace"], license="CC-BY-4.0")

# %%
# From here on, only the package is used. Grey values are scaled before and after, as its description says.

with zipfile.ZipFile("cells.zip") as package:
    described = yaml.safe_load(package.read("rdf.yaml"))
    weights = package.read("weights.pt")
onto = described["inputs"][0]["preprocessing"][0]["kwargs"]
back = described["outputs"][0]["postprocessing"][0]["kwargs"]
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # PyTorch calls TorchScript deprecated
    network = torch.jit.load(io.BytesIO(weights))

given = torch.from_numpy(noisy.astype(np.float32) * onto["gain"] + onto["offset"])[None, None].float()
with torch.inference_mode():
    elsewhere = network(given)[0, 0].numpy() * back["gain"] + back["offset"]

# %%
# The pixels are the same up to rounding.

here = model.predict(noisy, dtype=np.float32)
print(f"largest difference: {np.abs(here - elsewhere).max():.2g} grey levels")

figure, axes = plt.subplots(1, 3, figsize=(11, 3.8), layout="constrained")
for axis, (title, image) in zip(axes, {"Noisy": noisy, "Here": here, "Elsewhere": elsewhere}.items(), strict=True):
    axis.imshow(image, cmap="gray", vmin=1000, vmax=3400)
    axis.set_title(title)
    axis.set_axis_off()
plt.show()
