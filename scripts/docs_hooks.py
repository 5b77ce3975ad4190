"""Puts into the documentation what is written elsewhere: the help of every command, and the changelog."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Replace the marks of a page; MkDocs calls this for each of them."""
    for mark, text in MARKS.items():
        if mark in markdown:
            markdown = markdown.replace(mark, text())
    return markdown


def helps() -> str:
    """Return the help of every command as Markdown."""
    os.environ.update(COLUMNS="100", NO_COLOR="1")
    from napari_autostructn2v.cli.options import parsers

    _, commands = parsers()
    parts = [
        f"### autostructn2v {name}\n\n```text\n{parser.format_help().rstrip()}\n```"
        for name, parser in commands.items()
    ]
    return "\n\n".join(parts)


def changelog() -> str:
    """Return the changelog, whose links lead to pages beside it."""
    return (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").replace("](docs/", "](../")


MARKS = {"<!-- the help of every command -->": helps, "<!-- the changelog -->": changelog}
