"""The words that phone carriers want obeyed: STOP, START and HELP."""

from __future__ import annotations

import enum
from typing import Any, Dict, FrozenSet, Optional

from bot.content.model import Content


class Keyword(enum.Enum):
    """What a message that is only a keyword asks for."""

    STOP = "stop"
    START = "start"
    HELP = "help"


#: What carriers in the US and Canada ask for, as Twilio lists it. "YES" starts only what was
#: stopped: otherwise it is an answer.
CARRIER: Dict[Keyword, FrozenSet[str]] = {
    Keyword.STOP: frozenset(
        {"stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"}
    ),
    Keyword.START: frozenset({"start", "unstop", "yes"}),
    Keyword.HELP: frozenset({"help", "info"}),
}
#: Where no carrier asks for more, STOP works all the same (facts.md F-360).
EVERYWHERE: Dict[Keyword, FrozenSet[str]] = {
    Keyword.STOP: frozenset({"stop", "stop all", "unsubscribe"}),
    Keyword.START: frozenset({"start", "unstop"}),
    Keyword.HELP: frozenset(),
}

#: Answers of the bot that a carrier does not want after STOP. Anything else may matter to her
#: safety and is sent before the confirmation.
_SMALL_TALK = (
    *("utter_not_understood", "utter_goodbye", "utter_greet", "utter_thanks", "utter_default"),
    *("utter_out_of_scope", "utter_anything_else", "utter_restarted", "utter_faq_"),
)


def keyword(text: Optional[str], table: Dict[Keyword, FrozenSet[str]]) -> Optional[Keyword]:
    """Return the keyword that a message consists of, or None when it says anything else."""
    said = " ".join((text or "").lower().strip(" \t\r\n.!?\"'/").split())
    return next((key for key, said_as in table.items() if said in said_as), None)


def is_small_talk(message: Dict[str, Any]) -> bool:
    """Return whether a message of the bot may be left out after STOP."""
    return str(message.get("utter_action") or "").startswith(_SMALL_TALK)


def answers(content: Content) -> Dict[Keyword, str]:
    """Return what is said to each keyword; each keeps the emergency numbers (facts.md F-360)."""
    return {
        Keyword.STOP: content.message("messages_stopped").text,
        Keyword.START: content.message("messages_started").text,
        Keyword.HELP: content.message("messages_help").text,
    }
