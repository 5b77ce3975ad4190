"""Denoise microscopy images without clean data, in napari, from the command line or from Python."""
