"""In whatever state the talk is, an emergency is answered first, as one, and a nurse hears once.

Every rule and story prefix, every question that can be open, a nurse in the chat, a check-in, every
offer: each is a state. Forty red flags are said in each of them.
"""

import itertools
import time
from datetime import datetime, timezone

import pytest
import yaml
from engine import in_process

from bot.settings import PROJECT

pytestmark = pytest.mark.model

PHRASES = [
    phrase
    for phrases in yaml.safe_load(
        (PROJECT / "tests" / "data" / "red_flags.yml").read_text(encoding="utf-8")
    ).values()
    for phrase in phrases
]
#: How many of the phrases are played to the end in each state, with the actions and the database.
PLAYED = 1
DETAILS = ("injection", "weeks", "severity", "since", "where")
OFFERS = ("nurse", "plan", "consent")
NOW = datetime.now(timezone.utc).isoformat()


@pytest.fixture(scope="module")
def engine(model, tmp_path_factory):
    with in_process(model, tmp_path_factory.mktemp("proof")) as agent:
        yield agent


def steps_of(folder, kind):
    for path in sorted((PROJECT / "data" / folder).glob("*.yml")):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))[kind]:
            yield entry["steps"]


def prefixes():
    """Every beginning of every rule and story, each once."""
    every = itertools.chain(steps_of("rules", "rules"), steps_of("stories", "stories"))
    seen = {}
    for steps in every:
        for length in range(1, len(steps) + 1):
            # A message of hers is answered before she can send the next, so it begins no state.
            if "intent" not in steps[length - 1]:
                seen.setdefault(repr(steps[:length]), steps[:length])
    return list(seen.values())


def slot_states():
    """The states that are a matter of slots: what is open, who is present, what was offered."""
    from bot.triage.reader import load_table

    def episode(**fields):
        return {"level": None, "last_message": NOW, **fields}

    for name, question in load_table().questions.items():
        for level in ("ROUTINE", "URGENT_SAME_DAY"):
            state = episode(level=level, open_question=name, asked=[name])
            yield f"question {name} at {level}", {"episode": state, "triage_level": level}
        second = episode(open_question=name, asked=[name, name], unanswered=1)
        yield f"question {name} for the second time", {"episode": second, "interrupted": name}
        assert question.id == name
    for detail in DETAILS:
        check = {"keys": ["IS-01"], "open": detail, "asked": [detail], "explained": True}
        yield f"detail {detail}", {"check": check, "triage_level": "SELF_CARE"}
        yield f"detail {detail} put off", {"check": check, "interrupted": detail}
    for offer in OFFERS:
        yield f"offer of {offer}", {"offer": offer}
    yield "a nurse in the chat", {"nurse_present": "Asha"}
    yield (
        "a nurse in the chat, same-day",
        {"nurse_present": "Asha", "triage_level": "URGENT_SAME_DAY"},
    )
    yield "a check-in", {"check_in_open": "yes"}
    yield "a check-in while a nurse is there", {"check_in_open": "yes", "nurse_present": "Asha"}
    yield "not understood once", {"misunderstood": 1}
    yield "a topic to tell more of", {"topic": "faq_harm_to_baby"}
    yield "consent refused", {"consent": "no", "welcomed": "yes"}
    opened = {"level": "EMERGENCY_NOW", "last_message": NOW}
    for called, kind in itertools.product(
        ("yes", "no"), ("allergic", "obstetric", "crisis_passive")
    ):
        yield (
            f"an emergency ({kind}) is open, called {called}",
            {
                "episode": opened,
                "triage_level": "EMERGENCY_NOW",
                "emergency_open": "yes",
                "emergency_kind": kind,
                "called": called,
            },
        )


def states(domain):
    """Return the name and the events of every state."""
    from rasa.shared.core.events import ActionExecuted, SlotSet, UserUttered

    listen = ActionExecuted("action_listen")
    found = []
    for steps in prefixes():
        events = [listen]
        for step in steps:
            if "intent" in step:
                if (
                    not isinstance(events[-1], ActionExecuted)
                    or events[-1].action_name != "action_listen"
                ):
                    events.append(listen)
                intent = {"name": step["intent"], "confidence": 1.0}
                events += [UserUttered("...", intent), SlotSet("check_state", "pending")]
            for name, value in (
                pair for each in step.get("slot_was_set", ()) for pair in each.items()
            ):
                events.append(SlotSet(name, value))
            if "action" in step:
                events.append(ActionExecuted(step["action"]))
        if events[-1] != listen:
            events.append(listen)
        found.append((f"after {steps}", events))
    for name, slots in slot_states():
        greeted = UserUttered("hi", {"name": "greet", "confidence": 1.0})
        events = [listen, greeted, ActionExecuted("utter_greet")]
        events += [SlotSet(slot, value) for slot, value in slots.items()]
        found.append((name, [*events, listen]))
    assert all(slot in {s.name for s in domain.slots} for _, e in found for slot in _slots(e))
    return found


def _slots(events):
    from rasa.shared.core.events import SlotSet

    return {event.key: event.value for event in events if isinstance(event, SlotSet)}


async def test_a_red_flag_is_answered_first_in_every_state(engine, capsys):
    from rasa.shared.core.events import SlotSet, UserUttered
    from rasa.shared.core.trackers import DialogueStateTracker
    from rasa.shared.nlu.training_data.message import Message

    from bot.nlu.screen import RedFlagScreen

    processor, domain, screen = engine.processor, engine.domain, RedFlagScreen()
    slots, screened, wrong = {slot.name for slot in domain.slots}, {}, []
    # The classifier does not know the conversation, so it reads each phrase once.
    read = {phrase: await engine.parse_message(phrase) for phrase in PHRASES}
    every = states(domain)
    for name, events in every:
        before = DialogueStateTracker.from_events("x", events, slots=domain.slots)
        said_before = repr(sorted(_slots(events).items(), key=str))
        for phrase in PHRASES:
            if (phrase, said_before) not in screened:
                message = Message(data={**read[phrase], "text": phrase})
                screen.process([message], before)
                screened[phrase, said_before] = message
            message = screened[phrase, said_before]
            found = message.get("entities")
            known = {each["entity"]: each["value"] for each in found if each["entity"] in slots}
            said = UserUttered(phrase, message.get("intent"), found)
            after = [*events, said, *(SlotSet(slot, value) for slot, value in known.items())]
            tracker = DialogueStateTracker.from_events("x", after, slots=domain.slots)
            action, _ = processor.predict_next_with_tracker_if_should(tracker)
            if action.name() != "utter_emergency":
                wrong.append((name, phrase, message.get("intent")["name"], action.name()))
    with capsys.disabled():
        total = len(every) * len(PHRASES)
        print(f"\nSafety proof: {len(every)} states x {len(PHRASES)} phrases = {total}", end=" ")
        print(f"first answers, {total - len(wrong)} of them the emergency text")
    assert not wrong, (len(wrong), wrong[:10])


async def test_a_red_flag_raises_exactly_one_alert_in_every_state(engine, capsys):
    from test_conversations import Speaker, name_of

    from actions import base

    began, played, used = time.monotonic(), 0, itertools.cycle(PHRASES)
    for name, events in states(engine.domain):
        for _ in range(PLAYED):
            speaker, phrase = Speaker(engine), next(used)
            tracker = await engine.tracker_store.get_or_create_tracker(speaker.id)
            for event in events:
                tracker.update(event, engine.domain)
            await engine.tracker_store.save(tracker)
            said, tracker = await speaker.say(phrase)
            assert name_of(said[0]) == "emergency", (name, phrase)
            assert tracker.get_slot("check_state") == "passed", (name, phrase)
            assert _alerts(base.settings(), speaker.id) == ["EMERGENCY_NOW"], (name, phrase)
            played += 1
    with capsys.disabled():
        seconds = time.monotonic() - began
        print(f"\nSafety proof: {played} played to the end, one alert each ({seconds:.0f} s)")


def _alerts(settings, conversation_id):
    from sqlalchemy import select

    from bot.care.database import reading
    from bot.care.models import Alert, Episode, Patient

    query = select(Alert).join(Alert.episode).join(Episode.patient)
    with reading(settings) as session:
        found = session.execute(query.where(Patient.conversation_id == conversation_id)).scalars()
        return [alert.level.name for alert in found]


@pytest.mark.parametrize("phrase", PHRASES)
def test_whatever_the_classifier_guesses_the_intent_is_the_emergency(phrase):
    from bot.nlu.memory import Guess, Memory
    from bot.nlu.turn import read_turn

    domain = yaml.safe_load((PROJECT / "domain.yml").read_text(encoding="utf-8"))
    for intent in domain["intents"]:
        guess = Guess(intent, ranking=(intent,), questions=("faq_diet", "out_of_scope"))
        turn = read_turn(phrase, guess, Memory(offer="consent"), datetime.now(timezone.utc))
        assert turn.intent == "report_red_flag", intent
        assert turn.slots["notices"] == []
