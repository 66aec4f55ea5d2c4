"""Distress phrases of other languages (triage.md G-15, lexicon.md 9.1 and 9.2).

Accents and vowel marks are ignored. Negation cannot be read outside the supported language, so a
phrase always counts as present.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import Dict, FrozenSet, Iterable, List, Optional, Tuple

from bot.screening.lexicon import FOLDER, LexiconError, load
from bot.screening.normalise import fold
from bot.triage.vocabulary import Finding
from bot.yaml_files import read_yaml

_FILE = "languages.yml"
_SPACES = re.compile(r"[\W_]+")
#: Attributes that a row needs so that the table reads the phrase as the distress it is.
_ATTRIBUTES = {"OB-03": frozenset({"none_at_all"}), "OB-04": frozenset({"heavy"})}
_SPACELESS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def _plain(text: str) -> Tuple[str, List[int]]:
    """The folded text with single spaces for everything between words, and where each part was."""
    folded = fold(text)
    plain: List[str] = [" "]
    places: List[int] = [0]
    for index, character in enumerate(folded.text):
        if character == "'":
            continue
        if _SPACES.match(character) and not _is_mark(character):
            if plain[-1] != " ":
                plain.append(" ")
                places.append(index)
            continue
        plain.append(character)
        places.append(index)
    if plain[-1] != " ":
        plain.append(" ")
        places.append(len(folded.text) - 1 if folded.text else 0)
    return "".join(plain), places


def _is_mark(character: str) -> bool:
    """Vowel signs of Indic scripts belong to their word."""
    return "\u0900" <= character <= "\u0dff"


@lru_cache(maxsize=1)
def _phrases() -> Tuple[
    Dict[str, Tuple[Tuple[str, ...], str]], re.Pattern, Dict[str, str], re.Pattern
]:
    rows = read_yaml(FOLDER / _FILE)
    distress: Dict[str, Tuple[Tuple[str, ...], str]] = {}
    general: Dict[str, str] = {}
    for number, row in enumerate(rows, 1):
        if set(row) != {"rows", "language", "phrases"} or not isinstance(row["phrases"], list):
            raise LexiconError(f"{_FILE}, row {number}: needs rows, language and a list of phrases")
        for phrase in row["phrases"]:
            plain = _plain(str(phrase))[0].strip()
            if row["rows"]:
                if load().speller.is_target(plain):
                    continue  # "urticaria" is English too, and English is read in context
                distress.setdefault(plain, (tuple(row["rows"]), row["language"]))
            else:
                general.setdefault(plain, row["language"])
    return distress, _any_of(distress), general, _any_of(general)


def _any_of(phrases) -> re.Pattern:
    ordered = sorted(phrases, key=len, reverse=True)
    spaced = [re.escape(p) for p in ordered if not _SPACELESS.search(p)]
    joined = [re.escape(p) for p in ordered if _SPACELESS.search(p)]
    parts = []
    if spaced:
        parts.append("(?<= )(?:" + "|".join(spaced) + ")(?= )")
    if joined:
        parts.append("(?:" + "|".join(joined) + ")")
    return re.compile("|".join(parts))


def foreign_findings(
    text: str, words: Iterable[str], language: str, any_found: bool
) -> Tuple[List[Finding], Optional[str]]:
    """Findings of distress phrases in other languages, and the language if it is not supported.

    ``words`` are the words of the text as typed, in lower case.
    """
    distress, pattern, general, general_pattern = _phrases()
    unsupported: Optional[str] = None if language.startswith("en") else language
    if text.isascii() and not _may_hold_a_phrase(list(words)):
        return [], unsupported
    plain, places = _plain(text)
    folded = fold(text)
    findings: List[Finding] = []
    for match in pattern.finditer(plain):
        rows, spoken = distress[match.group()]
        if spoken != "pcm":
            unsupported = unsupported or spoken
        start, end = folded.original(places[match.start()], places[match.end() - 1] + 1)
        for row in rows:
            attributes = _ATTRIBUTES.get(row, frozenset())
            findings.append(Finding(row, start, end, text[start:end], attributes=attributes))
        if len(findings) > 20:
            break
    if not findings and not any_found and unsupported is None:
        word = general_pattern.search(plain)
        if word and word.group() not in ("help", "dose"):
            unsupported = general[word.group()]
        elif _other_script(plain):
            unsupported = "und"
    return findings, unsupported


def _may_hold_a_phrase(words: List[str]) -> bool:
    """Whether a text in plain letters has the one word or the first two words of some phrase."""
    single, pairs = _beginnings()
    return not single.isdisjoint(words) or not pairs.isdisjoint(pairwise(words))


@lru_cache(maxsize=1)
def _beginnings() -> Tuple[FrozenSet[str], FrozenSet[Tuple[str, str]]]:
    distress, _, general, _ = _phrases()
    phrases = [phrase.split(" ") for phrase in (*distress, *general)]
    return (
        frozenset(words[0] for words in phrases if len(words) == 1),
        frozenset((words[0], words[1]) for words in phrases if len(words) > 1),
    )


def _other_script(plain: str) -> bool:
    letters = [c for c in plain[:2000] if c.isalpha()]
    return len(letters) > 3 and sum(not c.isascii() for c in letters) * 2 > len(letters)
