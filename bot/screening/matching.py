"""Finds the lexicon's words and phrases in a text, whatever their spelling and inflection.

spaCy's phrase matcher does the searching, on our own tokens: one pass over the text for some
thousand phrases. No spaCy model is loaded.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Dict, Iterator, List, Tuple

from bot.screening.grammar import grammar
from bot.screening.lexicon import LIGHT_WORDS, Lexicon, load
from bot.screening.normalise import HARD_GAP, Token, tokenise
from bot.screening.rereading import reread


@contextmanager
def without_tensorflow() -> Iterator[None]:
    """Let spaCy be imported without the 8 seconds of TensorFlow that it would try to import.

    spaCy's machine-learning library imports TensorFlow only to convert arrays. While it looks, the
    import is made to fail; a TensorFlow that is already loaded is left alone.
    """
    hidden = "tensorflow" not in sys.modules
    if hidden:
        sys.modules["tensorflow"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if hidden:
            del sys.modules["tensorflow"]


#: Stands for every word that the lexicon does not have, so that the vocabulary never grows.
_AFTER_TO = grammar("after_a_digit_meant_as_a_word")
_BEFORE_TO = grammar("before_a_digit_meant_as_a_word")
_DIGIT_WORDS = {"2": "to", "4": "for"}
_UNKNOWN = "\u00b7"


@dataclass(frozen=True)
class Word:
    """One word of the text after spelling: offsets as written, what stands before it."""

    word: str
    stem: str
    start: int
    end: int
    gap: int


@dataclass(frozen=True)
class Hit:
    """A phrase of the lexicon: its label, and the words ``start`` to ``end`` (exclusive)."""

    label: str
    start: int
    end: int
    #: Places among the words that carry meaning, for distances.
    first: int
    last: int


@dataclass(frozen=True)
class Read:
    """A text as words, with everything of the lexicon that was found in it, in text order."""

    words: Tuple[Word, ...]
    hits: Tuple[Hit, ...]
    #: The tokens before spelling.
    typed: Tuple[str, ...]
    #: Place among the words that carry meaning, per word.
    places: Tuple[int, ...]


class Matcher:
    """The lexicon's phrases, ready to be searched for."""

    def __init__(self, lexicon: Lexicon):
        self._speller = lexicon.speller
        self._pairs = lexicon.pairs
        # Imported here so that the second opinion can be used without spaCy.
        with without_tensorflow():
            from spacy.matcher import PhraseMatcher
            from spacy.tokens import Doc
            from spacy.vocab import Vocab
        self._new_matcher = PhraseMatcher
        self._document = Doc
        self._vocab = Vocab()
        self._labels: Dict[int, str] = {}
        self._stems = {_UNKNOWN}
        self._loose = self._add(lexicon.phrases)
        self._exact = self._add(lexicon.exact_phrases)

    def _add(self, rows: Dict[str, List[Tuple[str, ...]]]) -> Any:
        matcher = self._new_matcher(self._vocab)
        for label, phrases in rows.items():
            for phrase in phrases:
                self._stems.update(phrase)
            if phrases:
                matcher.add(label, [self._document(self._vocab, words=list(p)) for p in phrases])
                self._labels[self._vocab.strings[label]] = label
        return matcher

    def read(self, text: str) -> Read:
        """The words of the text and the phrases in it. Never raises; linear in the text."""
        tokens = tokenise(text)
        words = self._spell(tokens)
        content: List[int] = []
        places: List[int] = []
        for index, word in enumerate(words):
            places.append(len(content))
            if word.stem not in LIGHT_WORDS:
                content.append(index)
        stems = self._stems
        everything = [w.stem if w.stem in stems else _UNKNOWN for w in words]
        hits: Dict[Tuple[str, int, int], Hit] = {}
        for label, first, last in self._search(self._loose, [everything[i] for i in content]):
            start, end = content[first], content[last - 1] + 1
            hits[(label, start, end)] = Hit(label, start, end, first, last)
        for label, start, end in self._search(self._exact, everything):
            last_place = max(places[start] + 1, places[end - 1] + 1)
            hits[(label, start, end)] = Hit(label, start, end, places[start], last_place)
        ordered = sorted(hits.values(), key=lambda h: (h.start, h.end, h.label))
        return Read(tuple(words), tuple(ordered), tuple(t.word for t in tokens), tuple(places))

    def _search(self, search: Any, stems: List[str]) -> Iterator[Tuple[str, int, int]]:
        if stems:
            for number, start, end in search(self._document(self._vocab, words=stems)):
                yield self._labels[number], start, end

    def _spell(self, tokens: List[Token]) -> List[Word]:
        speller = self._speller
        words: List[Word] = []
        as_typed: List[str] = []
        index = 0
        while index < len(tokens):
            token = tokens[index]
            end = token.end
            typed = token.word
            if index + 1 < len(tokens):
                following = tokens[index + 1]
                if following.gap == 0 and typed.isalpha() and following.word.isalpha():
                    joined = typed + following.word
                    if len(joined) >= 6 and self._is_split_word(typed, following.word, joined):
                        typed, end = joined, following.end
                        index += 1
            if typed in _DIGIT_WORDS and _is_a_word(tokens, index):
                typed = _DIGIT_WORDS[typed]
            gap = token.gap
            for word, stem in speller.resolve(typed):
                words.append(Word(word, stem, token.start, end, gap))
                as_typed.append(typed)
                gap = 0
            index += 1
        read_anew = reread(
            [(w.word, w.stem) for w in words],
            as_typed,
            [w.gap for w in words],
            speller,
            self._pairs,
            LIGHT_WORDS,
        )
        for place, (word, stem) in read_anew.items():
            words[place] = replace(words[place], word=word, stem=stem)
        return words

    def _is_split_word(self, left: str, right: str, joined: str) -> bool:
        """Whether a space got into one of the lexicon's words ("swol len")."""
        speller = self._speller
        if not speller.is_target(joined):
            return False
        return not (speller.is_ordinary(left) and speller.is_ordinary(right))


def _is_a_word(tokens: List[Token], index: int) -> bool:
    """Whether a digit stands for a word: "hard 2 breathe", "going 2 pretend", and not "2 hours"."""
    if index + 1 >= len(tokens) or tokens[index + 1].gap:
        return False
    following = tokens[index + 1].word
    before = tokens[index - 1].word if index and not tokens[index].gap else ""
    leads = before in _BEFORE_TO and following.isalpha() and not following.endswith("s")
    return following in _AFTER_TO or leads


@lru_cache(maxsize=1)
def matcher() -> Matcher:
    """The matcher for the project's lexicon, built once per process."""
    return Matcher(load())


def sentences(words: Tuple[Word, ...]) -> List[int]:
    """The number of the sentence each word is in."""
    numbers: List[int] = []
    current = 0
    for word in words:
        if word.gap >= HARD_GAP and numbers:
            current += 1
        numbers.append(current)
    return numbers
