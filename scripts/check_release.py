"""Say what still stands in the way of a release: versions that differ, an open changelog, addresses of another place.

    python scripts/check_release.py v0.1.0 OWNER/NAME

The release workflow calls it with the tag and the repository that it runs in.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

#: Files that hold addresses of the repository, which is made up until there is one.
ADDRESSED = ("CITATION.cff", "CONTRIBUTING.md", "README.md", "SECURITY.md", "mkdocs.yml", "pyproject.toml",
             "recipe/recipe.yaml", ".github/ISSUE_TEMPLATE/config.yml")  # fmt: skip


def in_the_way(root: Path, tag: str, repository: str) -> list[str]:
    """Return a sentence for each thing that is not ready.

    Parameters
    ----------
    root : Path
        Of the project.
    tag : str
        Such as ``v0.1.0``.
    repository : str
        Owner and name, as on GitHub.
    """
    found = []
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    version = project["version"]
    if tag != f"v{version}":
        found.append(f"The tag is {tag}, but pyproject.toml says {version}.")
    for name, pattern in (
        ("CITATION.cff", r"(?m)^version: \"?([^\"\n]+)"),
        ("recipe/recipe.yaml", r"(?m)^  version: \"?([^\"\n]+)"),
    ):
        said = re.search(pattern, (root / name).read_text(encoding="utf-8"))
        if said is None or said[1] != version:
            found.append(f"{name} does not say version {version}.")
    heading = re.search(rf"(?m)^## {re.escape(version)}(.*)$", (root / "CHANGELOG.md").read_text(encoding="utf-8"))
    if heading is None or not re.fullmatch(r" \(\d{4}-\d\d-\d\d\)", heading[1]):
        found.append(f"CHANGELOG.md has no heading '## {version} (YYYY-MM-DD)'.")
    owner, name = repository.split("/")
    for file in ADDRESSED:
        text = (root / file).read_text(encoding="utf-8") if (root / file).exists() else ""
        # Forms of the address: of the repository, of its raw files, and of the site.
        wrong = {
            place
            for place in re.findall(r"(?:github|githubusercontent)\.com/([\w-]+/napari-autostructn2v)\b", text)
            if place != repository
        } | {
            f"{place}.github.io"
            for place in re.findall(r"https://([\w-]+)\.github\.io/napari-autostructn2v", text)
            if place != owner or name != "napari-autostructn2v"
        }
        if wrong:
            found.append(f"{file} leads to {' and '.join(sorted(wrong))}, but this is {repository}.")
    return found


def main() -> int:
    """Print what is in the way, and return 1 if anything is."""
    _, tag, repository = sys.argv
    found = in_the_way(ROOT, tag, repository)
    print("\n".join(found) or f"Nothing stands in the way of {tag}.")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
