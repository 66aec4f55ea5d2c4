"""Measured values: temperature, blood pressure, oxygen and heart rate."""

from __future__ import annotations

import re
from typing import Dict, List, Optional

from bot.screening.clauses import Layout
from bot.screening.composition import Candidate
from bot.screening.context import Context
from bot.screening.matching import Read
from bot.screening.numbers import Line, every
from bot.triage.vocabulary import Finding

_PRESSURE = re.compile(
    r"\b(?P<word>bp|blood pressure|pressure|monitor|machine|cuff|readings?|reads|systolic)\b"
    r"(?P<between>[^;0-9]{0,40}?)(?P<high>\d{2,3})(?:\.0)? ?(?:,|over|on|by|and)? ?"
    r"(?P<low>\d{2,3})?\b(?! weeks| percent| c\b| f\b| degrees)"
)
_PAIR = re.compile(
    r"\b(?P<high>[789]\d|1\d\d|2[0-4]\d) ?(?:, |over |on )(?P<low>[3-9]\d|1[0-5]\d)\b"
)
_LOW_WORDS = re.compile(
    r"\b(?:top number|systolic|bp|blood pressure)[^;]{0,20}?(?:under|below) (\d{2})\b"
)
_TEMPERATURE = re.compile(
    r"\b(?:temp|temperature|fever|thermometer|feverish|febrile)\b[^;0-9]{0,40}?"
    r"(?P<value>\d{2,3}(?:\.\d{1,2})?)\b(?! weeks| days| hours| minutes| over| , )"
)
_DEGREES = re.compile(
    r"\b(?P<value>\d{2,3}(?:\.\d{1,2})?) (?:degrees? ?)?(?P<unit>c|f|celsius|fahrenheit|"
    r"degrees|temp|fever)\b"
)
_OXYGEN = re.compile(
    r"\b(?:spo2|sats?|oxygen|oximeter|o2|saturation|oxymeter)\b[^;0-9]{0,30}?(?P<value>\d{2,3})\b"
)
_HEART = re.compile(
    r"\b(?:hr|heart rate|heart|pulse|watch|fitbit|bpm|"
    r"garmin|heartbeat)\b[^;0-9]{0,45}?(?P<value>\d{2,3})\b"
    r"(?! minutes| hours| seconds| days| weeks| ,| over| times)"
)
_BPM = re.compile(r"\b(?P<value>\d{2,3}) ?(?:bpm|beats (?:a|per) minute)\b")
_TO = re.compile(r" (?:down )?to (?:about |around )?(?P<value>\d{2,3})\b")
_HIGH_SYSTOLIC, _HIGH_DIASTOLIC, _LOW_SYSTOLIC = 140, 90, 90
_FEVER = 38.0
_LOW_OXYGEN = 95
_FAST_HEART = 110


def measured(text: str, read: Read, line: Line, layout: Layout, context: Context) -> List[Finding]:
    """Findings from numbers: OB-09, CI-08 (mmHg), IN-01, IN-03 (Celsius), BR-01 (%), CI-04."""
    if not any(c.isdigit() for c in line.text):
        return []
    found: Dict[str, Candidate] = {}
    values: Dict[str, Dict[str, float]] = {}

    def keep(key: str, words: range, numbers: Dict[str, float]) -> None:
        if key not in found:
            evidence = frozenset(words)
            found[key] = Candidate(
                key, words.start, words.stop, evidence, frozenset(), "measurement"
            )
            values[key] = numbers

    for pattern in (_PRESSURE, _PAIR):
        for match, words in every(pattern, line):
            _pressure(match, words, keep, _later(match, "high", line))
    for match, words in every(_LOW_WORDS, line):
        keep("CI-08", words, {"systolic": float(match[1]) - 1})
    for pattern in (_TEMPERATURE, _DEGREES):
        for match, words in every(pattern, line):
            _temperature(match, words, keep)
    for match, words in every(_OXYGEN, line):
        if 50 <= float(match["value"]) < _LOW_OXYGEN:
            keep("BR-01", words, {"spo2": float(match["value"])})
    for pattern in (_HEART, _BPM):
        for match, words in every(pattern, line):
            rate = _later(match, "value", line) or float(match["value"])
            if _FAST_HEART <= rate <= 260:
                keep("CI-04", words, {"heart_rate": rate})
    return [_finding(text, read, c, values[key], context) for key, c in found.items()]


def _later(match, group: str, line: Line) -> Optional[float]:
    """ "From 170 to 125": the second of two numbers, which is the one that holds now."""
    if not line.text[: match.start(group)].endswith("from "):
        return None
    second = _TO.match(line.text, match.end(group))
    return float(second["value"]) if second else None


def _pressure(match, words, keep, later: Optional[float]) -> None:
    high = later or float(match["high"])
    low = float(match["low"]) if match["low"] and later is None else None
    if not 50 <= high <= 260 or (low is not None and not 25 <= low < high):
        return
    numbers = {"systolic": high}
    if low is not None:
        numbers["diastolic"] = low
    if high >= _HIGH_SYSTOLIC or (low is not None and low >= _HIGH_DIASTOLIC):
        keep("OB-09", words, numbers)
    elif high < _LOW_SYSTOLIC:
        keep("CI-08", words, numbers)


def _temperature(match, words, keep) -> None:
    value = float(match["value"])
    unit = match.groupdict().get("unit") or ""
    if 93 <= value <= 110 and unit not in ("c", "celsius"):
        celsius = round((value - 32) / 1.8, 2)
    elif 34 <= value <= 43 and unit not in ("f", "fahrenheit"):
        celsius = value
    else:
        return
    keep("IN-01" if celsius >= _FEVER else "IN-03", words, {"celsius": celsius})


def _finding(text, read, candidate, values, context) -> Finding:
    start = read.words[candidate.start].start
    end = max(read.words[i].end for i in range(candidate.start, candidate.end))
    meaning = context.meaning(candidate)
    return Finding(
        key=candidate.key,
        start=start,
        end=end,
        text=text[start:end],
        assertion=meaning.assertion,
        experiencer=meaning.experiencer,
        attributes=meaning.attributes,
        values=values,
    )
