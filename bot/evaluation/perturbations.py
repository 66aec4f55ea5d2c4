"""Changes to a message that no reader would stumble over, to see whether the screening does.

Every change is decided by a seed and the message itself, so that a rerun measures the same texts.
"""

from __future__ import annotations

import random
import re
from typing import Callable, Dict, List

#: Keys beside each other on a phone, for slips of the finger.
NEIGHBOURS = {
    "a": "sqz", "b": "vgn", "c": "xdv", "d": "sfec", "e": "wrd", "f": "dgr", "g": "fht",
    "h": "gju", "i": "uok", "j": "hkn", "k": "jlm", "l": "kop", "m": "njk", "n": "bmh",
    "o": "ipl", "p": "ol", "q": "wa", "r": "etf", "s": "adw", "t": "ryg", "u": "yij",
    "v": "cbf", "w": "qes", "x": "zcs", "y": "tuh", "z": "xas",
}  # fmt: skip

SMS = {
    "you": "u", "your": "ur", "are": "r", "to": "2", "too": "2", "for": "4", "and": "n",
    "with": "w", "because": "cos", "please": "pls", "since": "sinc", "before": "b4",
    "something": "smth", "right now": "rn", "at the moment": "atm", "i am": "im", "i'm": "im",
    "i've": "iv", "don't": "dont", "can't": "cnt", "about": "abt", "really": "rly",
    "very": "v", "my": "me", "the": "da", "what": "wot", "have": "hv", "minutes": "mins",
    "injection": "inj", "today": "2day", "tonight": "2nite", "tomorrow": "2moro",
}  # fmt: skip

BEFORE = (
    "um hi so sorry to bother you but",
    "ok so this might be silly but",
    "hello again it's me,",
    "right, well, anyway,",
    "hey quick one,",
)
AFTER = (
    "thanks so much in advance",
    "anyway that's me, over to you",
    "just thought I'd mention it lol",
    "let me know when you can",
    "sorry for the long message x",
)
HARMLESS = (
    "I took the bus home",
    "the lady at the desk was so kind",
    "we had pasta for dinner",
    "my sister is visiting this week",
    "I parked behind the clinic",
)


def one_typo(text: str, generator: random.Random) -> str:
    """Return ``text`` with one slip in one word of four letters or more, if there is one."""
    words = [match for match in re.finditer(r"[^\W\d_]{4,}", text)]
    if not words:
        return text
    word = generator.choice(words)
    at = generator.randrange(word.start() + 1, word.end() - 1)
    kind = generator.choice(("swap", "drop", "double", "neighbour"))
    letter = text[at]
    if kind == "swap":
        changed = text[at + 1] + letter
        return text[:at] + changed + text[at + 2 :]
    if kind == "drop":
        return text[:at] + text[at + 1 :]
    if kind == "double":
        return text[:at] + letter + text[at:]
    return text[:at] + generator.choice(NEIGHBOURS.get(letter.lower(), letter)) + text[at + 1 :]


def two_typos(text: str, generator: random.Random) -> str:
    """Return ``text`` with two slips."""
    return one_typo(one_typo(text, generator), generator)


def no_punctuation(text: str, generator: random.Random) -> str:
    """Return ``text`` as speech-to-text writes it; numbers keep their points and slashes."""
    plain = re.sub(r"(?<!\d)[^\w\s]|[^\w\s](?!\d)", lambda sign: _gap(sign[0]), text)
    return " ".join(plain.split())


def _gap(sign: str) -> str:
    return "" if sign in "'’" else " "


def sms(text: str, generator: random.Random) -> str:
    """Return ``text`` with the usual abbreviations."""
    longest_first = sorted(SMS, key=len, reverse=True)
    pattern = r"(?<![\w'])(" + "|".join(map(re.escape, longest_first)) + r")(?![\w'])"
    return re.sub(pattern, lambda word: SMS[word[0].lower()], text, flags=re.IGNORECASE)


def words_before(text: str, generator: random.Random) -> str:
    """Return ``text`` after some words that mean nothing."""
    return f"{generator.choice(BEFORE)} {text}"


def words_after(text: str, generator: random.Random) -> str:
    """Return ``text`` before some words that mean nothing."""
    return f"{text} {generator.choice(AFTER)}"


def joined(text: str, generator: random.Random) -> str:
    """Return ``text`` run on from a harmless sentence, without a full stop between them."""
    return f"{generator.choice(HARMLESS)} and {text}"


PERTURBATIONS: Dict[str, Callable[[str, random.Random], str]] = {
    "one typo": one_typo,
    "two typos": two_typos,
    "lower case": lambda text, generator: text.lower(),
    "upper case": lambda text, generator: text.upper(),
    "no punctuation": no_punctuation,
    "SMS abbreviations": sms,
    "words before": words_before,
    "words after": words_after,
    "joined to a harmless sentence": joined,
}


def perturb(name: str, texts: List[str], seed: int = 1) -> List[str]:
    """Return each text changed in the way called ``name``; the same seed gives the same texts."""
    change = PERTURBATIONS[name]
    return [change(text, random.Random(f"{seed} {name} {text}")) for text in texts]
