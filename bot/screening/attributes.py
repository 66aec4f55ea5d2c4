"""Course, severity, place and the like, read from the words around a finding."""

from __future__ import annotations

from typing import Dict, FrozenSet, List, Sequence

from bot.screening.clauses import Layout
from bot.screening.composition import Candidate
from bot.screening.lexicon import load
from bot.screening.matching import Hit


def attributes_of(
    found: Candidate, layout: Layout, cues: Dict[str, List[Hit]], negated: Sequence[bool]
) -> FrozenSet[str]:
    """The attributes that the words around a finding give it (``lexicon/attributes.yml``)."""
    attributes = set(found.attributes)
    known = load().attribute_cues
    for label in cues:
        cue = known.get(label)
        if cue is None or cue.attribute in attributes or not _is_for(cue.keys, found.key):
            continue
        for hit in cues.get(label, ()):
            if negated[hit.start]:
                continue
            where = layout.sentence if cue.reach == "sentence" else layout.statement
            near = where[hit.start] == where[found.start] and abs(hit.start - found.start) <= 25
            if near or cue.reach == "message":
                attributes.add(cue.attribute)
                break
    if "never_felt" in attributes:
        attributes.discard("none_at_all")
    return frozenset(attributes)


def _is_for(keys, key: str) -> bool:
    return not keys or key.startswith(tuple(keys))
