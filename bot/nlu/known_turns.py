"""Remembers what the rules do next, so that Rasa works it out once and not for every message.

For each action Rasa builds the states of the whole session and compares every rule with them: a
third of the time of a message. Each of our rules is about one turn (tests/unit/nlu/
test_project_files.py holds them to it), so what comes next depends on the intent, the actions since
then and the slots that rules may look at, and on nothing before them.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Hashable, List, Optional, Sequence

from rasa.core.policies.policy import PolicyPrediction
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    BotUttered,
    DefinePrevUserUtteredFeaturization,
    Event,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

#: A turn with any other event, such as a rejected action, is left to Rasa.
_USUAL = (ActionExecuted, SlotSet, BotUttered, DefinePrevUserUtteredFeaturization)
#: Far more kinds of turns than the rules have.
_MOST = 5_000


class KnownTurns:
    """Predictions of the rules by what they depend on. Holds no words of a patient."""

    def __init__(self, domain: Domain) -> None:
        self._slots = [slot.name for slot in domain.slots if slot.has_features()]
        self._known: OrderedDict[Hashable, PolicyPrediction] = OrderedDict()

    def kind_of(self, tracker: DialogueStateTracker) -> Optional[Hashable]:
        """Return what the next action depends on, or None when that is more than the turn."""
        if tracker.active_loop_name or tracker.followup_action:
            return None
        actions: List[Optional[str]] = []
        for event in reversed(tracker.events):
            if isinstance(event, UserUttered):
                if event.use_text_for_featurization:
                    return None
                slots = tuple(repr(tracker.slots[name].as_feature()) for name in self._slots)
                return event.intent_name, tuple(actions), slots
            if not isinstance(event, _USUAL):
                return None
            if isinstance(event, ActionExecuted):
                actions.append(event.action_name)
        return None

    def get(self, kind: Optional[Hashable]) -> Optional[PolicyPrediction]:
        """Return a prediction of one's own for a kind of turn, if it is known."""
        known = None if kind is None else self._known.get(kind)
        if known is None:
            return None
        return PolicyPrediction(
            known.probabilities,
            known.policy_name,
            known.policy_priority,
            events=[DefinePrevUserUtteredFeaturization(False) for _ in known.events],
            hide_rule_turn=known.hide_rule_turn,
        )

    def remember(self, kind: Optional[Hashable], prediction: PolicyPrediction) -> None:
        """Keep a prediction that is certain because a rule says so; others depend on more."""
        by_rule = str(prediction.policy_name).endswith("RulePolicy")
        if kind is None or not by_rule or prediction.max_confidence < 1.0:
            return
        if prediction.is_end_to_end_prediction or not only_says_how_to_read(prediction.events):
            return
        self._known[kind] = PolicyPrediction(
            prediction.probabilities,
            prediction.policy_name,
            prediction.policy_priority,
            events=list(prediction.events),
            hide_rule_turn=prediction.hide_rule_turn,
        )
        while len(self._known) > _MOST:
            self._known.popitem(last=False)


def only_says_how_to_read(events: Sequence[Event]) -> bool:
    """Return whether a policy asks for nothing but that the message be read by its intent."""
    return all(
        isinstance(event, DefinePrevUserUtteredFeaturization)
        and not event.use_text_for_featurization
        for event in events
    )
