"""The pure parts of the comparison with stock Rasa; the run itself is no test."""

from collections import Counter

import pytest

from benchmarks.compare import figures, report
from benchmarks.compare.figures import (
    compare,
    compare_values,
    overall,
    paired_difference,
    percentile,
    plan,
    throughput,
    turn_growth,
)
from benchmarks.compare.stock import capped, plain_rules, plain_stories
from benchmarks.compare.training import Trained, loop_seconds


@pytest.fixture(autouse=True)
def few_resamples(monkeypatch):
    monkeypatch.setattr(figures, "RESAMPLES", 50)


def held(seconds, count=8):
    """Conversations of ten messages that take ``seconds`` each."""
    return [{"seconds": 10 * seconds, "messages": [seconds] * 10} for _ in range(count)]


def test_a_ratio_is_ours_over_stock_with_an_interval_around_it():
    ours = [held(0.010) + held(0.012), held(0.011)]
    stock = [held(0.050), held(0.060) + held(0.055)]
    found = compare("p50", ours, stock, percentile(50), "<= 1/3", 1 / 3)
    assert (found.ours, found.stock) == (pytest.approx(11), pytest.approx(55))
    assert found.value == pytest.approx(0.2) and found.low <= found.value <= found.high
    assert found.met
    assert not compare("p50", stock, ours, percentile(50), "<= 1/3", 1 / 3).met


def test_throughput_does_not_count_the_patients_that_are_left_at_the_end():
    assert overall([held(0.08)], throughput(16)) == pytest.approx(200)


def test_a_target_may_be_a_least_or_a_most():
    assert compare("rate", [held(0.01)], [held(0.06)], throughput(4), ">= 5", 5).met
    assert not compare("rate", [held(0.01)], [held(0.04)], throughput(4), ">= 5", 5).met
    single = compare_values("training", [20.0], [8000.0], "<= 0.3", 0.3)
    assert single.met and single.low is None
    several = compare_values("start", [5.0, 6.0], [20.0, 22.0], "<= 0.2", 0.2)
    assert not several.met and several.low < several.value < several.high


def test_growth_is_the_late_turns_over_the_early_ones():
    flat = turn_growth([0.01] * 310, 10, 300)
    growing = turn_growth([0.001 * (turn + 1) for turn in range(310)], 10, 300)
    assert flat == pytest.approx(1) and growing == pytest.approx(30)


def test_a_paired_difference_that_is_all_on_one_side_excludes_zero():
    ours, stock = [True] * 80 + [False] * 20, [True] * 50 + [False] * 50
    value, low, high = paired_difference(ours, stock)
    assert value == pytest.approx(0.3) and 0 < low < value < high


def test_systems_take_turns_and_who_begins_changes():
    order = [step["system"] for step in plan(3, quick=False)]
    assert order == ["ours", "stock", "stock", "ours", "ours", "stock"]
    counts = [step["conversations"] for step in plan(1, quick=True)]
    assert counts[0] == counts[1] and set(counts[0]) == {1, 4, 16, 64}
    # At least as many conversations as patients who write at once.
    assert all(count >= at_once for at_once, count in counts[0].items())


def test_a_cap_takes_the_same_texts_each_time_and_all_of_a_small_intent():
    texts, intents = [f"text {n}" for n in range(50)], ["often"] * 47 + ["rare"] * 3
    found = capped(texts, intents, 10)
    assert Counter({name: len(given) for name, given in found.items()}) == {"often": 10, "rare": 3}
    assert found == capped(texts, intents, 10)
    assert sum(map(len, capped(texts, intents, None).values())) == 50


def test_our_rules_become_texts_and_only_for_intents_that_can_be_learnt():
    alarm = {
        "rule": "an emergency",
        "steps": [
            {"intent": "report_red_flag"},
            {"action": "utter_emergency"},
            {"action": "action_raise_alert"},
            {"slot_was_set": [{"check_state": "passed"}]},
            {"action": "action_listen"},
        ],
    }
    screened = {
        "rule": "set by the screen",
        "steps": [{"intent": "check_first"}, {"action": "utter_x"}],
    }
    found = plain_rules([alarm, alarm, screened], ["report_red_flag"])
    said = [{"action": "utter_emergency"}, {"action": "utter_nurse_told"}]
    assert [rule["steps"] for rule in found] == [[{"intent": "report_red_flag"}, *said]]
    story = {"story": "two turns", "steps": [*alarm["steps"], *screened["steps"]]}
    assert plain_stories([story], ["report_red_flag"])[0]["steps"][1:] == said


def test_times_of_the_epochs_are_read_from_the_bars_of_rasa():
    bar = (
        "Epochs:   0%|          | 0/2 [00:00<?, ?it/s]Epochs:  50%|██  | 1/2 [00:20<00:20, 20s/it]"
    )
    done = "Epochs: 100%|████| 2/2 [{}<00:00, 20s/it, t_loss=3]"
    log = bar + done.format("00:41") + done.format("00:42") + "\n" + bar + done.format("1:02:03")
    assert loop_seconds(log) == [42, 3723]


def test_a_whole_training_repeats_the_epochs_and_nothing_else():
    short = Trained("stock", 100, 2, 60.0, 90.0, 1000.0, [10.0, 20.0])
    full = short.at_full_length()
    assert full.epochs == 100 and full.seconds == pytest.approx(60 + 30 * 49)
    assert full.processor == pytest.approx(90 + 30 * 49 * 1.5)


def raw():
    levels = ("1", "4", "16", "64")

    def system(seconds):
        return {
            "speed": {level: [held(seconds), held(seconds)] for level in levels},
            "start": [10.0, 11.0],
            "memory": [400.0, 410.0],
            "processor_ms": [8.0, 9.0],
            "first_line": {"question": [0.010] * 5, "emergency": [0.012] * 5},
            "long": [seconds] * 310,
            "unanswered": 0,
        }

    return {
        "systems": {"ours": system(0.01), "stock": system(0.06)},
        "command": "the command",
        "about": ["where"],
        "notes": ["what"],
    }


def test_the_page_names_the_command_and_what_missed_its_target():
    page = report.markdown(raw())
    assert "    the command" in page
    rows = {line.split("|")[1].strip(): line for line in page.splitlines() if line.startswith("|")}
    assert rows["messages/s, 16 at once"].endswith("| yes |")
    assert "**no**" in rows["memory of all, MB (PSS)"]
    assert "**no**" in rows["first line on her page, ms: emergency / question"]
