"""Loads and checks the reviewable word lists under ``lexicon/``.

``concepts_*.yml`` hold words for one idea each, ``findings_*.yml`` say which phrases and which
combinations of ideas mean a row of triage.md section 6, ``cues.yml`` the words of section 9.
Every problem is reported with the file and the row it is in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Dict, FrozenSet, Iterator, List, Set, Tuple

import yaml

from bot.screening.grammar import grammar
from bot.screening.normalise import tokenise
from bot.screening.rereading import Pairs
from bot.screening.spelling import Speller
from bot.triage.vocabulary import ATTRIBUTES
from bot.yaml_files import read_yaml

FOLDER = Path(__file__).parent / "lexicon"

#: Words without meaning of their own here; left out before phrases are compared.
LIGHT_WORDS = grammar("light_words")
_WEAK_WORDS = grammar("weak_words")
_KEY = re.compile(r"(?:(?:SK|AW|BR|CI|GI|NE|OB|CA|IS|IN|MH|TX|RM)-\d{2}|G-1[0237]|Q-04|C-1[14])\Z")
_RULE = re.compile(
    r"(?P<parts>[a-z_0-9|+> ]+?)(?: within (?P<within>\d+))?(?: as (?P<attributes>[a-z_0-9, ]+?))?"
    r"(?: unless (?P<unless>[a-z_0-9, ]+?))?\Z"
)
DEFAULT_WINDOW = 7


class LexiconError(ValueError):
    """A word list has an error; the message names the file and the row."""


@dataclass(frozen=True)
class Rule:
    """Ideas that together mean a finding, at most ``within`` words apart in one statement."""

    key: str
    parts: Tuple[FrozenSet[str], ...]
    ordered: bool
    within: int
    unless: FrozenSet[str]
    attributes: FrozenSet[str]
    source: str


@dataclass(frozen=True)
class AttributeCue:
    """Words that add an attribute to findings of certain rows."""

    attribute: str
    keys: Tuple[str, ...]
    reach: str


@dataclass(frozen=True)
class Lexicon:
    """Everything the word lists say, ready for matching."""

    speller: Speller
    phrases: Dict[str, List[Tuple[str, ...]]]
    exact_phrases: Dict[str, List[Tuple[str, ...]]]
    rules: Tuple[Rule, ...]
    body: FrozenSet[str]
    states: FrozenSet[str]
    can_be_fine: FrozenSet[str]
    cues: FrozenSet[str]
    attribute_cues: Dict[str, AttributeCue]
    more_specific: Dict[str, Tuple[str, ...]]
    pairs: Pairs


def _read(name: str) -> Any:
    path = FOLDER / name
    try:
        return read_yaml(path)
    except yaml.YAMLError as error:
        raise LexiconError(f"{name}: not valid YAML: {error}") from error


def _words(name: str, row: str, phrases: Any) -> List[str]:
    if not isinstance(phrases, list):
        raise LexiconError(f"{name}, row {row}: expected a list of phrases")
    for phrase in phrases:
        if not isinstance(phrase, str) or not phrase.strip():
            raise LexiconError(f"{name}, row {row}: {phrase!r} is not a phrase; put it in quotes")
    return phrases


def _files(prefix: str) -> List[str]:
    return sorted(path.name for path in FOLDER.glob(f"{prefix}*.yml"))


def _parse_rule(name: str, key: str, text: Any, concepts: Set[str]) -> Rule:
    where = f"{name}, row {key}: rule {text!r}"
    match = _RULE.match(text) if isinstance(text, str) else None
    if not match:
        raise LexiconError(f"{where} is not 'idea + idea [within N] [as attribute] [unless idea]'")
    ordered = ">" in match["parts"]
    parts = tuple(
        frozenset(word.strip() for word in part.split("|"))
        for part in re.split(r"[+>]", match["parts"])
    )
    unless = frozenset(w.strip() for w in (match["unless"] or "").split(",") if w.strip())
    attributes = frozenset(w.strip() for w in (match["attributes"] or "").split(",") if w.strip())
    for word in set().union(*parts, unless) - concepts:
        raise LexiconError(f"{where} names the idea {word!r}, which no concepts file has")
    for word in attributes - set(ATTRIBUTES):
        raise LexiconError(
            f"{where} sets the attribute {word!r}, which the vocabulary does not have"
        )
    within = int(match["within"] or DEFAULT_WINDOW)
    return Rule(key, parts, ordered, within, unless, attributes, text)


def _concepts() -> Iterator[Tuple[str, str, str, List[str]]]:
    for name in _files("concepts"):
        for group, rows in _read(name).items():
            if not isinstance(rows, dict):
                raise LexiconError(f"{name}, group {group}: expected ideas with their words")
            for row, phrases in rows.items():
                yield name, group, row, _words(name, row, phrases)


@lru_cache(maxsize=1)
def load() -> Lexicon:
    """The checked lexicon, read once per process. Raises LexiconError naming file and row."""
    raw: Dict[str, List[str]] = {}
    body: Set[str] = set()
    states: Set[str] = {"resolved", "good"}
    can_be_fine: Set[str] = set()
    cues: Set[str] = set()
    for name, group, row, phrases in _concepts():
        if row in raw:
            raise LexiconError(f"{name}, row {row}: this idea exists twice")
        raw[row] = phrases
        if group in ("body", "process"):
            can_be_fine.add(row)
        if group == "body":
            body.add(row)
        elif group == "change" or name == "concepts_states.yml":
            states.add(row)
    for row, phrases in _read("cues.yml").items():
        if row in raw:
            raise LexiconError(f"cues.yml, row {row}: this idea exists twice")
        raw[row] = _words("cues.yml", row, phrases)
        cues.add(row)
    attribute_cues = _attribute_cues(raw, cues)
    concepts = set(raw)
    rules: List[Rule] = []
    for name in _files("findings"):
        for key, entry in _read(name).items():
            if not _KEY.match(str(key)):
                raise LexiconError(f"{name}, row {key}: not a key of triage.md section 6")
            for text in entry.get("rules", []):
                rules.append(_parse_rule(name, key, text, concepts))
            for attribute, phrases in entry.get("phrases", {}).items():
                attributes = frozenset() if attribute == "any" else frozenset([attribute])
                if attributes - set(ATTRIBUTES):
                    raise LexiconError(f"{name}, row {key}: {attribute!r} is not an attribute")
                label = f"{key} {attribute}"
                raw[label] = _words(name, key, phrases)
                part = (frozenset([label]),)
                rules.append(Rule(key, part, False, 0, frozenset(), attributes, label))
    speller = _speller(raw)
    loose: Dict[str, List[Tuple[str, ...]]] = {}
    exact: Dict[str, List[Tuple[str, ...]]] = {}
    for label, rows in raw.items():
        loose[label], exact[label] = _compile(speller, rows)
    more_specific = {key: tuple(keys) for key, keys in _read("more_specific.yml").items()}
    return Lexicon(
        speller=speller,
        phrases=loose,
        exact_phrases=exact,
        rules=tuple(rules),
        body=frozenset(body),
        states=frozenset(states),
        can_be_fine=frozenset(can_be_fine),
        cues=frozenset(cues),
        attribute_cues=attribute_cues,
        more_specific=more_specific,
        pairs=_pairs(loose, exact, rules, cues),
    )


def _pairs(
    loose: Dict[str, List[Tuple[str, ...]]],
    exact: Dict[str, List[Tuple[str, ...]]],
    rules: List[Rule],
    cues: Set[str],
) -> Pairs:
    """Words that belong together, from the phrases of ideas and the first two parts of rules."""
    phrases: List[Tuple[str, ...]] = []
    labels: Dict[str, Set[str]] = {}
    for table in (loose, exact):
        for label, rows in table.items():
            if label in cues:
                continue
            for row in rows:
                if len(row) == 1:
                    labels.setdefault(row[0], set()).add(label)
                else:
                    phrases.append(row)
    pairs = {
        pair
        for rule in rules
        if len(rule.parts) > 1
        for a in rule.parts[0]
        for b in rule.parts[1]
        for pair in ((a, b), (b, a))
    }
    return Pairs(phrases, {w: frozenset(n) for w, n in labels.items()}, frozenset(pairs))


def _attribute_cues(raw: Dict[str, List[str]], cues: Set[str]) -> Dict[str, AttributeCue]:
    """``attributes.yml``: attribute, for which rows, within the statement or the whole sentence."""
    found: Dict[str, AttributeCue] = {}
    name = "attributes.yml"
    for number, row in enumerate(_read(name), 1):
        attribute = row.get("attribute")
        if attribute not in ATTRIBUTES:
            raise LexiconError(f"{name}, row {number}: {attribute!r} is not in the vocabulary")
        label = f"attribute {number} {attribute}"
        raw[label] = _words(name, str(number), row.get("words"))
        keys = tuple(row.get("rows", ()))
        found[label] = AttributeCue(attribute, keys, row.get("reach", "statement"))
        cues.add(label)
    return found


def _speller(raw: Dict[str, List[str]]) -> Speller:
    data = _read("spelling.yml")
    families = {
        word: str(base)
        for base, words in data["families"].items()
        for word in [str(base), *_words("spelling.yml", str(base), words)]
    }
    expansions = {str(k): tuple(str(v).split()) for k, v in data["expansions"].items()}
    guard = frozenset((FOLDER / "guard.txt").read_text(encoding="utf-8").split())
    known: Set[str] = set(families)
    for rows in raw.values():
        for row in rows:
            known.update(token.word for token in tokenise(row))
    for words in expansions.values():
        known.update(words)
    targets = {word for word in (*known, *expansions) if len(word) >= 4 and word.isalpha()}
    preferred = frozenset(data["targets"])
    return Speller(
        expansions,
        families,
        targets | preferred,
        known,
        guard,
        preferred,
        frozenset(data["last_resort"]) | LIGHT_WORDS,
        _heard_as(data["sounds_like"]),
    )


def _heard_as(rows: Dict[str, Any]) -> Dict[str, Tuple[str, ...]]:
    """For every word that speech-to-text writes, the words of the lexicon it may have heard."""
    heard: Dict[str, Tuple[str, ...]] = {}
    for meant, written in rows.items():
        for word in _words("spelling.yml", meant, written):
            heard[word] = (*heard.get(word, ()), str(meant))
    return heard


def _compile(
    speller: Speller, rows: List[str]
) -> Tuple[List[Tuple[str, ...]], List[Tuple[str, ...]]]:
    """Phrases as stems: those compared without light words, and those compared word for word.

    A phrase is compared word for word if it starts with "=", or if without its light words a single
    word would be left ("save me", "face it") or one that leads nowhere ("end of it").
    """
    loose, exact = set(), set()
    for row in rows:
        stems = tuple(s for token in tokenise(row) for _, s in speller.resolve(token.word))
        content = tuple(s for s in stems if s not in LIGHT_WORDS)
        weak = all(s in _WEAK_WORDS for s in content) or (len(content) == 1 and len(stems) > 1)
        leads_nowhere = bool(content) and stems[-1] in LIGHT_WORDS and content[-1] in _WEAK_WORDS
        if row.startswith("=") or weak or leads_nowhere:
            exact.add(stems)
        else:
            loose.add(content)
    return sorted(loose), sorted(exact)
