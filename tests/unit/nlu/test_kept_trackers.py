"""A conversation at hand is only used while it is all there is, and never after a broken turn."""

import pytest

pytestmark = pytest.mark.model


@pytest.fixture
def store(tmp_path, monkeypatch):
    from rasa.shared.core.domain import Domain

    from bot.nlu.conversation_store import ConversationStore

    monkeypatch.setenv("BOT_ENCRYPTION_KEY", "A" * 43 + "=")
    domain = Domain.from_dict(
        {"version": "3.1", "slots": {"level": {"type": "any", "mappings": [{"type": "custom"}]}}}
    )
    address = str(tmp_path / "conversations.db")
    return [
        ConversationStore(domain, address, unsaved=str(tmp_path / f"unsaved-{number}"))
        for number in range(2)
    ]


def slot(value):
    from rasa.shared.core.events import SlotSet

    return SlotSet("level", value)


async def test_the_next_turn_gets_the_same_conversation_without_reading_it(store):
    first, _ = store
    tracker = await first.get_or_create_tracker("her")
    tracker.update(slot("ROUTINE"))
    await first.save(tracker)
    assert await first.retrieve("her") is tracker


async def test_a_turn_that_broke_off_leaves_nothing_behind(store):
    first, _ = store
    tracker = await first.get_or_create_tracker("her")
    tracker.update(slot("ROUTINE"))
    await first.save(tracker)
    broken = await first.retrieve("her")
    broken.update(slot("half a turn"))
    again = await first.retrieve("her")
    assert again is not broken and again.get_slot("level") == "ROUTINE"


async def test_what_another_process_added_is_seen(store):
    first, other = store
    tracker = await first.get_or_create_tracker("her")
    tracker.update(slot("ROUTINE"))
    await first.save(tracker)
    elsewhere = await other.retrieve("her")
    elsewhere.update(slot("EMERGENCY_NOW"))
    await other.save(elsewhere)
    assert (await first.retrieve("her")).get_slot("level") == "EMERGENCY_NOW"


async def test_an_erased_conversation_is_gone(store):
    first, other = store
    tracker = await first.get_or_create_tracker("her")
    tracker.update(slot("ROUTINE"))
    await first.save(tracker)
    await other.erase("her")
    assert await first.retrieve("her") is None


def test_few_are_kept_and_not_for_long():
    from rasa.shared.core.trackers import DialogueStateTracker

    from bot.nlu.kept_trackers import MOST, SECONDS, KeptTrackers

    now = [0.0]
    kept = KeptTrackers(clock=lambda: now[0])
    for number in range(MOST + 1):
        kept.keep(DialogueStateTracker(str(number), []), 1)
    assert kept.take("0") is None and kept.take("1") is not None
    assert kept.take("1") is None
    now[0] = SECONDS
    assert kept.take("2") is None
