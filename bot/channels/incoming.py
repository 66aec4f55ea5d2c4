"""What a patient's message becomes before anything else reads it (triage.md G-17, M-38)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any, Dict, Mapping, Optional, Tuple

#: The longest message that is read, in characters.
LONGEST = 4000

#: Stands for a photo, voice note, file or empty message; the answer to it is M-38, which asks U-01.
NO_WORDS = "[photo, voice note or file without words]"

#: Metadata keys that only the guard may set; whatever a client sends under them is dropped.
TYPED_COMMAND, NO_WORDS_KEY, SHORTENED = "typed_command", "no_words", "shortened"
RESERVED = frozenset({TYPED_COMMAND, NO_WORDS_KEY, SHORTENED, "is_external", "model_id"})

_SLASHES = frozenset("/\uff0f\u2044\u2215\u29f8")
_INVISIBLE = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})
# Rasa's Twilio and Telegram channels turn a shared place into text of these shapes.
_LOCATION = re.compile(
    r"""/locationData\{.*\}|\{"lng":\s*[-\d.]+,\s*"lat":\s*[-\d.]+\}""", re.DOTALL
)
_METADATA_LONGEST = 4000


@dataclass(frozen=True)
class Incoming:
    """A message that is safe to hand to the engine: never a command, never empty, never huge."""

    text: str
    typed_command: bool = False
    no_words: bool = False
    shortened: bool = False


def read_incoming(text: Any) -> Incoming:
    """Return ``text`` as plain words, whatever a channel or client made of it.

    Leading blanks, invisible characters and slashes of every kind go; after a slash, underscores
    become spaces (G-17). No words at all gives the NO_WORDS marker (M-38). A message longer than
    LONGEST keeps its beginning and its end.
    """
    words = text if isinstance(text, str) else ""
    if _LOCATION.fullmatch(words.strip()):
        return Incoming(NO_WORDS, no_words=True)
    words, typed_command = _without_slashes("".join(_storable(one) for one in words))
    if not words and typed_command:
        # "/" and nothing else is punctuation, which has an answer of its own (M-39).
        return Incoming("?", typed_command=True)
    if not words:
        return Incoming(NO_WORDS, no_words=True)
    shortened = len(words) > LONGEST
    if shortened:
        end = LONGEST // 4
        words = f"{words[: LONGEST - end - 3]} … {words[-end:]}"
    return Incoming(words, typed_command=typed_command, shortened=shortened)


def clean_metadata(metadata: Any, incoming: Incoming) -> Dict[str, Any]:
    """Return the channel's metadata without reserved keys, plus what ``incoming`` found out.

    Metadata that is no mapping, or too large to keep with every event, is left out.
    """
    kept: Dict[str, Any] = {}
    if isinstance(metadata, Mapping) and len(repr(metadata)) <= _METADATA_LONGEST:
        kept = {str(key): value for key, value in metadata.items() if key not in RESERVED}
    marks = {
        TYPED_COMMAND: incoming.typed_command,
        NO_WORDS_KEY: incoming.no_words,
        SHORTENED: incoming.shortened,
    }
    return {**kept, **{key: True for key, value in marks.items() if value}}


def as_words(payload: Optional[str], title: str) -> str:
    """Return what a quick reply sends: its payload, or its title when the payload is a command."""
    incoming = read_incoming(payload)
    return title if incoming.typed_command or incoming.no_words else incoming.text


def _without_slashes(text: str) -> Tuple[str, bool]:
    begin, end = 0, len(text)
    while begin < end and (text[begin] in _SLASHES or _invisible(text[begin])):
        begin += 1
    while begin < end and _invisible(text[end - 1]):
        end -= 1
    slashed = any(character in _SLASHES for character in text[:begin])
    words = text[begin:end]
    return (words.replace("_", " ").strip() if slashed else words), slashed


def _invisible(character: str) -> bool:
    return unicodedata.category(character) in _INVISIBLE


def _storable(character: str) -> str:
    """Databases refuse NUL and half of a surrogate pair, and no patient means them."""
    category = unicodedata.category(character)
    if category == "Cs":
        return "\ufffd"
    return " " if category == "Cc" and character not in "\n\t" else character
