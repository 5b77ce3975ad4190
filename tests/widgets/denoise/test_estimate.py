"""How long a run will take, before it starts and on its way."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from helpers.stand_in import StandIn

from napari_autostructn2v.progress import Progress
from napari_autostructn2v.settings import Settings
from napari_autostructn2v.widgets.denoise import DenoiseDock, estimate
from napari_autostructn2v.widgets.denoise.estimate import Speed, work_of
from napari_autostructn2v.widgets.denoise.run_clock import RunClock
from napari_autostructn2v.widgets.denoise.speed_trial import SpeedTrial
from napari_autostructn2v.widgets.image import Source
from napari_autostructn2v.widgets.work import ChannelProgress

BEGIN = SpeedTrial.begin  # which no dock of a test does otherwise


def work(quality="balanced", shape=(512, 512), channels=1, with_second=False):
    return work_of(Settings.from_preset(quality), shape, channels, with_second=with_second, loaded=True)


def seconds(speed: Speed, *arguments, **options) -> float:
    return sum(speed.of(work(*arguments, **options)).values())


def test_the_estimate_follows_what_there_is_to_do() -> None:
    speed = Speed()
    usual = seconds(speed)
    assert seconds(speed, "fast") < usual < seconds(speed, "best")
    assert usual < seconds(speed, with_second=True)
    assert usual < seconds(speed, shape=(2048, 2048))
    assert usual < seconds(speed, shape=(30, 512, 512))
    assert seconds(speed, shape=(40, 40)) < usual
    assert seconds(speed, channels=3) == pytest.approx(3 * usual)


def test_a_trial_tells_of_runs_that_were_never_made() -> None:
    usual = Speed({"trial auto": 0.048}).of(work(with_second=True))
    speed = Speed()
    assert speed.wants_trial("auto")
    speed.take_trial("auto", 0.144)
    slow = Speed.load().of(work(with_second=True))
    assert not Speed.load().wants_trial("auto") and Speed.load().wants_trial("cuda")
    for part in ("stage 1", "after stage 1", "stage 2", "after stage 2"):
        assert slow[part] == pytest.approx(3 * usual[part])


def test_one_run_that_was_held_up_does_not_count_for_all_others() -> None:
    speed = Speed({"trial auto": 0.048})
    expected = speed.of(work("best"))["stage 1"]
    usual = speed.of(work("fast"))["stage 1"]
    speed.learn(work("fast"), {"stage 1": 9 * usual})
    assert speed.of(work("fast"))["stage 1"] == pytest.approx(9 * usual)
    assert speed.of(work("best"))["stage 1"] == pytest.approx(3 * expected)


@pytest.mark.parametrize(("shape", "longer"), [((15, 200, 200), 2.5), ((30, 200, 200), 3.75)])
def test_stacks_count_what_trying_out_and_neighbours_cost(shape, longer) -> None:
    settings = Settings.from_preset("balanced", stages="1", start="scratch")
    together, alone = (
        work_of(replace(settings, context=context), shape, 1, with_second=False, loaded=True).units
        for context in ("auto", "none")
    )
    begin = 0.8  # what no training does without
    assert (together["stage 1"] - begin) / (alone["stage 1"] - begin) == pytest.approx(longer * 1.4)
    assert together["after stage 1"] == pytest.approx(1.4 * alone["after stage 1"])


def test_a_run_is_remembered_by_the_next_session_and_tells_of_other_runs() -> None:
    speed = Speed()
    taken = {"measuring": 2.0, "stage 1": 40.0, "after stage 1": 8.0}
    for _ in range(6):
        speed.learn(work(), taken)
    again = Speed.load()
    assert seconds(again) == pytest.approx(50, rel=0.1)
    # A computer that trains slowly does so at another quality as well.
    before = Speed().of(work("fast"))["stage 1"]
    slower = again.of(work("fast"))["stage 1"] / before
    assert slower == pytest.approx(40 / Speed().of(work())["stage 1"], rel=0.3)


@pytest.mark.parametrize("content", ["", "nonsense [", "[seconds]\nmeasuring = -1\n", "[seconds]\nmeasuring = 'x'\n"])
def test_a_damaged_memory_is_passed_over(own_folder, content) -> None:
    expected = sorted(Speed().of(work()))
    (own_folder / "speed.toml").write_text(content)
    assert sorted(Speed.load().of(work())) == expected


def events(stages=("1", "2"), steps=20):
    yield Progress("measuring", message="Measuring the noise")
    yield Progress("measuring", message="Measured", measurement=object())
    for number, stage in enumerate(stages):
        to_come = 10.0 * (len(stages) - number - 1)
        for step in range(1, steps + 1):
            yield Progress(f"stage {stage}", step, steps, seconds_left=10.0 * (steps - step) / steps + to_come)
        yield Progress("prediction", message="Denoising")


EXPECTED = {"measuring": 1.0, "stage 1": 10.0, "after stage 1": 2.0, "stage 2": 10.0, "after stage 2": 4.0}


def test_one_bar_from_start_to_end() -> None:
    clock = RunClock(EXPECTED)
    positions, left = [], []
    for event in events():
        clock.take(event)
        positions.append(clock.position)
        left.append(clock.seconds_left)
    assert positions == sorted(positions), "it never goes back"
    assert positions[0] < 0.05 and 0.8 < positions[-1] <= 1
    begin_of_second = positions[2 + 20 + 1]
    assert 0.4 < begin_of_second < 0.6
    # What follows the trainings counts.
    assert left[2] == pytest.approx(9.5 + 10 + 2 + 4)
    assert left[-2] <= 4.1


def test_one_bar_over_all_channels_and_with_nothing_known() -> None:
    for expected in ({part: 2 * seconds for part, seconds in EXPECTED.items()}, {}):
        clock, positions = RunClock(expected), []
        for done in range(2):
            for event in events():
                values = {name: getattr(event, name) for name in ("phase", "step", "total", "measurement")}
                clock.take(ChannelProgress(**values, done=done, count=2))
                positions.append(clock.position)
        half = len(positions) // 2
        assert positions == sorted(positions)
        assert positions[half - 1] <= 0.5 <= positions[half] + 0.02 and positions[-1] > 0.8


@pytest.fixture
def dock(make_napari_viewer, monkeypatch, qtbot):
    StandIn().install(monkeypatch)
    viewer = make_napari_viewer(show=True)
    rng = np.random.default_rng(0)
    viewer.add_image(rng.normal(100, 10, (64, 64)), name="cells")
    dock = DenoiseDock(viewer)
    viewer.window.add_dock_widget(dock, name="Denoise")
    return dock


def test_the_dock_says_how_long_and_measures_small_images_unasked(dock, qtbot, own_folder) -> None:
    estimate = dock.options.estimate
    dock.options.quality["best"].click()
    qtbot.waitUntil(lambda: "with stage 2" in estimate.text())  # only the measurement tells whether stage 2 runs
    qtbot.waitUntil(lambda: "correlated" in dock.noise_panel.verdict.text(), timeout=10_000)
    qtbot.waitUntil(lambda: "with stage 2" not in estimate.text())
    text = estimate.text()
    dock.options.quality["balanced"].click()
    qtbot.waitUntil(lambda: estimate.text() != text)
    dock.denoise()
    qtbot.waitUntil(lambda: not dock.control.is_running, timeout=10_000)
    assert "stage 1 balanced auto" in (own_folder / "speed.toml").read_text()
    dock._viewer.layers.clear()
    qtbot.waitUntil(lambda: not estimate.text())


def test_what_cannot_be_measured_unasked_is_not_complained_about(dock, qtbot) -> None:
    dock._viewer.add_image(np.full((64, 64), 5, np.uint8), name="blank", contrast_limits=(0, 1))
    panel = dock.noise_panel
    qtbot.waitUntil(lambda: panel.measuring.has_tried(dock._state.image))
    qtbot.waitUntil(lambda: not panel.runner.is_running)
    assert not dock.message.text
    panel.measure_button.click()
    qtbot.waitUntil(lambda: "constant" in dock.message.text)


def test_a_run_that_turned_out_to_need_no_second_stage_is_learned_as_such(dock, monkeypatch) -> None:
    forecast, image = dock.forecast, dock._state.image
    monkeypatch.setattr(forecast, "_knows_second", lambda image: None)  # nothing has been measured
    forecast.following(Source.of(image.pixels, dock._viewer), lambda stop: iter(()))
    forecast._present.times.seconds.update({"measuring": 1.0, "stage 1": 20.0, "after stage 1": 2.0})
    forecast.learn(SimpleNamespace(is_stopped=False, result=object()))
    monkeypatch.setattr(forecast, "_knows_second", lambda image: False)
    expected = forecast.speed.of(forecast._work(image, with_second=False))
    assert expected["stage 1"] == pytest.approx(20)
    assert expected["after stage 1"] == pytest.approx(2)


def test_a_moment_is_a_second_at_least(dock, monkeypatch, qtbot) -> None:
    monkeypatch.setattr(dock.forecast.speed, "of", lambda work: {"measuring": 0.01})
    assert dock.forecast.in_words() == "About 1 s.", "the same with and without stage 2 is said once"


def test_a_processor_without_bfloat16_is_expected_to_train_for_longer(monkeypatch) -> None:
    def expected(has: bool) -> dict:
        monkeypatch.setattr(estimate, "_has_graphics", lambda: False)
        monkeypatch.setattr(estimate, "_has_bfloat16", lambda: has)
        return Speed().of(work())

    with_it, without = expected(True), expected(False)
    assert 3 < without["stage 1"] / with_it["stage 1"] < 8
    assert without["measuring"] == with_it["measuring"]


def test_a_computer_without_a_past_is_tried_out_beside_the_window(dock, qtbot, monkeypatch, own_folder) -> None:
    def tried(device):
        def task(stop):
            yield Progress("measuring")
            return 0.48

        return task

    qtbot.waitUntil(lambda: "correlated" in dock.noise_panel.verdict.text(), timeout=10_000)
    before = dock.options.estimate.text()
    monkeypatch.setattr(SpeedTrial, "begin", BEGIN)
    monkeypatch.setattr("napari_autostructn2v.widgets.denoise.speed_trial.trial_task", tried)
    dock._measure_unasked()
    qtbot.waitUntil(lambda: dock.options.estimate.text() != before, timeout=5000)
    assert "trial auto" in (own_folder / "speed.toml").read_text()
