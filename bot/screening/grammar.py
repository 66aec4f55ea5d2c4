"""Function words by what they do in a sentence, from ``lexicon/grammar.yml``."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Dict, FrozenSet

from bot.yaml_files import read_yaml

_FILE = Path(__file__).parent / "lexicon" / "grammar.yml"


@lru_cache(maxsize=1)
def _groups() -> Dict[str, FrozenSet[str]]:
    groups = read_yaml(_FILE)
    for name, words in groups.items():
        for word in words:
            if not isinstance(word, str):
                raise ValueError(f"grammar.yml, row {name}: {word!r} is no word; put it in quotes")
    return {name: frozenset(words) for name, words in groups.items()}


def grammar(name: str) -> FrozenSet[str]:
    """The words of one group. Raises KeyError for a group that the file does not have."""
    return _groups()[name]
