"""How the second opinion reads text: normalising, cutting into pieces, and features.

Training and run time share this module, so that the model meets in service exactly what it learned
from. Nothing here is shared with the rules.
"""

from __future__ import annotations

import functools
import itertools
import re
import unicodedata
from pathlib import Path
from typing import Dict, Iterator, List, Tuple

import numpy as np

#: Words grouped by meaning; made by ``opinion_words``.
WORD_GROUPS = Path(__file__).with_name("word_groups.npz")

#: Longer messages are read from both ends: a flood of text must not cost unbounded time, and the
#: news is at the start or the end.
MAX_CHARACTERS = 20_000
#: At most this many pieces of one message are scored on their own.
MAX_PIECES = 300
#: A longer "word" is not a word; cutting it keeps the cost linear in the text.
MAX_WORD = 24

#: After one of these words the next few are marked as negated, up to a word that ends the negation.
NEGATORS = frozenset(
    """no not nor never without dont doesnt didnt isnt wasnt arent havent hasnt hadnt none neither
    denies denied nothing""".split()  # noqa: SIM905 (forty quotation marks hide the words)
)
NEGATION_ENDS = frozenset(["but", "however", "except", "though", "now", "?", "!"])
NEGATION_REACH = 5

#: Words that say nothing about a body; they may stand between two words of a pair.
FILLERS = frozenset(
    """a an the i im my me is it its was were am are be been of to in on at for and or so that this
    with as have has had ive just like do does did you your we he she they there from up""".split()  # noqa: SIM905
)
#: Two words make a pair when at most this many others, fillers aside, stand between them.
PAIR_REACH = 4
_ENDINGS = ("ings", "ing", "edly", "ed", "ies", "es", "s", "ly", "er", "y", "e")
_STEM_LETTERS = 7

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
    parts = _split(clean)
    if len(parts) > 1:
        half = MAX_PIECES // 2
        if len(parts) > MAX_PIECES:
            parts = parts[:half] + parts[-half:]
        for part in parts:
            yield tokens(part)


def sentences(text: str) -> List[str]:
    """The different sentences of a text, normalised, in order."""
    return _split(normalise(text))


def _split(clean: str) -> List[str]:
    return list(dict.fromkeys(filter(str.strip, _SENTENCE_END.split(clean))))


def phrases(words: List[str]) -> Dict[str, None]:
    """All runs of one, two and three word stems, negated ones marked.

    Each once and in order; a set would be summed in an order that changes from run to run.
    """
    return _runs(_marked_stems(words), 3)


def pairs(words: List[str]) -> Dict[str, None]:
    """Stems that stand near each other in either order, as a body part and what it does."""
    marked = [
        part
        for part, word in zip(_marked_stems(words), words, strict=True)
        if word not in FILLERS and word not in "?!"
    ]
    found: Dict[str, None] = {}
    for place, first in enumerate(marked):
        for second in marked[place + 1 : place + 1 + PAIR_REACH]:
            found[f"{first}~{second}" if first < second else f"{second}~{first}"] = None
    return found


def fragments(words: List[str]) -> Dict[str, None]:
    """All runs of two to five letters of each word, borders marked; they forgive typing errors."""
    found: Dict[str, None] = {}
    for word in dict.fromkeys(words):
        found.update(_fragments_of(word))
    return found


def meanings(words: List[str]) -> Dict[str, None]:
    """Groups of like words at each resolution: single, in pairs, in pairs around one other word."""
    known = word_groups()
    unknown = ("?",) * len(next(iter(known.values())))
    rows = [known.get(word, unknown) for word in words]
    found: Dict[str, None] = {}
    for number, column in enumerate(zip(*rows)):  # noqa: B905 (no rows, no columns)
        prefix = "abcdef"[number]
        found.update(dict.fromkeys(prefix + entry for entry in _runs(list(column), 2)))
        around = zip(column, column[2:], strict=False)
        found.update(dict.fromkeys(f"{prefix}{first} _ {last}" for first, last in around))
    return found


@functools.lru_cache(maxsize=1)
def word_groups() -> Dict[str, Tuple[str, ...]]:
    """The groups a word belongs to, coarse to fine."""
    with np.load(WORD_GROUPS, allow_pickle=False) as arrays:
        words = arrays["words"].tobytes().decode("utf-8").split("\n")
        names = [str(number) for number in range(int(arrays["groups"].max()) + 1)]
        rows = arrays["groups"].tolist()
    return {
        word: tuple(names[number] for number in row) for word, row in zip(words, rows, strict=True)
    }


def _negation_marked(words: List[str]) -> List[str]:
    marked, left = [], 0
    for word in words:
        if word in NEGATORS:
            left = NEGATION_REACH
            marked.append(word)
            continue
        if word in NEGATION_ENDS:
            left = 0
        marked.append(f"not:{word}" if left > 0 else word)
        left -= 1
    return marked


def _marked_stems(words: List[str]) -> List[str]:
    return [
        f"not:{stem(word[4:])}" if word.startswith("not:") else stem(word)
        for word in _negation_marked(words)
    ]


@functools.lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """The beginning that the forms of a word share, more or less: swelling, swells: swell."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) >= len(ending) + 3:
            return word[: -len(ending)][:_STEM_LETTERS]
    return word[:_STEM_LETTERS]


def _runs(entries: List[str], longest: int) -> Dict[str, None]:
    found = dict.fromkeys(entries)
    found.update(dict.fromkeys(map(" ".join, itertools.pairwise(entries))))
    if longest > 2:
        triples = zip(entries, entries[1:], entries[2:], strict=False)
        found.update(dict.fromkeys(map(" ".join, triples)))
    return found


@functools.lru_cache(maxsize=20_000)
def _fragments_of(word: str) -> Dict[str, None]:
    bordered = f"<{word}>"
    return {
        bordered[start : start + size]: None
        for size in (2, 3, 4, 5)
        for start in range(len(bordered) - size + 1)
    }
