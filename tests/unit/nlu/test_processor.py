"""A long conversation stays as small, for Rasa, as a short one, and forgets nothing it needs."""

import pytest

pytestmark = pytest.mark.model


def tracker_with(*events):
    from rasa.shared.core.slots import AnySlot
    from rasa.shared.core.trackers import DialogueStateTracker

    slots = [AnySlot(name, mappings=[{}]) for name in ("level", "episode", "untouched")]
    return DialogueStateTracker.from_events("her", list(events), slots)


async def test_a_new_session_carries_each_slot_over_once():
    from rasa.shared.core.events import SessionStarted, SlotSet

    from bot.nlu.processor import BriefSessionStart

    class Domain:
        class session_config:
            carry_over_slots = True

    changes = [SlotSet("episode", {"turn": n}) for n in range(50)]
    tracker = tracker_with(SlotSet("level", "EMERGENCY_NOW"), *changes)
    events = await BriefSessionStart().run(None, None, tracker, Domain)
    assert isinstance(events[0], SessionStarted)
    carried = {event.key: event.value for event in events if isinstance(event, SlotSet)}
    assert carried == {"level": "EMERGENCY_NOW", "episode": {"turn": 49}}
    assert len(events) == 4


def test_messages_are_counted_from_the_start_of_the_session():
    from rasa.shared.core.events import SessionStarted, UserUttered

    from bot.nlu.processor import messages_in_session

    said = [UserUttered("hello", {"name": "greet"}) for _ in range(3)]
    assert messages_in_session(tracker_with(*said, SessionStarted(), *said[:2])) == 2


def test_an_answer_of_an_action_that_is_no_answer_is_refused():
    from jsonschema import ValidationError
    from rasa.core.actions.action import RemoteAction

    from bot.nlu.endpoint import check_answers_once_compiled

    check_answers_once_compiled()
    action = RemoteAction("action_raise_alert", None)
    assert action._validate_action_result({"events": [], "responses": []})
    for wrong in ({"events": "none"}, {"events": [{"event": "slot"}], "responses": [3]}):
        with pytest.raises(ValidationError):
            action._validate_action_result(wrong)
