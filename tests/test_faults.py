"""A part of `benchmarks/faults.py`: broken, odd and hostile files, names and values end well."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "benchmarks"
pytestmark = pytest.mark.skipif(
    not (FOLDER / "faults.py").exists() or sys.platform == "win32", reason="not in the source distribution"
)

#: Each group, and which of its cases are tried here: all would take minutes.
GROUPS = {
    "broken files": 6, "values": 3, "formats": 3, "names and places": 5, "zarr": 5, "models": 6, "settings": 3,
    "masks": 2, "API": 6, "security": 3, "interruptions": 2,
}  # fmt: skip


@pytest.mark.parametrize("group", GROUPS)
def test_cases_end_well(group: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    from fault_cases.case import GOOD, ending
    from faults import all_cases

    cases = [case for case in all_cases() if case.group == group and not case.slow]
    assert cases
    bad = []
    for case in cases[:: GROUPS[group]]:
        how, said = ending(case)
        if how not in GOOD:
            bad.append(f"{how}: {case.name}: {said}")
    assert not bad, "\n".join(bad)


def test_there_are_hundreds_with_names_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    from faults import all_cases

    cases = all_cases()
    assert len(cases) > 300
    assert len({(case.group, case.name) for case in cases}) == len(cases)
    assert {case.group for case in cases} == set(GROUPS)
