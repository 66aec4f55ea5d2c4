"""Which words of a message stand under a "no" (triage.md section 9.1).

Works through the words once, from left to right. A negation reaches forward until something ends
it (N-02); two of them make a positive (N-04); "can't breathe" and "not going away" never were
negations (N-03), because the lexicon knows them as phrases of their own.
"""

from __future__ import annotations

from typing import Dict, List, Sequence

from bot.screening.clauses import Layout
from bot.screening.composition import Candidate
from bot.screening.grammar import grammar
from bot.screening.matching import Hit, Read
from bot.screening.normalise import HARD_GAP, SOFT_GAP

_PRONOUNS = grammar("after_an_answering_no")
_FRESH = grammar("negations_that_start_anew")
_VERBS = grammar("ends_a_list")
_LINKS = grammar("links")
_NOW = grammar("verbs_of_now")
_NEWS = grammar("begins_a_report")
_BEGGING = ("help", "stop", "clear", "control", "calm", "ease")
_RELIEVED = grammar("relieved_things")
_REACH = 9
#: What a treatment takes away is named right after it: "knocks out my hives".
_RELIEF_REACH = 5
#: After these, commas go on with the list until something new is told.
_LISTING = ("denies", "denied", "deny", "denying", "neg", "negative")
#: "Isn't my lip bigger??" asks for a yes.
_ASKING_VERBS = ("is", "are", "does", "do")
_ASKED_ABOUT = ("my", "this", "it", "that")


def negated_words(
    read: Read, layout: Layout, cues: Dict[str, List[Hit]], found: Sequence[Candidate]
) -> List[bool]:
    """For every word whether it is negated. ``found`` are the findings: their own words may use up
    a negation ("not breathing right")."""
    words = read.words
    reliefs = [] if any(each.key == "OB-03" for each in found) else _reliefs(words, cues)
    starts = _longest([*cues.get("neg", ()), *reliefs])
    protected = _protected(read, starts, cues, found)
    ends = {hit.start for hit in cues.get("break", ())} | {h.start for h in cues.get("part", ())}
    say = {hit.end for hit in cues.get("say_neg", ())}
    negated = [False] * len(words)
    count = 0
    reach = 0
    listing = False
    index = last = 0
    while index < len(words):
        word = words[index]
        if (
            word.gap >= HARD_GAP
            or (index in ends and index not in starts)
            or (
                word.gap == SOFT_GAP
                and count
                and not (listing and not _tells(words, index))
                and not _list_goes_on(words, index)
            )
            or (index and layout.statement[index] != layout.statement[index - 1])
            or _tells_anew(words, index)
        ):
            count, listing = 0, False
        elif listing:
            reach = _REACH
        if index in say:
            count, reach = 1, _REACH
        hit = starts.get(index)
        if hit and index not in protected and not _is_answer(words, index):
            fresh = (
                words[index].word in _FRESH
                or words[index].gap == SOFT_GAP
                or (hit.label == "relief" and index - last > 1)
            )
            count = 1 if fresh or not count else count + 1
            reach = _RELIEF_REACH if hit.label == "relief" else _REACH
            listing = listing or word.word in _LISTING
            for inside in range(index + 1, hit.end):
                negated[inside] = count % 2 == 1
            index = last = hit.end
            continue
        if count and reach > 0:
            negated[index] = count % 2 == 1
            reach -= 1
        else:
            count = 0
        index += 1
    return negated


def _reliefs(words, cues: Dict[str, List[Hit]]) -> List[Hit]:
    """ "It got rid of my hives": what a treatment takes away is not there, unless a remedy for a
    reaction did it ("the antihistamine cleared up the hives", G-11), and unless she begs for it
    ("stop my throat is closing")."""
    remedies = [hit.start for hit in cues.get("remedy", ())]
    return [
        hit
        for hit in cues.get("relief", ())
        if words[hit.start].word not in _BEGGING
        and not any(r < hit.start for r in remedies)
        and not _stops_a_function(words, hit)
        and not any(word.gap for word in words[hit.start + 1 : hit.end])
    ]


def _stops_a_function(words, hit: Hit) -> bool:
    """ "It stopped my breathing" took nothing bad away, "it stopped my breathing trouble" did."""
    after = [word.word for word in words[hit.end : hit.end + 2]]
    return after[:1] in (["breathing"], ["breath"], ["heart"]) and after[1:] not in (
        [word] for word in _RELIEVED
    )


def _tells(words, index: int) -> bool:
    """Whether an item of "denies SOB, CP, hives" is no item but tells something new."""
    return any(word.word in _NEWS for word in words[index : index + 2])


def _tells_anew(words, index: int) -> bool:
    """ "Don't tell me to wait my throat is closing": "my" and a verb soon after begin anew."""
    if not index or words[index].word != "my" or words[index - 1].word in _LINKS:
        return False
    return any(word.word in _NOW for word in words[index + 2 : index + 4])


def _longest(hits: Sequence[Hit]) -> Dict[int, Hit]:
    longest: Dict[int, Hit] = {}
    for hit in hits:
        if hit.start not in longest or hit.end > longest[hit.start].end:
            longest[hit.start] = hit
    return longest


def _protected(
    read: Read,
    starts: Dict[int, Hit],
    cues: Dict[str, List[Hit]],
    found: Sequence[Candidate],
) -> frozenset:
    """Places where a longer phrase ("not right", "no idea", "no air") uses up the negation word.

    A phrase that is part of no finding uses up nothing: "I don't get hives".
    """
    used = {index for candidate in found for index in candidate.evidence}
    longest: Dict[int, int] = {}
    for hit in read.hits:
        if hit.start not in starts or hit.label == "neg" or hit.label.startswith("attribute "):
            continue
        if hit.label in cues or (hit.start in used and hit.end - 1 in used):
            longest[hit.start] = max(longest.get(hit.start, 0), hit.end)
    return frozenset(
        start for start, end in longest.items() if end > max(starts[start].end, start + 1)
    )


def _is_answer(words, index: int) -> bool:
    """ "No my throat is tight", "no i can't breathe", "isn't my lip bigger??": not a negation."""
    word = words[index]
    following = words[index + 1] if index + 1 < len(words) else None
    if word.word == "no" and following is not None:
        return (
            following.word in _PRONOUNS
            or following.word in ("not", "no")
            or following.gap >= HARD_GAP
        )
    if word.word in _ASKING_VERBS and following is not None and following.word == "not":
        return (
            index + 2 < len(words)
            and words[index + 2].word in _ASKED_ABOUT
            and _opens(words, index)
        )
    if word.word == "not" and index and following is not None:
        return (
            words[index - 1].word in _ASKING_VERBS
            and following.word in _ASKED_ABOUT
            and _opens(words, index - 1)
        )
    return False


def _opens(words, index: int) -> bool:
    return index == 0 or words[index].gap >= SOFT_GAP


def _list_goes_on(words, index: int) -> bool:
    """Whether a comma continues the list under a negation: "no rash, itching or swelling"."""
    item: List[str] = []
    position = index
    while position < len(words) and len(item) < 6:
        word = words[position]
        if position > index and word.gap >= HARD_GAP:
            break
        if position > index and word.gap == SOFT_GAP:
            break
        item.append(word.word)
        position += 1
    if any(word in ("or", "nor") for word in item):
        return not any(word in ("i", "my", "just", "some", "is", "feels") for word in item[:2])
    if len(item) > 2 or any(word in _VERBS for word in item):
        return False
    rest = [w.word for w in words[position : position + 12]]
    gaps = [w.gap for w in words[position : position + 12]]
    for word, gap in zip(rest, gaps, strict=False):
        if gap >= HARD_GAP:
            break
        if word in ("or", "nor"):
            return True
    return words[index].word.endswith(("ing", "ness", "es", "rash", "fever", "pain", "itch"))
