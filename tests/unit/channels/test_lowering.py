import pytest

from bot.assessment import assess_text
from bot.screening import screen
from bot.triage.episode import advance
from bot.triage.vocabulary import Level

pytestmark = pytest.mark.services  # imports rasa


def test_after_a_nurse_lowered_the_level_the_next_calm_message_does_not_raise_it_again():
    from bot.channels.memory import after_lowering

    assert assess_text("my throat is closing").level is Level.EMERGENCY_NOW
    state, _ = advance(None, screen("my throat is closing"))
    slots = after_lowering(state, Level.ROUTINE)
    assert (slots["triage_level"], slots["emergency_open"]) == ("ROUTINE", "no")
    _, calm = advance(slots["episode"], screen("thank you nurse"))
    assert calm.level is Level.ROUTINE
    _, again = advance(slots["episode"], screen("my throat is closing again"))
    assert again.level is Level.EMERGENCY_NOW


def test_after_a_nurse_closed_an_episode_the_next_one_begins_calm_and_is_told_anew():
    from bot.channels.memory import after_closing

    state, _ = advance(None, screen("my throat is closing"))
    slots = after_closing(state)
    assert (slots["emergency_open"], slots["nurse_told"]) == ("no", None)
    _, calm = advance(slots["episode"], screen("thank you nurse"))
    assert calm.level in (None, Level.SELF_CARE)
    assert slots["episode"]["contacts"] == state["contacts"]
    _, again = advance(slots["episode"], screen("my throat is closing again"))
    assert again.level is Level.EMERGENCY_NOW
