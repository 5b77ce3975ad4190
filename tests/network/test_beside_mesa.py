"""A training does not end napari where both Mesa and Triton would bring LLVM into the process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from napari_autostructn2v.network import beside_mesa
from napari_autostructn2v.network.beside_mesa import keep_triton_away

#: Makes optimisers where a file says what is mapped into the process.
CODE = """
import sys
from pathlib import Path
from napari_autostructn2v.network import UNet, beside_mesa
from napari_autostructn2v.network.optimiser import optimisers

beside_mesa._MAPPED = Path(sys.argv[1])
optimisers(UNet(), 0.01)
optimisers(UNet(), 0.01)
print("trained", "triton" in sys.modules)
"""


def trained(tmp_path: Path, mapped: str) -> subprocess.CompletedProcess[str]:
    """Make optimisers in a process of its own, with a package `triton` whose import ends that."""
    (tmp_path / "triton").mkdir()
    (tmp_path / "triton" / "__init__.py").write_text("import os\nos._exit(139)\n")
    (tmp_path / "maps").write_text(mapped)
    path = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    command = [sys.executable, "-c", CODE, str(tmp_path / "maps")]
    return subprocess.run(command, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True)


def test_triton_is_not_imported_beside_mesa(tmp_path: Path) -> None:
    done = trained(tmp_path, "7f00-7fff r-xp 00000000 fe:00 1 /usr/lib/x86_64-linux-gnu/libLLVM-15.so.1\n")
    assert (done.returncode, done.stdout) == (0, "trained False\n"), done.stderr


@pytest.mark.parametrize("mapped", ["", "7f00-7fff r-xp 00000000 fe:00 1 /usr/lib/libnvidia-glcore.so.580\n", None])
def test_other_plugins_keep_triton_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mapped: str | None
) -> None:
    """PyTorch would remember that there is none."""
    if mapped is not None:
        (tmp_path / "maps").write_text(mapped)
    monkeypatch.setattr(beside_mesa, "_MAPPED", tmp_path / "maps")
    for name in ("triton", "torch._dynamo"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    keep_triton_away()
    assert not {"triton", "torch._dynamo"} & set(sys.modules)
