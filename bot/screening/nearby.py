"""The cues of one message, asked for by the place of a finding."""

from __future__ import annotations

from collections import defaultdict
from typing import Dict, List

from bot.screening.clauses import Layout
from bot.screening.composition import Candidate
from bot.screening.matching import Hit, Read


class Nearby:
    """The words, the sentences and the cues of a message, with what is near to what."""

    def __init__(self, read: Read, layout: Layout, cues: Dict[str, List[Hit]]):
        self.read = read
        self.layout = layout
        self.cues = cues
        self._by_sentence: Dict[str, Dict[int, List[Hit]]] = {}
        for label, hits in cues.items():
            groups: Dict[int, List[Hit]] = defaultdict(list)
            for hit in hits:
                groups[layout.sentence[hit.start]].append(hit)
            self._by_sentence[label] = groups

    def everywhere(self, label: str) -> List[Hit]:
        """Cues of this kind in the whole message."""
        return self.cues.get(label, [])

    def in_sentence(self, label: str, found: Candidate) -> List[Hit]:
        """Cues of this kind in the sentence of the finding, its own words included."""
        groups = self._by_sentence.get(label)
        return groups.get(self.layout.sentence[found.start], []) if groups else []

    def near(self, label: str, found: Candidate) -> List[Hit]:
        """Cues of this kind in the sentence of the finding, not among its own words."""
        return [
            hit
            for hit in self.in_sentence(label, found)
            if found.evidence.isdisjoint(range(hit.start, hit.end))
        ]

    def statement(self, index: int) -> int:
        """The number of the statement a word is in."""
        return self.layout.statement[index]

    def sentence_words(self, found: Candidate) -> List[str]:
        """The words of the finding's sentence."""
        start, end = self.sentence_range(found)
        return [word.word for word in self.read.words[start:end]]

    def sentence_range(self, found: Candidate) -> tuple[int, int]:
        """Where the finding's sentence begins and ends (exclusive)."""
        number = self.layout.sentence[found.start]
        starts = self.layout.sentence_starts
        end = starts[number + 1] if number + 1 < len(starts) else len(self.read.words)
        return starts[number], end

    def statement_words(self, found: Candidate) -> List[str]:
        """The words of the finding's statement."""
        number = self.statement(found.start)
        start, end = found.start, found.end
        statements = self.layout.statement
        while start and statements[start - 1] == number:
            start -= 1
        while end < len(statements) and statements[end] == number:
            end += 1
        return [word.word for word in self.read.words[start:end]]

    def parted(self, left: int, right: int) -> bool:
        """Whether a "but" stands between two places, ``left`` excluded and ``right`` included."""
        return any(left < stop.start <= right for stop in self.cues.get("part", ()))
