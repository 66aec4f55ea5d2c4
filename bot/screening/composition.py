"""Puts ideas together: a body part and what happens to it make a finding.

The rules are data (``lexicon/findings_*.yml``). Parts must stand in one statement, near each other,
and a change belongs to the body part it stands next to ("sore arm and tight throat").
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from typing import Dict, FrozenSet, List, Mapping, Optional, Sequence, Tuple

from bot.screening.clauses import Layout
from bot.screening.grammar import grammar
from bot.screening.lexicon import Lexicon, Rule, load
from bot.screening.matching import Hit, Read
from bot.screening.normalise import SOFT_GAP

_FINE_LINKS = grammar("before_good")
_LIST_WORDS = grammar("list_words")
_MOST_PER_STATEMENT = 40


@dataclass(frozen=True)
class Candidate:
    """A finding before its context is known; ``evidence`` are the words that carry it."""

    key: str
    start: int
    end: int
    evidence: FrozenSet[int]
    attributes: FrozenSet[str]
    source: str


class Composer:
    """The rules of the lexicon, found by the first idea they need."""

    def __init__(self, lexicon: Lexicon):
        self._body = lexicon.body
        self._can_be_fine = lexicon.can_be_fine
        self._by_idea: Dict[str, List[Rule]] = defaultdict(list)
        for rule in lexicon.rules:
            for idea in rule.parts[0]:
                self._by_idea[idea].append(rule)

    def compose(self, read: Read, layout: Layout) -> List[Candidate]:
        """All combinations in the text that mean a finding, in text order."""
        statements: Dict[int, Dict[str, List[Hit]]] = defaultdict(lambda: defaultdict(list))
        bodies: Dict[int, List[Hit]] = defaultdict(list)
        counts: Dict[int, int] = defaultdict(int)
        fine = frozenset(hit.start for hit in read.hits if hit.label == "good")
        for hit in read.hits:
            number = layout.statement[hit.start]
            if layout.statement[hit.end - 1] != number or counts[number] > 400:
                continue
            counts[number] += 1
            if hit.label in self._can_be_fine and _is_fine(hit, fine, read):
                continue
            statements[number][hit.label].append(hit)
            if hit.label in self._body:
                bodies[number].append(hit)
        found: Dict[Tuple[str, FrozenSet[int], FrozenSet[str]], Candidate] = {}
        for number, ideas in statements.items():
            made = 0
            for label, hits in ideas.items():
                for rule in self._by_idea.get(label, ()):
                    if rule.unless and not rule.unless.isdisjoint(ideas):
                        continue
                    if any(part.isdisjoint(ideas) for part in rule.parts[1:]):
                        continue
                    for hit in hits[:_MOST_PER_STATEMENT]:
                        parts = _complete(rule, hit, ideas, bodies[number], read)
                        if parts is None or made > 200:
                            continue
                        made += 1
                        candidate = _candidate(rule, parts)
                        found.setdefault(
                            (candidate.key, candidate.evidence, candidate.attributes), candidate
                        )
        return sorted(found.values(), key=lambda c: (c.start, c.end, c.key))


def _is_fine(hit: Hit, fine: FrozenSet[int], read: Read) -> bool:
    """Whether a body part is said to be well ("breathing is fine"): no change is its own."""
    for index in range(hit.end, min(hit.end + 4, len(read.words))):
        word = read.words[index]
        if word.gap > SOFT_GAP or (word.gap and word.word != "all"):
            return False
        if index in fine:
            return True
        if word.word not in _FINE_LINKS:
            return False
    return False


def _candidate(rule: Rule, parts: Sequence[Hit]) -> Candidate:
    evidence = frozenset(i for hit in parts for i in range(hit.start, hit.end))
    return Candidate(
        rule.key, min(evidence), max(evidence) + 1, evidence, rule.attributes, rule.source
    )


def _complete(
    rule: Rule, first: Hit, ideas: Mapping[str, List[Hit]], bodies: Sequence[Hit], read: Read
) -> Optional[List[Hit]]:
    """The nearest words for every other part of the rule, or None."""
    chosen = [first]
    for part in rule.parts[1:]:
        best: Optional[Hit] = None
        best_distance = rule.within + 1
        for label in part:
            for hit in ideas.get(label, ())[:_MOST_PER_STATEMENT]:
                distance = _distance(chosen[-1] if rule.ordered else first, hit, rule.ordered)
                if distance >= best_distance or any(_overlap(hit, c) for c in chosen):
                    continue
                if not _belongs(first, hit, bodies, read):
                    continue
                best, best_distance = hit, distance
        if best is None:
            return None
        chosen.append(best)
    return chosen


def _distance(a: Hit, b: Hit, ordered: bool) -> int:
    """Meaningful words between two phrases; far away when the order is wrong."""
    if b.first >= a.last:
        return b.first - a.last
    if ordered:
        return 10_000
    return max(0, a.first - b.last)


def _overlap(a: Hit, b: Hit) -> bool:
    return a.start < b.end and b.start < a.end


def _belongs(a: Hit, b: Hit, bodies: Sequence[Hit], read: Read) -> bool:
    """False when the change stands next to another body part: "sore arm and a tight throat".

    Body parts that are only listed together ("lips, tongue and face swollen") share the change.
    """
    if (a in bodies) == (b in bodies):
        return True
    part, change = (a, b) if a in bodies else (b, a)
    owner = _owner(change, bodies, read)
    if owner is not None and not _overlap(owner, part):
        return False
    inside = {i for hit in bodies for i in range(hit.start, hit.end)}
    for other in bodies:
        if _overlap(other, part) or _overlap(other, change):
            continue
        if part.end < change.start and _starts_an_item(change, other, read):
            return False
        if part.end <= other.start < change.start:
            between = range(part.end, other.start)
        elif change.end <= other.start < part.start:
            between = range(other.end, part.start)
        else:
            continue
        if not all(i in inside or read.words[i].word in _LIST_WORDS for i in between):
            return False
    return True


def _starts_an_item(change: Hit, other: Hit, read: Read) -> bool:
    """ "A sore throat and blocked nose": after "and" the change is of the part that follows it."""
    words = read.words
    if other.start != change.end or words[other.start].gap or words[change.start].gap:
        return False
    before = change.start - 1
    if words[before].word in ("a", "an", "my", "the") and not words[before].gap:
        before -= 1
    return words[before].word in ("and", "or", "plus", "n", "&")


def _owner(change: Hit, bodies: Sequence[Hit], read: Read) -> Optional[Hit]:
    """The body part that the change says it is of: "dry mouth & swelling of the arm"."""
    words = read.words
    end = change.end
    if words[end - 1].word != "of" and (end >= len(words) or words[end].word != "of"):
        return None
    for other in bodies:
        if 0 <= other.start - end <= 3:
            after = words[other.end].word if other.end < len(words) else ""
            return None if after in ("and", "or") else other
    return None


@lru_cache(maxsize=1)
def composer() -> Composer:
    """The composer for the project's lexicon, built once per process."""
    return Composer(load())
