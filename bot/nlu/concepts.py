"""The ideas of a message: "jab" and "needle" are one, whatever medicine ends in "-prazole" another.

Few training examples name the same medicine or the same relative, so words and letters alone cannot
tell a question about B12 from one about anything else. ``concepts.yml`` lists which words stand
for which idea; the features made of them let a wording nobody trained on look familiar.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Dict, List, Tuple

from bot.screening.opinion_features import normalise, tokens
from bot.yaml_files import read_yaml

CONCEPTS = Path(__file__).with_name("concepts.yml")

#: The ideas that make a question ours. What else is said means different things with and without
#: them: "side effects" alone, of "the jab", of "iron tablets".
CORE = ("b12", "injection")
#: Two ideas belong together up to this many words and this many ideas apart.
REACH_WORDS = 8
REACH_CONCEPTS = 6


@dataclass
class _Vocabulary:
    words: Dict[str, List[str]] = field(default_factory=dict)
    patterns: List[Tuple[re.Pattern[str], str]] = field(default_factory=list)
    #: Runs of words under their first word.
    runs: Dict[str, List[Tuple[Tuple[str, ...], str]]] = field(default_factory=dict)


def concepts(text: str) -> List[Tuple[int, str]]:
    """Return the ideas named in ``text`` with the number of the word each starts at, in order."""
    words = tokens(normalise(text))
    found: Dict[Tuple[int, str], None] = {}
    for at, word in enumerate(words):
        found.update(dict.fromkeys((at, name) for name in _of_word(word)))
        for run, name in _vocabulary().runs.get(word, ()):
            if all(map(_matches, words[at : at + len(run)], run)) and len(words) >= at + len(run):
                found[at, name] = None
    return list(found)


def concept_features(text: str) -> List[str]:
    """Return the ideas of ``text`` as features: single, in ordered pairs, beside the core."""
    named = concepts(text)
    present = {name for _, name in named}
    core = "".join(str(int(name in present)) for name in CORE)
    features = dict.fromkeys([f"core {core}"])
    for index, (at, name) in enumerate(named):
        features.update(dict.fromkeys((name, f"{name}|{core}")))
        for later, other in named[index + 1 : index + 1 + REACH_CONCEPTS]:
            if later - at <= REACH_WORDS and other != name:
                features[f"{name}>{other}"] = None
    return list(features)


@functools.lru_cache(maxsize=20_000)
def _of_word(word: str) -> Tuple[str, ...]:
    vocabulary = _vocabulary()
    named = dict.fromkeys(vocabulary.words.get(word, ()))
    named.update((name, None) for pattern, name in vocabulary.patterns if pattern.fullmatch(word))
    return tuple(named)


def _matches(word: str, entry: str) -> bool:
    return word.startswith(entry[:-1]) if entry.endswith("*") else word == entry


@functools.lru_cache(maxsize=1)
def _vocabulary() -> _Vocabulary:
    vocabulary = _Vocabulary()
    for name, listing in read_yaml(CONCEPTS).items():
        for entry in filter(None, map(str.strip, listing.split(","))):
            if " " in entry:
                run = tuple(entry.split())
                vocabulary.runs.setdefault(run[0], []).append((run, name))
            elif "*" in entry:
                # At least two more letters: "*pril" is a medicine, "april" a month.
                pattern = re.escape(entry).replace(r"\*", "*")
                pattern = re.sub(r"^\*", "\\\\w{2,}" if entry[-1] != "*" else "\\\\w*", pattern)
                vocabulary.patterns.append((re.compile(re.sub(r"\*$", r"\\w*", pattern)), name))
            else:
                vocabulary.words.setdefault(entry, []).append(name)
    return vocabulary
