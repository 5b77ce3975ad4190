"""Write the conda recipe of a release, with the SHA-256 of its source distribution, which only the built file has.

    python scripts/fill_recipe.py dist/

The release workflow calls it once the distributions are built. The recipe becomes dist-recipe/recipe.yaml, which goes
to conda-forge's staged-recipes as it is.
"""

from __future__ import annotations

import hashlib
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

#: What stands in the recipe until there is a file to look at.
_UNKNOWN = "0" * 64


def filled(recipe: str, sdist: Path) -> str:
    """Return the recipe with the hash of a source distribution.

    Raises
    ------
    ValueError
        If the recipe is of another version than the file, or has no place for a hash.
    """
    version = re.search(r"(?m)^  version: \"?([^\"\n]+)", recipe)
    if version is None or sdist.name != f"napari_autostructn2v-{version[1]}.tar.gz":
        raise ValueError(f"The recipe is not of the version of {sdist.name}.")
    if recipe.count(_UNKNOWN) != 1:
        raise ValueError("The recipe has no place for the hash: its sha256 must be 64 zeros.")
    recipe = re.sub(r"# With a release at hand: .*?\n(?=schema_version)", "", recipe, flags=re.S)
    return recipe.replace(_UNKNOWN, hashlib.sha256(sdist.read_bytes()).hexdigest())


def main() -> None:
    """Write the recipe beside the folder with the distributions."""
    folder = Path(sys.argv[1])
    (sdist,) = folder.glob("*.tar.gz")
    target = folder.resolve().with_name("dist-recipe") / "recipe.yaml"
    target.parent.mkdir(exist_ok=True)
    target.write_text(filled((ROOT / "recipe" / "recipe.yaml").read_text(encoding="utf-8"), sdist), encoding="utf-8")
    print(target)


if __name__ == "__main__":
    main()
