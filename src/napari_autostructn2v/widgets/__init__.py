"""The docks: everything that needs Qt and napari."""
