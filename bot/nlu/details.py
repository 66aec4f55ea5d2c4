"""The symptom check: short answers, corrections, and what is still worth asking.

The questions that decide a level are those of triage.md section 8; ``bot.triage.episode`` asks
them. What is asked here comes after them, never more than three questions in all (G-08), and only
below a same-day level: since which injection, how many weeks, how bad, since when, where. A message
may bring several of these facts, none is asked twice, and each may be corrected.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import AbstractSet, Any, Dict, Iterable, List, Mapping, Optional, Sequence, Set, Tuple

from bot.nlu.memory import Memory
from bot.screening import screen
from bot.triage.reader import load_table
from bot.triage.state import EpisodeState
from bot.triage.vocabulary import Assertion, Experiencer, Finding, Level, Screening, StatedFacts

INJECTION, WEEKS, SEVERITY, SINCE, WHERE = "injection", "weeks", "severity", "since", "where"
#: The next injection: never asked for, but noted for the nurse when she says it.
NEXT = "next"
#: Symptoms that may be an effect of the injection, what is worth knowing of each in the order of
#: its worth, and how a patient would say it: a short answer is read together with that sentence.
ASKED_OF: Mapping[str, Tuple[str, ...]] = {
    "IS-01": (INJECTION, SEVERITY, SINCE, WEEKS),
    "IS-02": (INJECTION, SEVERITY, WEEKS),
    "GI-01": (INJECTION, WEEKS, SEVERITY),
    "GI-02": (INJECTION, WEEKS, SEVERITY),
    "GI-05": (INJECTION, WEEKS, SEVERITY),
    "SK-05": (INJECTION, WHERE, SEVERITY),
    "SK-09": (WHERE, SEVERITY, WEEKS),
    "SK-13": (INJECTION, SINCE, SEVERITY),
    "BR-08": (INJECTION, SINCE, SEVERITY),
    "IN-03": (INJECTION, WEEKS, SINCE),
    "NE-01": (INJECTION, WEEKS),
    "NE-13": (INJECTION, SEVERITY, WEEKS),
}
_SAID_AS = {
    "IS-01": "my arm is sore where the needle went in",
    "IS-02": "i have a bruise where the needle went in",
    "GI-01": "i feel a bit sick",
    "GI-02": "i was sick once",
    "GI-05": "i have loose stools",
    "SK-05": "my face was flushed",
    "SK-09": "i have spots like acne",
    "SK-13": "i have a runny nose",
    "BR-08": "i have a cold",
    "IN-03": "i feel hot, it is below 38",
    "NE-01": "i have a headache",
    "NE-13": "i feel shaky",
}
_SEVERITIES = frozenset({"mild", "severe", "worse", "improving"})
_PLACES = frozenset({"at_site", "widespread", "localised", "face", "lips_mouth", "one_side"})
_CORRECTS = re.compile(
    r"\W*(?:no|nope|sorry|oops|actually|wait|not|i mean(?:t)?|correction|wrong|i was wrong|"
    r"my mistake|that(?:'s| is| was) wrong|it was)\b[\s,.;:!-]*",
    re.IGNORECASE,
)
_UNKNOWN = re.compile(
    r"\b(?:don'?t|do not|cannot|can'?t) (?:know|remember|recall)|not sure|no idea|dunno|unsure\b",
    re.I,
)
_WEEK_NUMBER = re.compile(
    r"(?<![\w.])([4-9]|[1-3]\d|4[0-3])(?:\s*\+\s*[0-6])?(?![\d.]|\s*(?:h|min|day|month))"
)
_MOST_WORDS = 12
#: Words a bare answer is made of. The second opinion was trained on whole messages and has none on
#: "2 hours ago" or "getting worse"; what such an answer means, the question before it decides.
_ANSWERS = (
    "a about after ago all almost am and around at back bad been better body by chest day days "
    "did does don dont e earlier evening face few first for friday from getting got had "
    "half has hour hours hr hrs i in injection is it its jab just know last left less little "
    "lot low m mild min mins minute minutes monday month months more morning much my new night "
    "no not now of on one only or over own place pm pregnant pretty quite really right s "
    "saturday shot since small so some started still sunday sure t than that the this three "
    "thursday time to today tuesday two up very was wednesday week weeks went when with worse "
    "yes yesterday "
)
_ANSWER_WORDS = frozenset(_ANSWERS.split())
#: What is left of them when nobody has asked: "i just had my injection" says when, "got worse since
#: my injection" says how she is.
_MOMENT_WORDS = _ANSWER_WORDS - frozenset(
    {"bad", "better", "body", "face", "little", "much", "over", "place", "pretty", "quite", "worse"}
)


@dataclass(frozen=True)
class Heard:
    """A message with what only the conversation around it makes clear.

    ``facts`` names the details it gave, ``corrected`` says that they replace what was said before,
    ``unknown`` that she does not know, ``bare`` that
    the message holds nothing but its answer.
    """

    screening: Screening
    facts: Tuple[str, ...] = ()
    corrected: bool = False
    unknown: bool = False
    bare: bool = False

    @property
    def answers(self) -> bool:
        """Whether the message brought a fact or said that there is none."""
        return bool(self.facts) or self.unknown


def understand(text: str, screening: Screening, memory: Memory, intent: str = "") -> Heard:
    """Return ``screening`` with the facts of a short answer: "2 hours ago", "31", "quite bad".

    ``intent`` is the classifier's: a question of her own is no answer to one of ours.
    What the message says in full always stands; nothing that was found is ever taken away.
    """
    correction = _CORRECTS.match(text)
    rest = text[correction.end() :] if correction else text
    last = memory.check.get("last_fact", "")
    awaited = {memory.check.get("open") or "", *_needs(memory.open_question)}
    if correction:
        awaited.add(last)
    facts, given = screening.facts, []
    short = len(text.split()) <= _MOST_WORDS and not _present(screening.findings)
    if facts.since_injection is None and short and INJECTION in awaited:
        facts = replace(facts, since_injection=_time(rest))
    if facts.weeks_pregnant is None and short and WEEKS in awaited:
        facts = replace(facts, weeks_pregnant=_weeks(rest))
    if facts.since_injection is not None:
        given.append(INJECTION)
    if facts.weeks_pregnant is not None or facts.postpartum:
        given.append(WEEKS)
    if facts.until_next_injection is not None:
        given.append(NEXT)
    heard = replace(screening, facts=facts)
    unknown = short and not given and bool(awaited - {""}) and bool(_UNKNOWN.search(text))
    asked = memory.check.get("open") or ""
    own = intent.startswith("faq_") or given
    if asked in (SEVERITY, SINCE, WHERE) and not unknown and not own:
        heard = with_symptom(text, heard, memory.check["keys"][0])
        given.append(asked)
    elif asked and short and not unknown and not own:
        # She may say how bad it is, or where, while we ask for something else.
        told = with_symptom(text, heard, memory.check["keys"][0])
        said = _said_of(told.findings, memory.check["keys"][0]) & {SEVERITY, WHERE}
        if said:
            heard = told
            given += sorted(said)
    words = re.findall(r"[a-z]+", text.lower())
    awaits = bool(awaited - {""})
    known_words = _ANSWER_WORDS if awaits else _MOMENT_WORDS
    bare = bool(given or unknown) and short and known_words.issuperset(words)
    return Heard(heard, tuple(given), bool(correction and given), unknown, bare)


def with_symptom(text: str, screening: Screening, key: str) -> Screening:
    """Return ``screening`` with what ``text`` adds to the symptom ``key``: "getting worse" alone.

    The answer is read behind the symptom's own sentence, and only what that changes is added.
    """
    said = _SAID_AS.get(key)
    if said is None:
        return screening
    before = {_mark(finding) for finding in screen(said).findings}
    begin = len(said) + 2
    added = []
    for finding in screen(f"{said}, {text}").findings:
        if _mark(finding) in before or any(f.key == finding.key for f in screening.findings):
            continue
        if finding.start >= begin:
            finding = replace(finding, start=finding.start - begin, end=finding.end - begin)
        else:
            finding = replace(finding, start=0, end=len(text), text=text)
        added.append(finding)
    return replace(screening, findings=(*screening.findings, *added))


def corrected(state: Mapping[str, Any], facts: StatedFacts, now: datetime) -> Dict[str, Any]:
    """Return the state of an episode with times and weeks replaced by what she says they were.

    The level that was reached stays (G-03); what follows is judged by the corrected facts.
    """
    before = EpisodeState.from_plain(state)
    if facts.since_injection is not None:
        since = facts.since_injection
        latest = now - timedelta(minutes=since.least)
        earliest = None if since.most is None else now - timedelta(minutes=since.most)
        injection = (earliest.isoformat() if earliest else None, latest.isoformat())
        before = replace(before, injection=injection)
    if facts.weeks_pregnant is not None:
        before = replace(before, weeks_pregnant=facts.weeks_pregnant)
    return before.to_plain()


def symptoms_told(findings: Iterable[Finding]) -> List[str]:
    """Return the keys of the patient's own present symptoms in the order she wrote them."""
    return list(dict.fromkeys(f.key for f in findings if _hers(f)))


def next_check(
    memory: Memory,
    heard: Heard,
    state: Mapping[str, Any],
    level: Optional[Level],
    question: Optional[str],
    known: frozenset,
) -> Dict[str, Any]:
    """Return the symptom check after this message: what to explain, and what to ask next.

    ``known`` are the facts the conversation has (``injection``, ``weeks``); ``question`` is the one
    triage asks, which goes first. ``explain`` says that the advice is due, ``update`` that only its
    part about time and weeks is.
    """
    told = symptoms_told(heard.screening.findings)
    before = dict(memory.check)
    fresh = [key for key in told if key not in before.get("keys", ())]
    keys = told if fresh or not before.get("keys") else before["keys"]
    asked: List[str] = [] if fresh else list(before.get("asked", ()))
    explained = not fresh and bool(before.get("explained"))
    said = set() if fresh else set(before.get("said", ()))
    said |= {name for name in heard.facts if name in (SEVERITY, SINCE, WHERE)}
    said |= _said_of(heard.screening.findings, keys[0]) if keys else set()
    last = heard.facts[-1] if heard.facts else before.get("last_fact", "")
    put_off = before.get("open") or ""
    waiting = question is not None or level is None or level >= Level.URGENT_SAME_DAY
    if fresh or not heard.facts or put_off in heard.facts:
        put_off = ""
    detail = None if waiting else put_off or _next_detail(keys, asked, state, known | said)
    return {
        "keys": keys,
        "said": sorted(said),
        "asked": [*asked, detail] if detail and detail not in asked else asked,
        "open": detail or "",
        "last_fact": last,
        "explain": not waiting and not explained,
        "update": explained and bool({INJECTION, WEEKS} & set(heard.facts)),
        "explained": explained or not waiting,
    }


def _next_detail(
    keys: Sequence[str],
    asked: Sequence[str],
    state: Mapping[str, Any],
    said: AbstractSet[str],
) -> Optional[str]:
    episode, table = EpisodeState.from_plain(state), load_table()
    counted = [name for name in episode.asked if table.questions[name].counted]
    if episode.handed_over or len(counted) + len(asked) >= table.policy["questions"]["most"]:
        return None
    if not keys or keys[0] not in ASKED_OF:
        return None
    wanted = [name for name in ASKED_OF[keys[0]] if name not in said and name not in asked]
    return wanted[0] if wanted else None


def _said_of(findings: Iterable[Finding], key: str) -> Set[str]:
    """Return which details of the symptom ``key`` its findings hold."""
    told = [finding for finding in findings if finding.key == key]
    attributes = {word for finding in told for word in finding.attributes}
    said = {SEVERITY} if attributes & _SEVERITIES else set()
    if attributes & _PLACES:
        said.add(WHERE)
    if any(f.when is not None for f in told) or {"new", "since_injection"} & attributes:
        said.add(SINCE)
    return said


def _needs(question: Optional[str]) -> List[str]:
    names = {"since_injection": INJECTION, "weeks_pregnant": WEEKS}
    entry = load_table().questions.get(question or "")
    return [names[need] for need in entry.needs if need in names] if entry else []


def _time(text: str):  # type: ignore[no-untyped-def]
    """Return the time since the injection that a bare time means, or None."""
    for said in (text, f"{text} ago"):
        since = screen(f"my last b12 injection was {said}").facts.since_injection
        if since is not None:
            return since
    return None


def _weeks(text: str) -> Optional[float]:
    match = _WEEK_NUMBER.search(text)
    return float(match[1]) if match else None


def _present(findings: Iterable[Finding]) -> bool:
    return any(finding.assertion is Assertion.PRESENT for finding in findings)


def _hers(finding: Finding) -> bool:
    row = load_table().rows.get(finding.key)
    return (
        finding.assertion is Assertion.PRESENT
        and finding.experiencer is Experiencer.PATIENT
        and "group" not in finding.attributes
        and row is not None
    )


def _mark(finding: Finding) -> Tuple[Any, ...]:
    return finding.key, finding.assertion, finding.attributes, finding.when
