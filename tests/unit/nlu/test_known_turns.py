"""A prediction is remembered by its turn, and only when a rule made it."""

import pytest

pytestmark = pytest.mark.model


@pytest.fixture
def domain():
    from rasa.shared.core.domain import Domain

    return Domain.from_dict(
        {
            "version": "3.1",
            "intents": ["greet", "ask"],
            "slots": {
                "state": {
                    "type": "categorical",
                    "values": ["pending", "passed"],
                    "mappings": [{"type": "custom"}],
                },
                "notes": {"type": "any", "mappings": [{"type": "custom"}]},
            },
            "responses": {"utter_hello": [{"text": "hello"}]},
        }
    )


def tracker(domain, *events):
    from rasa.shared.core.trackers import DialogueStateTracker

    return DialogueStateTracker.from_events("her", list(events), domain.slots)


def said(intent, text="words of hers"):
    from rasa.shared.core.events import UserUttered

    return UserUttered(text, {"name": intent, "confidence": 1.0})


def prediction(domain, policy="policy_0_RulePolicy", confidence=1.0):
    from rasa.core.policies.policy import PolicyPrediction

    scores = [0.0] * domain.num_actions
    scores[domain.index_for_action("utter_hello")] = confidence
    return PolicyPrediction(scores, policy)


def test_the_kind_of_a_turn_is_its_intent_its_actions_and_what_rules_look_at(domain):
    from rasa.shared.core.events import ActionExecuted, SlotSet

    from bot.nlu.known_turns import KnownTurns

    turns = KnownTurns(domain)
    kind = turns.kind_of(tracker(domain, said("greet")))
    assert kind == turns.kind_of(tracker(domain, said("ask"), said("greet", "other words")))
    assert kind == turns.kind_of(tracker(domain, said("greet"), SlotSet("notes", "anything")))
    others = [
        tracker(domain, said("ask")),
        tracker(domain, said("greet"), ActionExecuted("utter_hello")),
        tracker(domain, said("greet"), SlotSet("state", "passed")),
    ]
    assert kind not in [turns.kind_of(each) for each in others]
    assert "words" not in repr(kind)


def test_a_turn_with_something_unusual_is_left_to_rasa(domain):
    from rasa.shared.core.events import ActionExecutionRejected, FollowupAction

    from bot.nlu.known_turns import KnownTurns

    turns = KnownTurns(domain)
    for event in (ActionExecutionRejected("utter_hello"), FollowupAction("utter_hello")):
        assert turns.kind_of(tracker(domain, said("greet"), event)) is None
    assert turns.kind_of(tracker(domain)) is None


def test_only_a_certain_rule_is_remembered(domain):
    from bot.nlu.known_turns import KnownTurns

    turns = KnownTurns(domain)
    kind = turns.kind_of(tracker(domain, said("greet")))
    turns.remember(kind, prediction(domain, "policy_1_MemoizationPolicy"))
    turns.remember(kind, prediction(domain, confidence=0.4))
    assert turns.get(kind) is None
    turns.remember(kind, prediction(domain))
    found = turns.get(kind)
    assert found.max_confidence_index == domain.index_for_action("utter_hello")
    found.events.append("changed by whoever took it")
    assert turns.get(kind).events == []
