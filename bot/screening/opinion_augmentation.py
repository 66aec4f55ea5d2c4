"""Training copies of a message: hurried, dictated, in text-speak, or with idle words around it.

Only for training: the copy has the label and the theme of its original.
"""

from __future__ import annotations

import functools
import random
import re
from pathlib import Path
from typing import Dict, List, Sequence

from bot.screening.opinion_spelling import TEXT_SPEAK

#: Greetings, thanks and everyday sentences by section, none about a body.
FILLERS = Path(__file__).resolve().parents[2] / "data" / "second_opinion" / "fillers.txt"

_WORD = re.compile(r"[^\W\d_]{4,}")
_STOPS = re.compile(r"(?<!\d)[^\w\s]|[^\w\s](?!\d)")
_KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_BESIDE = {
    letter: row[max(0, at - 1) : at] + row[at + 1 : at + 2]
    for row in _KEYBOARD
    for at, letter in enumerate(row)
}
_SHORTER = {" ".join(full): short for short, full in TEXT_SPEAK.items()}
_PHRASES = re.compile(r"\b(" + "|".join(sorted(_SHORTER, key=len, reverse=True)) + r")\b")


def slip(text: str, generator: random.Random) -> str:
    """The text with one letter of one longer word swapped, lost, doubled, replaced or added."""
    words = list(_WORD.finditer(text))
    if not words:
        return text
    word = generator.choice(words)
    at = generator.randrange(word.start() + 1, word.end())
    letter, before = text[at], text[at - 1]
    beside = generator.choice(_BESIDE.get(letter.lower()) or "e")
    return (
        text[: at - 1]
        + generator.choice(
            (
                letter + before,
                before,
                before + letter * 2,
                before + beside,
                before + beside + letter,
            )
        )
        + text[at + 1 :]
    )


def text_speak(text: str) -> str:
    """The text in lower case with the usual abbreviations."""
    return _PHRASES.sub(lambda found: _SHORTER[found[0]], text.lower())


def hurried(text: str, seed: int) -> str:
    """A copy with one or two slips, text-speak or no punctuation; the same one for a seed."""
    generator = random.Random(f"{seed} {text}")
    kind = generator.choice(("one", "one", "two", "two", "speak", "plain"))
    if kind == "plain":
        text = " ".join(_STOPS.sub(" ", text.replace("'", "").replace("\u2019", "")).split())
    elif kind == "speak":
        text = text_speak(text)
    if kind == "two":
        text = slip(text, generator)
    return slip(text, generator) if kind != "plain" else text


def surrounded(text: str, seed: int) -> str:
    """A copy with words around it that mean nothing; the same one for a seed."""
    generator = random.Random(f"surrounded {seed} {text}")
    words = fillers()
    kind = generator.choice(("before", "after", "both", "sentence", "sentence"))
    if kind == "sentence":
        return _joined(text, generator.choice(words["sentence"]), generator)
    before = f"{generator.choice(words['before'])} " if kind != "after" else ""
    after = f" {generator.choice(words['after'])}" if kind != "before" else ""
    return f"{before}{text}{after}"


def run_on(text: str, sentences: Sequence[str], seed: int) -> str:
    """A copy run on from, or into, one of ``sentences``; the same one for a seed."""
    generator = random.Random(f"run on {seed} {text}")
    return _joined(text, generator.choice(sentences), generator)


def _joined(text: str, sentence: str, generator: random.Random) -> str:
    joint = generator.choice(fillers()["joint"])
    gap = "" if joint[0] in ",." else " "
    first, last = (text, sentence) if generator.random() < 0.5 else (sentence, text)
    return f"{first}{gap}{joint} {last}"


@functools.lru_cache(maxsize=1)
def fillers() -> Dict[str, List[str]]:
    """The phrases of ``fillers.txt`` by section: before, after, sentence, joint."""
    sections: Dict[str, List[str]] = {}
    current: List[str] = []
    for line in FILLERS.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            current = sections.setdefault(line.strip("[]"), [])
        elif line and not line.startswith("#"):
            current.append(line)
    return sections
