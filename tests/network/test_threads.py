"""Training makes room for other programs, and takes it back."""

from __future__ import annotations

from collections import namedtuple
from types import SimpleNamespace

import pytest
import torch

from napari_autostructn2v.network import threads as threads_module
from napari_autostructn2v.network.threads import GivingWay

CPU = torch.device("cpu")


class Computer:
    """Four cores, on which others and this process have been busy for so many seconds."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = self.others = self.own = 0.0
        monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
        monkeypatch.setattr(threads_module.time, "monotonic", lambda: self.now)
        self.times = SimpleNamespace(user=0.0, system=0.0)
        own = SimpleNamespace(cpu_times=lambda: SimpleNamespace(user=self.own, system=0.0))
        fake = SimpleNamespace(cpu_count=lambda: 4, Process=lambda: own, cpu_times=self.cpu_times)
        monkeypatch.setattr(threads_module, "psutil", fake)

    def cpu_times(self) -> tuple[float, ...]:
        times = namedtuple("times", "user idle iowait guest")
        busy = self.others + self.own
        # Linux counts the time of virtual machines twice.
        return times(busy + 7.0, 4 * self.now - busy, 0.0, 7.0)

    def pass_by(self, seconds: float, *, busy_cores: float) -> None:
        self.now += seconds
        self.others += seconds * busy_cores
        self.own += seconds * torch.get_num_threads()


@pytest.fixture
def four_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(4)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("four_threads")
def test_threads_give_way_to_other_programs_and_come_back(monkeypatch) -> None:
    computer = Computer(monkeypatch)
    threads = GivingWay(CPU)
    for busy, wanted in ((0.1, 4), (1, 3), (2.2, 2), (6, 1), (3.9, 1), (0, 4), (1, 3)):
        computer.pass_by(1, busy_cores=busy)
        with threads:
            assert torch.get_num_threads() == wanted
        assert torch.get_num_threads() == 4


@pytest.mark.usefixtures("four_threads")
def test_a_training_that_is_left_leaves_the_threads_to_the_next(monkeypatch) -> None:
    """Those that lose a race, or diverge, are never resumed."""
    computer = Computer(monkeypatch)
    threads = GivingWay(CPU)
    computer.pass_by(1, busy_cores=3)
    with pytest.raises(ZeroDivisionError), threads:
        assert torch.get_num_threads() == 1
        raise ZeroDivisionError
    assert torch.get_num_threads() == 4


@pytest.mark.usefixtures("four_threads")
def test_a_number_that_the_user_has_set_stays(monkeypatch) -> None:
    computer = Computer(monkeypatch)
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    threads = GivingWay(CPU)
    computer.pass_by(1, busy_cores=3)
    with threads:
        assert torch.get_num_threads() == 4
