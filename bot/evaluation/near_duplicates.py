"""Finds evaluation texts that are nearly the same as something the product was built from.

A test text that also stands in a word list or among training texts measures memory. The test set
is compared with the lexicon, its clinical source, the policy's test vectors, the training texts of
both models, the development set and itself. The development set is there to learn from, so what
was taken over from it is counted and not forbidden; its figures flatter the product by that much.
Run as ``python -m bot.evaluation.near_duplicates``; exits with 1 when it finds any.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterator, List, Sequence

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer

from bot.evaluation.cases import DEVELOPMENT, TEST, read_lines
from bot.settings import PROJECT
from bot.yaml_files import read_yaml

#: Share of letter triples in common (Dice) from which two texts count as nearly the same. Measured
#: on hand-made rewordings: one changed word in eight scores about 0.9, a free rewording below 0.6.
SIMILAR = 0.70
#: A text of at least this many characters also counts when this share of its triples is inside a
#: longer one, as when a training text quotes it with something around.
CONTAINED_CHARACTERS = 30
CONTAINED = 0.92
#: Word lists hold fragments of one or two words ("the injection"). They are part of many messages
#: and nearly the same as none, so they count only when they are the whole message.
FRAGMENT_WORDS = 2
SAME = 0.95

_WORDS = re.compile(r"[^\w\s]|_")
_ENTITY = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})")


@dataclass(frozen=True)
class Text:
    """A text and where it stands."""

    source: str
    text: str


@dataclass(frozen=True)
class NearDuplicate:
    """Two texts that are nearly the same, and how much (1 is the same)."""

    first: Text
    second: Text
    similarity: float


def normalise(text: str) -> str:
    """Return lower-case words without punctuation, apostrophes or repeated spaces."""
    plain = re.sub(r"['’`]", "", text.lower())
    return " ".join(_WORDS.sub(" ", plain).split())


def find(texts: Sequence[Text], others: Sequence[Text]) -> List[NearDuplicate]:
    """Return pairs of ``texts`` and ``others`` that are nearly the same, most alike first."""
    if not texts or not others:
        return []
    vectoriser = CountVectorizer(analyzer="char_wb", ngram_range=(3, 3), binary=True)
    left = [normalise(each.text) for each in texts]
    right = [normalise(each.text) for each in others]
    # Texts of signs only would leave no triples at all; a space-padded word always has one.
    vectoriser.fit([*left, *right, "any"])
    triples, other_triples = (vectoriser.transform(side).astype(np.int32) for side in (left, right))
    sizes, other_sizes = (np.asarray(side.sum(axis=1)).ravel() for side in (triples, other_triples))
    shared = (triples @ other_triples.T).tocoo()
    rows, columns = shared.row, shared.col
    dice = 2 * shared.data / (sizes[rows] + other_sizes[columns])
    long_enough = np.array([len(text) >= CONTAINED_CHARACTERS for text in left])
    inside = np.where(long_enough[rows], shared.data / sizes[rows], 0.0)
    alike = np.maximum(dice, inside)
    fragments = np.array([len(text.split()) <= FRAGMENT_WORDS for text in right])
    enough = np.where(fragments[columns], SAME, SIMILAR)
    found = [
        NearDuplicate(texts[rows[index]], others[columns[index]], float(alike[index]))
        for index in np.flatnonzero((dice >= enough) | (inside >= CONTAINED))
    ]
    return sorted(found, key=lambda pair: -pair.similarity)


def find_within(texts: Sequence[Text]) -> List[NearDuplicate]:
    """Return pairs within one file that are nearly the same."""
    return [pair for pair in find(texts, texts) if pair.first.source < pair.second.source]


def evaluation_texts(path: Path) -> List[Text]:
    """Return the messages of an evaluation file, each with its id as source."""
    return [Text(str(row.get("id", number)), row["text"]) for number, row in read_lines(path)]


def built_from(project: Path = PROJECT) -> Dict[str, List[Text]]:
    """Return everything the product was built from, by kind. Kinds that are absent are empty."""
    return {
        "lexicon": [
            Text(path.name, phrase)
            for path in sorted((project / "bot" / "screening" / "lexicon").glob("**/*.yml"))
            for phrase in _strings(read_yaml(path))
        ],
        "clinical documents": [
            Text(name, phrase)
            for name in ("lexicon.md", "triage.md")
            for phrase in _phrases(
                (project / "docs" / "clinical" / name).read_text(encoding="utf-8")
            )
        ],
        "intent examples": [
            Text(path.name, example)
            for path in sorted((project / "data" / "nlu").glob("**/*.yml"))
            for example in _examples(path.read_text(encoding="utf-8"))
        ],
        "second opinion": [
            Text(path.name, json.loads(line)["text"])
            for path in sorted((project / "data" / "second_opinion").glob("**/*.jsonl"))
            for line in path.read_text(encoding="utf-8").splitlines()
            if line.strip()
        ],
    }


def _strings(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield from (part.strip() for part in node.split(";") if part.strip())
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from _strings(key)
            yield from _strings(value)
    elif isinstance(node, (list, tuple)):
        for item in node:
            yield from _strings(item)


def _phrases(markdown: str) -> Iterator[str]:
    for part in re.split(r"[;|\n]", markdown):
        phrase = re.sub(r"^\W*(?:\d+\.\s*)?(?:Plain|Idiom|Text|Note):\s*", "", part.strip())
        if len(phrase) > 2:
            yield phrase.strip('" ')
    yield from re.findall(r'"([^"\n]{3,})"', markdown)


def _examples(content: str) -> Iterator[str]:
    for line in content.splitlines():
        match = re.match(r"\s*-\s+(?!intent:|synonym:|regex:|lookup:)(.+)", line)
        if match:
            yield _ENTITY.sub(r"\1", match.group(1))


def check(project: Path = PROJECT) -> List[NearDuplicate]:
    """Return every near-duplicate of the test set, and those within the development set."""
    development, test = evaluation_texts(DEVELOPMENT), evaluation_texts(TEST)
    found = find_within(development) + find_within(test) + find(test, development)
    for texts in built_from(project).values():
        found += find(test, texts)
    return found


def learnt(project: Path = PROJECT) -> List[NearDuplicate]:
    """Return the development messages that the product has taken over by now."""
    development = evaluation_texts(DEVELOPMENT)
    return [pair for texts in built_from(project).values() for pair in find(development, texts)]


def main() -> int:
    """Print what was found and return 1 if that is anything. Test texts are named by id only."""
    for kind, texts in built_from().items():
        print(f"{kind}: {len(texts)} texts")
    print(f"taken over from the development set: {len({pair.first for pair in learnt()})} messages")
    found = check()
    for pair in found:
        print(
            f"{pair.first.source} is nearly the same as {pair.second.source}: "
            f"{pair.similarity:.2f}",
            file=sys.stderr,
        )
    if found:
        print(f"{len(found)} near-duplicates: rewrite the evaluation message, not the product")
        return 1
    print("no near-duplicates")
    return 0


if __name__ == "__main__":
    sys.exit(main())
