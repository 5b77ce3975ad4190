"""Hundreds of broken, odd and hostile files, names, values and calls: how does each end?

    python benchmarks/faults.py [--only GROUP] [--every N] [--show]

Endings: `ok` and `refused` (in words) are good. `lost`: a file that was there before was changed or is gone. `wrong`:
done though it could not be right, refused though it could, or something left over. `hang`: no end within 30 s (slow
ones: 180 s). `foreign`: a traceback, an error of another library, or no word at all.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

from fault_cases import broken, calls, interruptions, models, names, values, zarrs
from fault_cases.case import ENDINGS, GOOD, SECONDS, Case, ending

MODULES = (broken, values, names, zarrs, models, interruptions, calls)


def all_cases() -> list[Case]:
    """Every case, in the order of the groups."""
    return [case for module in MODULES for case in module.cases()]


def child(numbers: list[int]) -> None:
    """Run some cases, and print a line for each; one that cannot be interrupted takes the process with it."""
    cases = all_cases()
    for number in numbers:
        faulthandler.dump_traceback_later(8 * SECONDS, exit=True)
        print(json.dumps([number, *ending(cases[number])]), flush=True)
        faulthandler.cancel_dump_traceback_later()


def endings(numbers: list[int]) -> dict[int, tuple[str, str]]:
    """Run cases in a process of their own, and in another one after a case that ended that."""
    found: dict[int, tuple[str, str]] = {}
    while left := [number for number in numbers if number not in found]:
        command = [sys.executable, __file__, "--child", ",".join(map(str, left))]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
        for line in done.stdout.splitlines():
            if line.startswith("["):
                number, how, said = json.loads(line)
                found[number] = (how, said)
        if missing := [number for number in left if number not in found]:
            found[missing[0]] = ("hang" if done.returncode == 1 else "foreign", f"the process ended: {done.returncode}")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", metavar="GROUP", help="cases of one group")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="each Nth case only")
    parser.add_argument("--show", action="store_true", help="print every case, and not only those that ended badly")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        child([int(number) for number in arguments.child.split(",")])
        return 0
    cases = all_cases()
    chosen = [n for n, case in enumerate(cases) if arguments.only in (None, case.group)][:: arguments.every]
    found = endings(chosen)
    table: dict[str, Counter[str]] = {}
    for number, (how, said) in sorted(found.items()):
        case = cases[number]
        table.setdefault(case.group, Counter())[how] += 1
        if arguments.show or how not in GOOD:
            print(f"{how:8} {case.group}: {case.name}: {said[:300]}")
    print(f"\n{'group':18}" + "".join(f"{how:>9}" for how in ("cases", *ENDINGS)))
    for group, counts in [*table.items(), ("all", sum(table.values(), Counter()))]:
        print(f"{group:18}{counts.total():>9}" + "".join(f"{counts[how]:>9}" for how in ENDINGS))
    return int(any(how not in GOOD for how, _ in found.values()))


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    raise SystemExit(main())
