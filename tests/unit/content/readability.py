"""Flesch-Kincaid grade with textstat, without the pronunciation dictionary it would download.

textstat looks syllables up in a dictionary that its maker does not ship. Here they are counted by
spelling instead: the higher of vowel groups and hyphenation points, so that errors are strict.
"""

import re
from functools import cache
from unittest import mock

import pyphen
import textstat
from textstat.backend.counts import _count_syllables

_HYPHENATION = pyphen.Pyphen(lang="en_US")
_LINE_END = re.compile(r"(?<![.?!:])\n+")
_BULLET = re.compile(r"^(?:- |\d+\. )", re.MULTILINE)


@cache
def syllables(word: str) -> int:
    """How many syllables a word has, at least one."""
    word = re.sub(r"[^a-z]", "", word.lower())
    groups = len(re.findall(r"[aeiouy]+", word))
    groups += len(re.findall(r"i[ao](?!u)|ua|io(?=n\b)", word)) - len(
        re.findall(r"[tsc]io|[tc]ia|gua|qua", word)
    )
    if re.search(r"[^aeiouyl]e$|[^aeiouy]es$", word) and not re.search(
        r"(?:[sxz]|ch|sh|c|g)es$", word
    ):
        groups -= 1
    if re.search(r"[^aeiouytd]ed$|[aeiouy]le$", word):
        groups -= 1
    return max(1, groups, len(_HYPHENATION.positions(word)) + 1)


class _BySpelling(dict):
    def __missing__(self, word: str):
        return [["1"] * syllables(word)]


def grade(text: str) -> float:
    """US school grade needed to read ``text``; each bullet counts as a sentence of its own."""
    plain = _BULLET.sub("", text)
    plain = _LINE_END.sub(". ", plain).replace("\n", " ")
    plain = re.sub(r"[:;](\s)", r".\1", plain)
    with mock.patch.object(_count_syllables, "get_cmudict", lambda lang: _BySpelling()):
        return textstat.flesch_kincaid_grade(plain)
