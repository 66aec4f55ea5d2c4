"""How the second opinion reads text: normalising, cutting into pieces, and features.

Training and run time share this module, so that the model meets in service exactly what it learned
from. Nothing here is shared with the rules.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from typing import Dict, Iterator, List

#: Longer messages are read from both ends: a flood of text must not cost unbounded time, and the
#: news is at the start or the end.
MAX_CHARACTERS = 20_000
#: At most this many pieces of one message are scored on their own.
MAX_PIECES = 300
#: A longer "word" is not a word; cutting it keeps the cost linear in the text.
MAX_WORD = 24

_COMBINING = re.compile("[\u0300-\u036f]")
_APOSTROPHES = re.compile("['\u2018\u2019\u02bc\u00b4`]")
_STRETCHED = re.compile(r"(.)\1{2,}")
_TOKEN = re.compile(r"[^\W_]+|[?!]")
_SENTENCE_END = re.compile(r"[.!?;\n\r\u0964\u3002]+")


def normalise(text: str) -> str:
    """The text in lower case, without accents, apostrophes and stretched letters."""
    if len(text) > MAX_CHARACTERS:
        half = MAX_CHARACTERS // 2
        text = text[:half] + "\n" + text[-half:]
    text = unicodedata.normalize("NFKD", text).casefold()
    text = unicodedata.normalize("NFC", _COMBINING.sub("", text))
    return _STRETCHED.sub(r"\1\1", _APOSTROPHES.sub("", text))


def tokens(piece: str) -> List[str]:
    """Words, numbers, question and exclamation marks of a normalised text, in order."""
    return [token[:MAX_WORD] for token in _TOKEN.findall(piece)]


def pieces(text: str) -> Iterator[List[str]]:
    """The tokens of the whole message, then of each of its sentences.

    One red flag in a long story would be diluted if only the whole were scored.
    """
    clean = normalise(text)
    yield tokens(clean)
    sentences = [part for part in _SENTENCE_END.split(clean) if part.strip()]
    if len(sentences) > 1:
        half = MAX_PIECES // 2
        if len(sentences) > MAX_PIECES:
            sentences = sentences[:half] + sentences[-half:]
        for sentence in sentences:
            yield tokens(sentence)


def phrases(words: List[str]) -> Dict[str, None]:
    """All runs of one, two and three tokens, each once, in order (a set would sum in any order)."""
    found = dict.fromkeys(words)
    found.update(dict.fromkeys(map(" ".join, itertools.pairwise(words))))
    found.update(dict.fromkeys(map(" ".join, zip(words, words[1:], words[2:], strict=False))))
    return found


def fragments(words: List[str]) -> Dict[str, None]:
    """All runs of two to five letters of each word, borders marked; they forgive typing errors."""
    found: Dict[str, None] = {}
    for word in dict.fromkeys(words):
        bordered = f"<{word}>"
        for size in (2, 3, 4, 5):
            for start in range(len(bordered) - size + 1):
                found[bordered[start : start + size]] = None
    return found
