"""Rasa's processor for long conversations, and for what is said after the answer."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Dict, List, Optional, Tuple

from rasa.core.actions.action import Action, ActionSessionStart, create_bot_utterance
from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.core.nlg import NaturalLanguageGenerator
from rasa.core.policies.policy import PolicyPrediction
from rasa.core.processor import MessageProcessor
from rasa.shared.core.constants import ACTION_EXTRACT_SLOTS, ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    BotUttered,
    Event,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from bot.nlu.known_turns import KnownTurns, only_says_how_to_read
from bot.nlu.meaning import MeaningClassifier
from bot.screening.second_opinion import leaves_in_doubt
from bot.screening.sentence_vectors import shared

SAY_AGAIN = "action_say_again"
#: What is left out when something is said again.
ONCE_ONLY = frozenset({"utter_said_again", "utter_welcome"})
#: Messages of a patient in one session of Rasa. The rules look at one turn.
SESSION_MESSAGES = 8

logger = logging.getLogger(__name__)


class BriefSessionStart(ActionSessionStart):
    """Rasa's start of a session, carrying over each slot once.

    Rasa repeats every change of a slot in the session before, so that sessions grow without end.
    """

    @staticmethod
    def _slot_set_events_from_tracker(tracker: DialogueStateTracker) -> List[SlotSet]:
        return [
            SlotSet(name, slot.value)
            for name, slot in tracker.slots.items()
            if slot.value != slot.initial_value
        ]


class SayAgain(Action):
    """Sends once more what was said in answer to the message before."""

    def name(self) -> str:
        """Return the name under which the rules call it."""
        return SAY_AGAIN

    async def run(
        self,
        output_channel: OutputChannel,
        nlg: NaturalLanguageGenerator,
        tracker: DialogueStateTracker,
        domain: Domain,
    ) -> List[Event]:
        """Return the bot's messages of the turn before, or the question for other words."""
        said = said_before(tracker)
        if said:
            return list(said)
        unknown = await nlg.generate("utter_not_understood", tracker, output_channel.name())
        return [create_bot_utterance(unknown or {})]


class ShortSessionProcessor(MessageProcessor):
    """Rasa's processor, changed where it matters for speed and for what is said.

    A session also ends after ``SESSION_MESSAGES``: for each action Rasa copies the conversation by
    replaying all events of the session, so the time per message grows with the number of messages
    before it. A new session carries every slot over (domain.yml), and the tracker store then loads
    only what came after it.

    Before the turn ends, the texts named by the slot ``notices`` are sent: who we are, consent, the
    question that still waits (bot/nlu/talk.py). They are no part of the rules, so that each rule
    stays one question and one answer.

    What does not change what she reads is left out: predictions that are known (``KnownTurns``),
    slots set to the value they have, and copies of the conversation that nobody changes.
    """

    _turns: Optional[KnownTurns] = None

    async def _run_prediction_loop(
        self, output_channel: OutputChannel, tracker: DialogueStateTracker
    ) -> None:
        await super()._run_prediction_loop(output_channel, tracker)
        # The guard of the channel takes a turn without words for a failure, unless it is told.
        output_channel.answered_by_nurse = answered_by_nurse(tracker)  # type: ignore[attr-defined]
        if tracker.get_slot("consent") == "no":
            getattr(output_channel, "keep_no_words", lambda: None)()

    async def parse_message(
        self,
        message: UserMessage,
        tracker: Optional[DialogueStateTracker] = None,
        only_output_properties: bool = True,
    ) -> Dict[str, Any]:
        """Return what the pipeline finds in a message."""
        await _embed_ahead(message.text)
        if MeaningClassifier.in_use is not None and message.text:
            await MeaningClassifier.in_use.read_ahead(message.text, tracker)
        return await super().parse_message(message, tracker, only_output_properties)

    async def run_action_extract_slots(
        self, output_channel: OutputChannel, tracker: DialogueStateTracker
    ) -> DialogueStateTracker:
        """Set the slots that the latest message changes, and return the tracker."""
        action = self._get_action(ACTION_EXTRACT_SLOTS)
        assert action is not None, "Rasa has this action"
        events = await action.run(output_channel, self.nlg, tracker, self.domain)
        await self._send_bot_messages(events, tracker, output_channel)
        for event in events:
            if not (isinstance(event, SlotSet) and _is_set_already(event, tracker)):
                tracker.update(event, self.domain)
        return tracker

    async def _run_action(
        self,
        action: Action,
        tracker: DialogueStateTracker,
        output_channel: OutputChannel,
        nlg: NaturalLanguageGenerator,
        prediction: PolicyPrediction,
    ) -> bool:
        if not only_says_how_to_read(prediction.events):
            return await super()._run_action(action, tracker, output_channel, nlg, prediction)
        # Rasa replays the conversation into a copy, in case an action refuses to run and events of
        # the policy have to be taken back. These never have to be, and an action only reads.
        tracker.update_with_events(prediction.events, self.domain)
        prediction.events = []
        tracker.copy = lambda: tracker  # type: ignore[method-assign]
        try:
            return await super()._run_action(action, tracker, output_channel, nlg, prediction)
        finally:
            del tracker.copy

    def _predict_next_with_tracker(self, tracker: DialogueStateTracker) -> PolicyPrediction:
        if self._turns is None:
            self._turns = KnownTurns(self.domain)
        kind = self._turns.kind_of(tracker)
        known = self._turns.get(kind)
        if known is None:
            known = super()._predict_next_with_tracker(tracker)
            self._turns.remember(kind, known)
        return known

    def _has_session_expired(self, tracker: DialogueStateTracker) -> bool:
        if tracker.active_loop_name:
            # A new session would forget the questions of a form.
            return False
        return super()._has_session_expired(tracker) or messages_in_session(tracker) >= (
            SESSION_MESSAGES
        )

    def _get_action(self, action_name: str) -> Optional[Action]:
        action = super()._get_action(action_name)
        return BriefSessionStart() if isinstance(action, ActionSessionStart) else action

    def predict_next_with_tracker_if_should(
        self, tracker: DialogueStateTracker
    ) -> Tuple[Action, PolicyPrediction]:
        """Return the next action: the policy's, or the next notice when the policy is done."""
        due = [f"utter_{name}" for name in tracker.get_slot("notices") or []]
        sent = actions_of_turn(tracker)
        left = [name for name in due if name not in sent]
        if due and len(left) < len(due) and sent[-1] in due:
            return self._named(left[0] if left else ACTION_LISTEN_NAME)
        action, prediction = super().predict_next_with_tracker_if_should(tracker)
        if action.name() == ACTION_LISTEN_NAME and left:
            return self._named(left[0])
        return (SayAgain() if action.name() == SAY_AGAIN else action), prediction

    def _named(self, name: str) -> Tuple[Action, PolicyPrediction]:
        action = self._get_action(name)
        assert action is not None, "the domain has every notice"
        return action, PolicyPrediction.for_action_name(self.domain, name)


def _is_set_already(event: SlotSet, tracker: DialogueStateTracker) -> bool:
    slot = tracker.slots.get(event.key)
    return slot is not None and slot.value == event.value


def messages_in_session(tracker: DialogueStateTracker) -> int:
    """Return how many messages the user has sent since the latest session began."""
    count = 0
    for event in reversed(tracker.events):
        if isinstance(event, SessionStarted):
            break
        count += isinstance(event, UserUttered)
    return count


def said_before(tracker: DialogueStateTracker) -> List[BotUttered]:
    """Return what the bot said between the user's last two messages, without "was that clearer"."""
    said: List[BotUttered] = []
    messages = 0
    for event in reversed(tracker.events):
        messages += isinstance(event, UserUttered)
        if messages > 1:
            break
        if messages == 1 and isinstance(event, BotUttered) and not _is_once_only(event):
            said.insert(0, BotUttered(event.text, event.data, dict(event.metadata)))
    return said


def _is_once_only(event: BotUttered) -> bool:
    return event.metadata.get("utter_action") in ONCE_ONLY


def actions_of_turn(tracker: DialogueStateTracker) -> List[str]:
    """Return the names of the actions since the latest message of the user, in order."""
    names: List[str] = []
    for event in reversed(tracker.events):
        if isinstance(event, UserUttered):
            break
        if isinstance(event, ActionExecuted):
            names.insert(0, event.action_name)
    return names


def answered_by_nurse(tracker: DialogueStateTracker) -> bool:
    """Return whether the latest message was recorded for a nurse and rightly got no text."""
    latest = tracker.latest_message
    return (
        latest is not None
        and latest.intent.get("name") == "with_nurse"
        and tracker.get_slot("check_state") == "passed"
    )


async def _embed_ahead(text: Optional[str]) -> None:
    """Have the vector ready that the second opinion will want, computed in a thread.

    It is mostly spent outside of Python; meanwhile other patients are answered.
    """
    try:
        if text and leaves_in_doubt(text):
            await asyncio.to_thread(shared().vector, text)
    except Exception as error:
        # The screen reads the message all the same, and says so when it cannot.
        logger.error("Nothing was read ahead: %s", type(error).__name__)
