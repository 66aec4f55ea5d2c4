"""What a simpler system would do with the same messages: two that read phrases, without triage.

They know only "emergency or not". The third, Rasa's own classifier, is in ``diet.py``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, List, Sequence, Set

from bot.settings import PROJECT

#: What a clinic's first keyword filter would hold. Written down before any text was measured.
KEYWORDS = (
    "breathe", "breathing", "breath", "wheeze", "wheezing", "throat", "choking", "swallow",
    "swollen", "swelling", "tongue", "lips", "hives", "anaphylaxis", "allergic reaction",
    "epipen", "faint", "fainted", "passed out", "collapsed", "unconscious", "dizzy",
    "chest pain", "heart racing", "palpitations", "blue", "seizure", "fit", "stroke",
    "bleeding", "blood", "not moving", "suicide", "kill myself", "want to die", "emergency",
    "ambulance", "911", "999", "112",
)  # fmt: skip

#: Rows of triage.md that are EMERGENCY_NOW on their own and unconditionally, or nearly so. A
#: phrase list cannot test the conditions of the others.
EMERGENCY_ROWS = frozenset(
    {
        *("SK-01", "SK-03", "SK-08", "SK-10"),
        *("AW-01", "AW-02", "AW-03", "AW-04", "AW-05", "AW-06"),
        *("BR-01", "BR-02", "BR-03", "BR-05", "BR-06", "BR-07"),
        *("CI-01", "CI-02", "CI-04", "CI-05", "CI-06", "CI-09"),
        *("NE-03", "NE-05", "NE-06", "NE-07", "NE-08", "NE-12"),
        *("OB-10", "CA-01", "IS-06", "MH-01", "MH-02", "MH-04"),
    }
)


def keyword_alarms(texts: Sequence[str]) -> List[bool]:
    """Return for each text whether it holds one of the keywords."""
    pattern = re.compile(r"\b(?:" + "|".join(map(re.escape, KEYWORDS)) + r")\b", re.IGNORECASE)
    return [bool(pattern.search(text)) for text in texts]


def emergency_phrases(lexicon: Path = PROJECT / "docs" / "clinical" / "lexicon.md") -> Set[str]:
    """Return the phrases of the emergency rows in the clinical lexicon, in lower case."""
    phrases: Set[str] = set()
    inside = False
    for line in lexicon.read_text(encoding="utf-8").splitlines():
        heading = re.match(r"#+ (.*)", line)
        if heading:
            inside = bool(EMERGENCY_ROWS & set(re.findall(r"[A-Z]{2}-\d\d", heading[1])))
        listed = re.match(r"(?:Plain|Idiom|Text): (.*)", line)
        if inside and listed:
            parts = (re.sub(r"\s*\(.*?\)", "", part) for part in listed[1].split(";"))
            phrases.update(part.strip(' "').lower() for part in parts if part.strip())
    return phrases


def negspacy_alarms(texts: Sequence[str]) -> List[bool]:
    """Return for each text whether it holds a lexicon phrase that negspacy finds not negated.

    A blank English pipeline: sentencizer, the phrases as an entity ruler, negspacy's termset for
    English with its clinical additions.
    """
    import spacy
    from negspacy.negation import Negex  # noqa: F401  registers the "negex" factory
    from negspacy.termsets import termset

    pipeline = spacy.blank("en")
    pipeline.add_pipe("sentencizer")
    ruler: Any = pipeline.add_pipe("entity_ruler", config={"phrase_matcher_attr": "LOWER"})
    ruler.add_patterns(
        [{"label": "EMERGENCY", "pattern": phrase} for phrase in sorted(emergency_phrases())]
    )
    pipeline.add_pipe("negex", config={"neg_termset": termset("en_clinical").get_patterns()})
    return [
        any(not entity._.negex for entity in document.ents) for document in pipeline.pipe(texts)
    ]
