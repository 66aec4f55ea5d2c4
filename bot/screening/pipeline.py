"""From text to findings: reads, composes, then asks how each finding is meant."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import fields, replace
from typing import Dict, FrozenSet, Iterator, List, Sequence, Set, Tuple

from bot.screening.attributes import attributes_of
from bot.screening.clauses import Layout, lay_out
from bot.screening.commands import with_command
from bot.screening.composition import Candidate, composer
from bot.screening.context import Context
from bot.screening.facts import stated_facts
from bot.screening.languages import foreign_findings
from bot.screening.lexicon import load
from bot.screening.matching import Hit, Read, matcher
from bot.screening.measurements import measured
from bot.screening.numbers import Line, count_of, line_of
from bot.screening.times import THREE_DAYS, Times, read_times
from bot.triage.vocabulary import Ago, Assertion, Finding, Screening, StatedFacts

#: Findings of one row and meaning kept per message; the rest add nothing.
_MOST_ALIKE = 8
#: When something was that is gone since the first weeks of a treatment.
_LONG_GONE = Ago(THREE_DAYS + 1, None)
#: Longer texts are read in pieces of this many characters, so that time grows with length.
_PIECE = 3000


def screen(text: str, language: str = "en") -> Screening:
    """Everything that a message says about somebody's body, mind or treatment.

    Pure and linear in the text; text of any kind and length returns, nothing raises. Times are
    minutes, measurements as in ``Finding.values``. ``language`` is what the page or channel was set
    to; phrases of lexicon.md 9.1 are found in any language.
    """
    if len(text) <= _PIECE:
        return _screen_piece(text, language)
    pieces = [(start, _screen_piece(piece, language)) for start, piece in _pieces(text)]
    findings = [
        replace(finding, start=finding.start + start, end=finding.end + start)
        for start, piece in pieces
        for finding in piece.findings
    ]
    return Screening(_few_of_a_kind(findings), _joined_facts([piece.facts for _, piece in pieces]))


def _pieces(text: str) -> Iterator[Tuple[int, str]]:
    """A long text in pieces that end between sentences, or at least between words."""
    start = 0
    while start < len(text):
        end = min(start + _PIECE, len(text))
        if end < len(text):
            for mark in (".", "\n", " "):
                cut = text.rfind(mark, start + _PIECE // 2, end)
                if cut > 0:
                    end = cut + 1
                    break
        yield start, text[start:end]
        start = end


def _joined_facts(facts: Sequence[StatedFacts]) -> StatedFacts:
    """Of each circumstance what was said first; a text is readable if any piece of it is."""
    joined = {}
    for field in fields(StatedFacts):
        said = [value for value in (getattr(f, field.name) for f in facts) if value]
        joined[field.name] = said[0] if said else getattr(facts[0], field.name)
    return StatedFacts(**joined)


def _screen_piece(text: str, language: str) -> Screening:
    read = matcher().read(text)
    cues: Dict[str, List[Hit]] = defaultdict(list)
    names = load().cues
    for hit in read.hits:
        if hit.label in names:
            cues[hit.label].append(hit)
    states = frozenset(
        i for hit in read.hits if hit.label in load().states for i in range(hit.start, hit.end)
    )
    layout = lay_out(read, [hit.start for hit in cues.get("part", ())], states)
    candidates, figurative = _without_idioms(composer().compose(read, layout), cues, read)
    candidates = _ends(_most_specific(_joined(candidates)))
    context = Context(read, layout, cues, candidates)
    line = line_of(read)
    times = read_times(line, layout)
    findings = [
        finding
        for candidate in candidates
        for finding in [_finding(text, candidate, read, layout, cues, context, times, line)]
    ]
    findings += measured(text, read, line, layout, context)
    foreign, unsupported = foreign_findings(text, read.typed, language, bool(findings))
    findings += [each for each in foreign if not _is_read_in_context(each, findings)]
    findings = with_command(text, findings)
    findings.sort(key=lambda f: (f.start, f.end, f.key))
    facts = stated_facts(read, line, cues, times, tuple(findings), context, figurative, unsupported)
    return Screening(_few_of_a_kind(findings), facts)


def _is_read_in_context(phrase: Finding, findings: Sequence[Finding]) -> bool:
    """ "I faint" is Pidgin and English: where it was read as English, that reading stands."""
    return any(
        phrase.key == finding.key and finding.start < phrase.end and phrase.start < finding.end
        for finding in findings
    )


def _finding(
    text: str,
    candidate: Candidate,
    read: Read,
    layout: Layout,
    cues: Dict[str, List[Hit]],
    context: Context,
    times: Times,
    line: Line,
) -> Finding:
    meaning = context.meaning(candidate)
    start = read.words[candidate.start].start
    end = max(read.words[i].end for i in range(candidate.start, candidate.end))
    assertion = meaning.assertion
    stated = times.in_statement(candidate)
    old = stated is not None and stated.least > THREE_DAYS
    if assertion is Assertion.PRESENT and old and context.told_as_past(candidate):
        # "last week I had hives": long over, unless she says that it goes on.
        assertion = Assertion.RESOLVED
    when = times.of(candidate)
    if assertion is Assertion.RESOLVED and when is None and context.was_long_gone(candidate):
        when = _LONG_GONE
    attributes = attributes_of(candidate, layout, cues, context.negated) | meaning.attributes
    return Finding(
        key=candidate.key,
        start=start,
        end=end,
        text=text[start:end],
        assertion=assertion,
        experiencer=meaning.experiencer,
        attributes=attributes,
        when=when,
        values=count_of(candidate, line),
    )


def _without_idioms(
    candidates: Sequence[Candidate], cues: Dict[str, List[Hit]], read: Read
) -> Tuple[List[Candidate], bool]:
    """Drops what only a figure of speech suggested (Q-06); says whether there was one."""
    idioms = [range(hit.start, hit.end) for hit in cues.get("idiom", ())]
    if not idioms:
        return list(candidates), False
    covered: FrozenSet[int] = frozenset(i for idiom in idioms for i in idiom)
    kept = []
    for candidate in candidates:
        shared = candidate.evidence & covered
        if len(shared) > 1 or (shared and len(shared) * 2 >= len(candidate.evidence)):
            continue
        kept.append(candidate)
    return kept, True


def _ends(candidates: Sequence[Candidate]) -> List[Candidate]:
    """The first and the last few of every row: a text that repeats itself costs no more."""
    rows: Dict[str, List[Candidate]] = defaultdict(list)
    for candidate in candidates:
        rows[candidate.key].append(candidate)
    return [
        candidate
        for row in rows.values()
        for candidate in (
            row if len(row) <= 2 * _MOST_ALIKE else row[:_MOST_ALIKE] + row[-_MOST_ALIKE:]
        )
    ]


def _most_specific(candidates: Sequence[Candidate]) -> List[Candidate]:
    """Leaves out general rows where a more specific one uses the same words."""
    specific = load().more_specific
    words_of: Dict[str, Set[int]] = defaultdict(set)
    for candidate in candidates:
        words_of[candidate.key] |= candidate.evidence
    return [
        candidate
        for candidate in candidates
        if not any(
            candidate.evidence & words_of[other]
            for other in specific.get(candidate.key, ())
            if other in words_of
        )
    ]


def _joined(candidates: Sequence[Candidate]) -> List[Candidate]:
    """One candidate per row and place: the shortest evidence of each, attributes joined."""
    merged: Dict[Tuple[str, int, int], Candidate] = {}
    for candidate in candidates:
        key = (candidate.key, candidate.start, candidate.end)
        known = merged.get(key)
        if known is None:
            merged[key] = candidate
        else:
            merged[key] = Candidate(
                known.key,
                known.start,
                known.end,
                known.evidence | candidate.evidence,
                known.attributes | candidate.attributes,
                known.source,
            )
    return list(merged.values())


def _few_of_a_kind(findings: Sequence[Finding]) -> Tuple[Finding, ...]:
    counts: Dict[Tuple[object, ...], int] = defaultdict(int)
    kept = []
    for finding in findings:
        kind = (finding.key, finding.assertion, finding.experiencer, finding.attributes)
        counts[kind] += 1
        if counts[kind] <= _MOST_ALIKE:
            kept.append(finding)
    return tuple(kept)
