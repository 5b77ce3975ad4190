"""Files of microscopes in, by libraries that are installed by choice."""

from .opening import MICROSCOPE_SUFFIXES, is_microscope_file, open_scene, scene_fingerprint, split_scene
from .scene import Scene

__all__ = ["MICROSCOPE_SUFFIXES", "Scene", "is_microscope_file", "open_scene", "scene_fingerprint", "split_scene"]
