"""Times and durations: "20 min ago", "since last night", "two weeks after my jab".

Section 3 of triage.md says how spoken times count: limits are inclusive and on the safer side, and
a day name alone may be today.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import List, Optional, Tuple

from bot.screening.clauses import Layout
from bot.screening.composition import Candidate
from bot.screening.numbers import Line, every
from bot.triage.vocabulary import Ago

HOUR, DAY, WEEK = 60.0, 1440.0, 10080.0
THREE_DAYS = 3 * DAY
_UNITS = {
    "second": 1 / 60, "minute": 1.0, "hour": HOUR, "hr": HOUR, "h": HOUR, "day": DAY, "week": WEEK,
    "month": 30 * DAY, "year": 365 * DAY, "fortnight": 2 * WEEK, "night": DAY, "wk": WEEK,
    "decade": 3650 * DAY,
    "summer": 365 * DAY,
    "winter": 365 * DAY,
}  # fmt: skip
_UNIT = (
    r"(?P<unit>seconds?|minutes?|hours?|hrs?|h|days?|nights?|weeks?|wks?|fortnights?|"
    r"months?|years?|decades?|summers?|winters?)"
)
_AMOUNT = (
    r"(?:(?P<bound>more than|longer than|(?<!all )over|at least|less than|not even|under|"
    r"up to|within) )?"
    r"(?:between )?(?:(?P<from>\d+(?:\.\d+)?) (?:(?:to|or|and|till|until) )?(?=\d))?"
    r"(?P<half>half (?:an? )?)?(?P<number>\d+(?:\.\d+)?|an?|the|few|a few|several|some|many)?"
    r"(?P<more> and a half)?(?: of)? ?(?:little |good |whole |full )?"
)
#: Most messages name no unit of time; looking for one costs less than looking for a span.
_ANY_UNIT = re.compile(
    r"second|minute|hour|hr|\bh\b|day|night|week|wk|month|year|decade|summer|winter"
)
_AGO = re.compile(rf"\b{_AMOUNT}{_UNIT} (?:or so )?(?:ago|back|earlier|prior|now since)\b")
_AFTER = re.compile(
    rf"\b{_AMOUNT}{_UNIT} (?:or so )?(?:later|after|post|following|from|since|"
    rf"into)\b(?P<rest>[^;,]{{0,24}})"
)
_WITHIN = re.compile(
    rf"\bwithin (?:the )?(?:an? )?{_AMOUNT}{_UNIT}(?: of)?\b(?P<rest>[^;,]{{0,24}})"
)
_NAMED: Tuple[Tuple[str, float, Optional[float]], ...] = (
    (r"the day before yesterday|2 days ago", DAY, 3 * DAY),
    (r"yesterday (?:evening|night|afternoon)|last (?:night|evening)", 4 * HOUR, 18 * HOUR),
    (r"yesterday(?: morning)?|day before", 8 * HOUR, 2 * DAY),
    (r"just now|a moment ago|moments ago|minutes ago|straight away|straight after|"
        r"right after", 0, 30.0),
    (r"(?:earlier )?this (?:morning|am)|this afternoon|this evening|earlier today|"
        r"earlier on", 0, 14 * HOUR),
    (r"tonight", 0, 6 * HOUR),
    (r"today", 0, DAY),
    (r"(?:on |last |this )?(?:mon|tues|wednes|thurs|fri|satur|sun)day", 0, WEEK),
    (r"(?:at |over |since |last |this )?(?:the )?weekend", 0, WEEK),
    (r"last week|the other week|a week ago", 3 * DAY + 1, 2 * WEEK),
    (r"the other day|few days back|days ago", DAY, WEEK),
    (r"last month|the other month", WEEK + 1, 62 * DAY),
    (r"weeks ago", WEEK + 1, 26 * WEEK),
    (r"months ago", 4 * WEEK, 365 * DAY),
    (r"last (?:year|summer|winter|spring|autumn|christmas)", WEEK, 730 * DAY),
    (r"(?:back )?in (?:19\d\d|20[01]\d)", 365 * DAY, None),
    (r"years ago|years back|ages ago|long ago|as a (?:child|kid|teenager)|at school|"
        r"decades ago", 365 * DAY, None),
)  # fmt: skip
_NAMED_PATTERN = re.compile(
    r"\b(?:" + "|".join(f"(?P<n{i}>{p})" for i, (p, _, _) in enumerate(_NAMED)) + r")\b"
)
_INJECTION = re.compile(
    r"\b(?:injections?|injected|shots?|jabs?|jabbed|jag|needle|b12|booster|dose|it went in|"
    r"(?:hydroxo|cyano|methyl)?cobalamin|vaccinated)\b"
)
_BIRTH = re.compile(
    r"\b(?:gave birth|was born|were born|delivered|c section|(?:had|birthed) (?:my|our|the) "
    r"(?:\w+ )?(?:boy|girl|baby|son|daughter|twins|section))[^;]{0,12}$"
)
_DURATION = re.compile(r"\b(?:for|of|lasted|about|lasting)(?: about| over)? $")
_REACTING = re.compile(r"^ ?(?:after|from|with|following|because of|due to|since) ")


@dataclass(frozen=True)
class Mention:
    """A time in the text: minutes before the message, and whether it dates the injection."""

    start: int
    end: int
    ago: Ago
    injection: bool


class Times:
    """The times a message states."""

    def __init__(self, mentions: List[Mention], layout: Layout):
        self._mentions = mentions
        self._layout = layout

    @property
    def since_injection(self) -> Optional[Ago]:
        """Time since the latest injection, the first stated one."""
        for mention in self._mentions:
            if mention.injection:
                return mention.ago
        return None

    def in_statement(self, found: Candidate) -> Optional[Ago]:
        """The time in the same statement as the finding."""
        number = self._layout.statement[found.start]
        for mention in self._mentions:
            apart = number - self._layout.statement[mention.start]
            introduces = (
                apart == 1
                and self._layout.sentence[mention.start] == (self._layout.sentence[found.start])
            )
            if not mention.injection and (apart == 0 or introduces):
                return mention.ago
        return None

    def of(self, found: Candidate) -> Optional[Ago]:
        """When the finding was or began: the nearest time in its sentence but the injection's."""
        sentence = self._layout.sentence[found.start]
        best: Optional[Mention] = None
        for mention in self._mentions:
            if mention.injection or abs(self._layout.sentence[mention.start] - sentence) > 0:
                continue
            if best is None or _gap(mention, found) < _gap(best, found):
                best = mention
        return best.ago if best else None


def _gap(mention: Mention, found: Candidate) -> int:
    return max(mention.start - found.end, found.start - mention.end, 0)


def read_times(line: Line, layout: Layout) -> Times:
    """All times of a message, in text order."""
    mentions: List[Mention] = []
    taken: set = set()

    def keep(words: range, ago: Ago, injection: bool) -> None:
        if taken.isdisjoint(words):
            if not injection and _dates_birth(line, words):
                return
            taken.update(words)
            mentions.append(Mention(words.start, words.stop, ago, injection))

    spans = bool(_ANY_UNIT.search(line.text))
    for match, words in every(_AGO, line) if spans else ():
        ago = _amount(match)
        if ago:
            keep(words, ago, _dates_injection(line.text, match.start(), match.end()))
    for pattern in (_AFTER, _WITHIN) if spans else ():
        for match, words in every(pattern, line):
            ago = _amount(match)
            rest = match["rest"]
            own = bool(_INJECTION.search(rest)) or (pattern is _AFTER and not rest.strip())
            if ago and own and not _DURATION.search(line.text[: match.start()][-12:]):
                keep(words, ago, True)
    for match, words in every(_NAMED_PATTERN, line):
        number = next(i for i in range(len(_NAMED)) if match[f"n{i}"])
        least, most = _NAMED[number][1:]
        injection = _dates_injection(line.text, match.start(), match.end())
        if injection and (least, most) == (4 * HOUR, 18 * HOUR):
            least = 8 * HOUR
        keep(words, Ago(float(least), None if most is None else float(most)), injection)
    mentions.sort(key=lambda mention: mention.start)
    return Times(mentions, layout)


def _amount(match) -> Optional[Ago]:
    """The stated time as its bounds in minutes; "more than a day" starts just above a day."""
    exact = _exact_amount(match)
    if exact is None:
        return None
    bound = match["bound"]
    if bound in ("more than", "longer than", "over"):
        return Ago(exact.least + 1, None)
    if bound == "at least":
        return Ago(exact.least, None)
    if bound:
        return Ago(0.0, exact.most)
    if match["from"] and match["number"] and match["number"][0].isdigit():
        share = float(match["from"]) / float(match["number"]) if float(match["number"]) else 1.0
        if share < 1:
            return Ago(exact.least * share, exact.most)
    return exact


def _exact_amount(match) -> Optional[Ago]:
    unit = match["unit"].rstrip("s") if match["unit"] not in ("hrs",) else "hr"
    minutes = _UNITS.get(unit)
    if minutes is None:
        return None
    said = (match["number"] or "").strip()
    if match["half"]:
        return Ago(minutes / 2, minutes / 2)
    if not said:
        return None
    if said in ("few", "a few", "some"):
        return Ago(2 * minutes, 5 * minutes)
    if said in ("several", "many"):
        return Ago(3 * minutes, 10 * minutes)
    number = 1.0 if not said[0].isdigit() else float(said)
    if match["more"]:
        number += 0.5
    if unit == "month":
        return Ago(number * 28 * DAY, number * 31 * DAY)
    if unit == "year":
        year = number * 365 * DAY
        return Ago(year, year)
    return Ago(number * minutes, number * minutes)


def _dates_birth(line: Line, words: range) -> bool:
    """ "Had my little boy 9 days ago" dates the birth and no symptom."""
    return bool(_BIRTH.search(line.before(words.start)))


def _dates_injection(text: str, start: int, end: int) -> bool:
    """Whether a time says when the injection was: "jab 20 min ago", "yesterday's injection"."""
    after = re.split("[;,]", text[end : end + 30])[0]
    following = _INJECTION.search(after)
    longest = 4 if after.startswith((" i had", " i got")) else 3
    if (
        following
        and not _REACTING.match(after)
        and after[: following.start()].count(" ") <= longest
    ):
        between = after[: following.start()]
        if not re.search(r"\b(?:after|from|since|with|my lips|i had hives)\b", between):
            return True
    before = text[max(0, start - 45) : start].split(";")[-1]
    earlier = [match.end() for match in _INJECTION.finditer(before)]
    if not earlier:
        return False
    between = before[earlier[-1] :]
    return between.count(" ") <= 6 and not re.search(
        r"\b(?:gave|made|caused|swelled|swollen|hives|fainted|started|came|but|and i|then|gone)\b",
        between,
    )
