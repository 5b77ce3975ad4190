"""Whatever stands in a settings file is taken or refused in a sentence."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

import hypothesis
import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from napari_autostructn2v import InputError, Settings

# The same examples every time; a loaded machine is no failure.
steady = hypothesis.settings(deadline=None, max_examples=100, derandomize=True)


def names(settings: Any, where: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every setting by the tables that lead to it, and every table."""
    found = []
    for field in fields(settings):
        path = (*where, field.name)
        found.append(path)
        if is_dataclass(value := getattr(settings, field.name)):
            found += names(value, path)
    return found


NAMES = names(Settings())
values = st.recursive(
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(max_size=8) | st.dates() | st.times(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)


def taken_or_refused(text: str) -> None:
    try:
        settings = Settings.from_toml(text)
    except InputError as error:
        assert str(error).endswith(".")
        assert len(str(error)) < 1000
    else:
        assert Settings.from_toml(settings.to_toml()) == settings


@steady
@given(st.sampled_from(NAMES), values)
def test_any_value_of_any_setting(path: tuple[str, ...], value: Any) -> None:
    table: Any = value
    for name in reversed(path):
        table = {name: table}
    taken_or_refused(tomli_w.dumps(table))


@steady
@given(st.text() | st.text(alphabet="[]{}=.,'\"\n#0123456789_-+eEinfnatrue: \\u"))
def test_any_text(text: str) -> None:
    taken_or_refused(text)


@pytest.mark.parametrize("number", ["9" * 400, "-" + "9" * 400, "9" * 5000, "1e400", "0x" + "f" * 5000])
@pytest.mark.parametrize("name", ["random_seed", "tile", "stage1.learning_rate", "stage2.roi.sigma", "mask.max_lag"])
def test_numbers_beyond_all_bounds(name: str, number: str) -> None:
    with pytest.raises(InputError, match=r"\.$"):
        Settings.from_toml(f"{name} = {number}")
