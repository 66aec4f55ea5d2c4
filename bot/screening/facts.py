"""What a message says about the circumstances: injection times, weeks, nothing else, a question."""

from __future__ import annotations

import re
from typing import Dict, List, Optional, Sequence

from bot.screening.context import Context
from bot.screening.grammar import grammar
from bot.screening.matching import Hit, Read
from bot.screening.numbers import Line
from bot.screening.times import DAY, HOUR, WEEK, Times
from bot.triage.vocabulary import Ago, Assertion, Finding, StatedFacts

_SHOT = r"(?:b12 )?(?:injections?|shots?|jabs?|needle|dose|one|appointment|b12|it)"
_WEEKS = re.compile(
    r"(?<!for )(?<!in )(?<!every )(?<!last )(?<!past )(?<!next )(?<!within )(?<!after )"
    r"(?<!for about )(?<!for the last )(?<!since )(?<!another )(?<!for over )(?<!over )(?<!took )"
    r"(?<!had )(?<!lasted )"
    r"\b(?P<weeks>[4-9]|[1-3]\d|4[0-3]) ?(?:and|,)? ?(?:(?P<days>[0-6]) )?(?:weeks?|wks?|w|"
    r"weeker)\b"
    r"(?: (?P<extra>[0-6]) ?(?:d|days?|the))?(?! ?(?:ago|after|old|post|later|of |since|back|apart|"
    r"straight|"
    r"postpartum|in a row|from|until|till|left|to go|course|postnatal|long|now and|and then|"
    r"prior|earlier))"
)
_NOT_YET_REACHED = re.compile(r"\b(?:less than|under|below|not even|not quite|not yet|before) $")
_MONTHS = re.compile(r"\b(?P<months>[1-9]) (?:and a half )?months? (?:pregnant|along|gone|preg)\b")
_TRIMESTER = re.compile(
    r"(?:\bi am in (?:my|the) |^(?:in my )?|now in (?:my|the) |, )(?P<which>first|second|third|"
    r"1st|2nd|3rd|last) "
    r"trimester\b(?! i (?:was|had))"
)
_TRIMESTERS = {"first": 10.0, "1st": 10.0, "second": 20.0, "2nd": 20.0}
_POSTPARTUM = re.compile(
    r"\b(?:postpartum|postnatal|gave birth|after (?:the )?birth|after giving birth|had my baby|"
    r"had the baby|"
    r"(?:days|weeks|months) pp|after delivery|since the birth|since giving birth|had a c section|"
    r"breast ?feeding|my (?:newborn|new baby)|delivered my baby|delivered (?:\d+|last|"
    r"yesterday))\b"
)
_NOT_PREGNANT = re.compile(
    r"\b(?:i am not pregnant|not pregnant|no longer pregnant|i am a man|37 year old male|"
    r"year old male)\b"
)
_NOTHING_ELSE = re.compile(
    r"\b(?:nothing else|no other (?:symptoms?|problems?|signs?|issues?|complaints?)|"
    r"otherwise (?:i am |i feel |all |"
    r"feel )?(?:fine|well|ok|good|great|normal)|no symptoms(?: at all)?|"
    r"feel (?:absolutely |perfectly |completely |totally )?(?:normal|fine|well)\b|"
    r"no other|(?:fine|ok|well) otherwise|"
    r"apart from that (?:i am |i feel |all )?(?:fine|ok|good|well)|that is all|"
    r"everything else (?:is )?(?:fine|ok|"
    r"normal|good)|not any other symptoms?)\b"
)
_NOT_YET = re.compile(
    rf"\b(?:have not (?:had|got|started) (?:my |the |any |a )?(?:first )?{_SHOT}|"
    rf"not had (?:my |the |any |an? )?(?:first )?"
    rf"{_SHOT}|before my first {_SHOT}|not since an? {_SHOT}|not (?:started|"
    rf"begun) (?:the )?{_SHOT}|"
    rf"waiting for my first {_SHOT}|never had (?:a |an |the )?b12 {_SHOT}|not (?:due|"
    rf"having) (?:my )?{_SHOT} yet|"
    rf"not been given (?:my |the )?{_SHOT}|{_SHOT} not given)\b"
)
#: "Just" is a matter of minutes; half an hour is the end that still counts as just.
_JUST_HAD = re.compile(
    rf"\bjust (?:now )?(?:had|got|gotten|took|received|been given|been for|finished|came from|"
    rf"come from|back from|came back from) (?:(?:my|the|a|an|another|b12|first|second|third|next|"
    rf"weekly|monthly) )*"
    rf"{_SHOT}\b(?! (?:appointment|schedule|letter))"
)
_JUST = Ago(0.0, 30.0)
_NONE_FOR = re.compile(
    rf"\b(?:no|not had (?:any|an?)|without|have not had (?:any|an?)) (?:more |"
    rf"b12 )*{_SHOT} (?:for|in|this|since) "
    r"(?:about |over |nearly |the last |at least |more than )?(?P<length>half a year|"
    r"half an? year|an? \w+|\w+ \w+|month|week|year)\b"
)
_NEXT = re.compile(
    rf"\b(?:next|upcoming|following|due|{_SHOT} is|{_SHOT} due|have my {_SHOT}|"
    rf"having my {_SHOT}|get my {_SHOT}|"
    rf"getting my {_SHOT})\b[^;]{{0,30}}?\b(?P<when>tomorrow|tonight|later today|today|"
    rf"next week|next month|"
    r"in (?:about )?(?:an? |the )?(?:few |couple of )?(?P<count>\d+|an?|few)? ?(?P<unit>hours?|"
    r"days?|weeks?|months?|fortnight)|"
    r"(?:on |this |next )?(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b"
)
_AHEAD = {"hour": HOUR, "day": DAY, "week": WEEK, "fortnight": 2 * WEEK}
_LENGTHS = {"half a year": 180 * DAY, "month": 21 * DAY, "week": 5 * DAY, "year": 365 * DAY}
_UNREADABLE = re.compile(
    r"^[;, ]*(?:(?:is|are|was) (?:this|that|these|it) (?:normal|ok|bad|serious|safe|bad news|"
    r"fine)|photo|image|"
    r"picture|attachment|voice message|video|normal|this|look)?(?: photo| picture| image|"
    r" attachment| look)*[;,? ]*$"
)
_KEYBOARD = re.compile(
    r"(?:asdf|sdfg|dfgh|fghj|ghjk|hjkl|qwer|wert|zxcv|xcvb|[bcdfghjklmnpqrstvwxz]{5})"
)
_SMALL_TALK = re.compile(
    r"\b(?:thank you|thanks|thank u|so kind|great service|lovely|well done|hello|hi|hey|"
    r"good morning|good evening|"
    r"bye|goodbye|cheers|amazing|brilliant|love this|you are the best|appreciate)\b"
)
_TOLD = (Assertion.PRESENT, Assertion.RESOLVED, Assertion.HISTORICAL)


def stated_facts(
    read: Read,
    line: Line,
    cues: Dict[str, List[Hit]],
    times: Times,
    findings: Sequence[Finding],
    context: Context,
    figurative: bool,
    unsupported: Optional[str],
) -> StatedFacts:
    """The circumstances a message states; what it does not say stays None or False. Minutes."""
    text = line.text[:20_000]
    told = [f for f in findings if f.assertion in _TOLD]
    since, given = _injection(text, times)
    asks = _asks(read, text)
    return StatedFacts(
        since_injection=since,
        injection_given=given,
        until_next_injection=_until_next(text),
        weeks_pregnant=_weeks(text),
        postpartum=bool(_POSTPARTUM.search(text)),
        not_pregnant=bool(_NOT_PREGNANT.search(text)),
        nothing_else=bool(_NOTHING_ELSE.search(text)),
        general_question=context.general_question or (asks and not told),
        figurative=(figurative or (bool(_SMALL_TALK.search(text)) and not asks)) and not told,
        unsupported_language=unsupported,
        readable=bool(findings) or unsupported is not None or _readable(read, text),
    )


def _injection(text: str, times: Times):
    if _NOT_YET.search(text):
        return None, False
    match = _NONE_FOR.search(text)
    if match:
        return Ago(_length(match["length"]), None), None
    if times.since_injection is None and _JUST_HAD.search(text):
        return _JUST, None
    return times.since_injection, None


def _length(said: str) -> float:
    if said in _LENGTHS:
        return _LENGTHS[said]
    match = re.match(
        r"(\d+|an?|the|few|half) ?(day|week|month|year|hour|fortnight|a year|an? year)", said
    )
    if not match:
        return WEEK
    number = float(match[1]) if match[1].isdigit() else (3.0 if match[1] == "few" else 1.0)
    unit = {"month": 30 * DAY, "year": 365 * DAY}.get(match[2], _AHEAD.get(match[2], 180 * DAY))
    return number * unit


def _until_next(text: str) -> Optional[Ago]:
    match = _NEXT.search(text)
    if not match:
        return None
    when = match["when"]
    if when == "tomorrow":
        return Ago(8 * HOUR, 36 * HOUR)
    if when in ("today", "tonight", "later today"):
        return Ago(0.0, DAY)
    if when == "next week":
        return Ago(DAY, 2 * WEEK)
    if when == "next month":
        return Ago(DAY, 62 * DAY)
    if when.endswith("day") and not match["unit"]:
        return Ago(0.0, WEEK)
    number = match["count"] or "a"
    unit = (match["unit"] or "").rstrip("s")
    if "few" in when or number == "few":
        return Ago(2 * _AHEAD.get(unit, 30 * DAY), 5 * _AHEAD.get(unit, 30 * DAY))
    amount = float(number) if number.isdigit() else 1.0
    if unit == "month":
        return Ago(amount * 28 * DAY, amount * 31 * DAY)
    return Ago(amount * _AHEAD[unit], amount * _AHEAD[unit])


def _weeks(text: str) -> Optional[float]:
    match = _MONTHS.search(text)
    if match:
        return round(float(match["months"]) * 4.35, 1)
    for match in _WEEKS.finditer(text):
        days = match["days"] or match["extra"]
        weeks = float(match["weeks"]) + (float(days) / 7 if days else 0.0)
        return weeks - 0.1 if _NOT_YET_REACHED.search(text[: match.start()][-20:]) else weeks
    match = _TRIMESTER.search(text)
    if match:
        return _TRIMESTERS.get(match["which"], 30.0)
    return None


def _asks(read: Read, text: str) -> bool:
    words = read.words
    if not words:
        return False
    return words[-1].word == "?" or words[0].word in grammar("question_words") or "?" in text


def _readable(read: Read, text: str) -> bool:
    """False for nonsense, a lone picture or emoji, and a bare "is this normal?" (U-01)."""
    if _UNREADABLE.match(text):
        return False
    words = [w.word for w in read.words if w.word.isalpha()]
    if not words:
        return any(w.word[0].isdigit() for w in read.words)
    return not (
        len(words) <= 3 and all(_KEYBOARD.search(word) or len(set(word)) == 1 for word in words)
    )
