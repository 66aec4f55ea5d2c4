import pytest

from bot.service.size import measured, report, size

FIGURES = {
    "when": "2026-01-01",
    "where": "a machine",
    "rasa": {
        "messages_per_second_per_core": {"value": 50},
        "resident_megabytes": {"value": 700},
    },
    "care": {
        "actions_per_second_per_core": {"value": 100},
        "share_of_messages_with_action": {"value": 0.5},
        "resident_megabytes": {"value": 150},
    },
    "storage": {"bytes_per_message": {"value": 10_000}},
}


def test_the_peak_fits_with_one_replica_lost():
    # 8,640,000 a day are 100 a second, 600 at the peak: 20 rasa at 30 each, 5 care at 60 each.
    found = size(8_640_000, peak_factor=6, load=0.6, figures=FIGURES)
    assert (found.rasa_replicas, found.care_replicas) == (21, 6)
    assert found.memory == pytest.approx(21 * 0.7 + 6 * 0.15)
    assert found.disk_per_year == pytest.approx(8_640_000 * 365 * 10_000 / 1e9)
    assert "21 (one core each)" in report(found, FIGURES)


def test_a_small_clinic_still_gets_two_of_each():
    found = size(100, peak_factor=6, load=0.6, figures=FIGURES)
    assert (found.rasa_replicas, found.care_replicas) == (2, 2)


@pytest.mark.parametrize("wrong", [(0, 6, 0.6), (10, 0.5, 0.6), (10, 6, 1.0)])
def test_senseless_figures_are_refused(wrong):
    messages, peak, load = wrong
    with pytest.raises(ValueError, match="positive number"):
        size(messages, peak_factor=peak, load=load, figures=FIGURES)


def test_the_recorded_figures_are_complete():
    figures = measured()
    assert size(1000, peak_factor=6, load=0.6, figures=figures).rasa_replicas >= 2
    assert figures["when"]
    assert figures["where"]
