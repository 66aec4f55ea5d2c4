"""Splits the words of a message into statements, also where nobody typed a full stop.

A statement is what one subject and its verb say; ideas are only combined within one. Sentences end
at punctuation, statements also at "but", at "my" and "i" that begin something new.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import FrozenSet, List, Sequence, Tuple

from bot.screening.grammar import grammar
from bot.screening.matching import Read, Word
from bot.screening.normalise import HARD_GAP, QUESTION_GAP, SOFT_GAP

_SUBJECTS = grammar("first_person_subjects")
_THIRD = grammar("third_person_subjects")
#: After these, "my" and "i" go on with what was being said.
_LINKS = grammar("links")
_JOINERS = grammar("joiners")
_ACTS = grammar("acts_on_her")
_CARRY_ON = grammar("carry_on")
_LONGEST_STATEMENT = 60
_SHORT_SENTENCE = 14
#: A sentence of so few words may be a piece of one ("Face. Swollen.").
_FRAGMENT = 2


@dataclass(frozen=True)
class Layout:
    """For every word: its sentence, its statement; for every sentence whether it is a question."""

    sentence: Tuple[int, ...]
    statement: Tuple[int, ...]
    questions: FrozenSet[int]
    sentence_starts: Tuple[int, ...]


def lay_out(read: Read, breakers: Sequence[int], states: FrozenSet[int]) -> Layout:
    """Sentences and statements of a text.

    ``breakers`` are words that end a statement ("but"), ``states`` words that complete one: "my"
    after them begins the next ("lips swollen my throat ...").
    """
    words = read.words
    breaks = frozenset(breakers)
    sentence: List[int] = []
    statement: List[int] = []
    starts: List[int] = []
    questions = set()
    number = -1
    part = -1
    part_start = 0
    for index, word in enumerate(words):
        new_sentence = index == 0 or word.gap >= HARD_GAP
        if new_sentence:
            if word.gap == QUESTION_GAP and index:
                questions.add(number)
            number += 1
            starts.append(index)
        new_part = (
            index == 0
            or (
                new_sentence
                and not _carries_on(words, index, part_start)
                and not _is_fragment(words, starts, index)
            )
            or (index in breaks and not _narrows(words, index))
            or index - part_start >= _LONGEST_STATEMENT
            or (not new_sentence and _begins(words, index, states))
        )
        if new_part:
            part += 1
            part_start = index
        sentence.append(number)
        statement.append(part)
    return Layout(tuple(sentence), tuple(statement), frozenset(questions), tuple(starts))


def _narrows(words: Sequence[Word], index: int) -> bool:
    """ "Bumps, but only round the needle" says where, and nothing new."""
    following = words[index + 1].word if index + 1 < len(words) else ""
    return words[index].word == "but" and following in ("only", "just")


def _carries_on(words: Sequence[Word], index: int, part_start: int) -> bool:
    """ "It feels huge." goes on with what the short sentence before was about."""
    return words[index].word in _CARRY_ON and index - part_start <= _SHORT_SENTENCE


def _is_fragment(words: Sequence[Word], starts: Sequence[int], index: int) -> bool:
    """ "Tongue. Big." and "heart. racing. NOW" are one statement in pieces."""
    if len(starts) < 2 or index - starts[-2] > _FRAGMENT:
        return False
    following = words[index + 1 : index + 1 + _FRAGMENT]
    return len(following) < _FRAGMENT or any(word.gap >= HARD_GAP for word in following)


def _begins(words: Sequence[Word], index: int, states: FrozenSet[int]) -> bool:
    word = words[index]
    before = words[index - 1]
    if word.word == "my" and word.gap == 0:
        if index > 1 and words[index - 2].word in _ACTS:
            return False  # "it closed my throat"
        return index - 1 in states and before.word not in _LINKS
    if index > 1 and words[index - 2].word in ("so", "too") and word.gap == 0:
        return False
    if word.word in _SUBJECTS or word.word in _THIRD:
        if before.word in _JOINERS and word.gap == 0:
            return False
        if word.gap == SOFT_GAP:
            return True
        if before.word in _SUBJECTS or before.word in _THIRD:
            return False
        return before.word not in _LINKS
    if word.word in _JOINERS and index + 1 < len(words):
        return words[index + 1].word in (_SUBJECTS | _THIRD)
    return False
