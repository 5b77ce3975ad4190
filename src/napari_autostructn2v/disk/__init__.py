"""What touches the disk obeys three rules.

Regular files only are read, what is written is whole or absent, and no file of a command has two uses.
"""

from .content import fingerprint
from .folders import config_folder, reports_folder, runs_folder
from .places import Places
from .reading import as_path, check_regular, read_bytes, read_start, reason
from .writing import atomic_path, check_writable

__all__ = [
    "Places",
    "as_path",
    "atomic_path",
    "check_regular",
    "check_writable",
    "config_folder",
    "fingerprint",
    "read_bytes",
    "read_start",
    "reason",
    "reports_folder",
    "runs_folder",
]
