"""What touches the disk obeys two rules: regular files only are read, and what is written is whole or absent."""

from .reading import as_path, check_regular, read_bytes, read_start, reason
from .writing import atomic_path, check_writable

__all__ = ["as_path", "atomic_path", "check_regular", "check_writable", "read_bytes", "read_start", "reason"]
