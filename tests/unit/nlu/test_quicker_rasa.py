import pytest

pytestmark = pytest.mark.model


def test_events_are_found_as_before_and_unknown_ones_are_still_refused(monkeypatch):
    import rasa.core.processor
    from rasa.shared.core.events import Event, SlotSet

    from bot.nlu.quicker_rasa import make_rasa_quicker

    monkeypatch.setattr(Event, "resolve_by_type", staticmethod(Event.resolve_by_type))
    monkeypatch.setattr(rasa.core.processor, "copy", rasa.core.processor.copy)
    make_rasa_quicker()
    make_rasa_quicker()
    assert Event.resolve_by_type("slot") is SlotSet
    with pytest.raises(ValueError):
        Event.resolve_by_type("no such event")
    given = {"event": "slot", "name": "level", "value": [1], "timestamp": 1.0}
    assert Event.from_parameters(given) == SlotSet("level", [1], timestamp=1.0)
