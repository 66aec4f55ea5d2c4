"""Days in what she writes: "14 March", "03/14/2027", "next Tuesday", "in 3 months"."""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta
from typing import Callable, List, Optional, Tuple

_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_name) if name}
_MONTHS.update({name.lower(): number for number, name in enumerate(calendar.month_abbr) if name})
_MONTHS["sept"] = 9
_DAYS = {name.lower(): number for number, name in enumerate(calendar.day_name)}
_DAYS.update({name.lower(): number for number, name in enumerate(calendar.day_abbr)})
_DAYS.update({"tues": 1, "weds": 2, "thur": 3, "thurs": 3})
_SMALL = {
    **{"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8},
    **{"nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "a": 1, "an": 1},
}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DAY = "|".join(sorted(_DAYS, key=len, reverse=True))
_YEAR = r"(?:,?\s+(?P<year>20\d\d))?"
#: A plan reaches this far ahead; a day further off is a slip of the keys.
_FURTHEST = timedelta(days=3 * 366)


def days_in(text: str, *, today: date, month_first: bool = False) -> Tuple[date, ...]:
    """Return the days from ``today`` on that the text names, in the order of the text.

    ``month_first`` reads 3/4 as 4 March, as in the United States. A day without a year is the next
    one of that name. What is no day of the calendar, such as 31/2, is left out.
    """
    found: List[Tuple[int, Optional[date]]] = []
    taken: List[Tuple[int, int]] = []
    for pattern, read in _FORMS:
        for match in pattern.finditer(text):
            if any(match.start() < end and begin < match.end() for begin, end in taken):
                continue
            taken.append(match.span())
            found.append((match.start(), read(match, today, month_first)))
    days = [day for _, day in sorted(found, key=lambda item: item[0]) if day is not None]
    ahead = [day for day in days if today <= day <= today + _FURTHEST]
    return tuple(dict.fromkeys(ahead))


def _iso(match: re.Match, today: date, month_first: bool) -> Optional[date]:
    return _day(int(match["y"]), int(match["m"]), int(match["d"]))


def _numbers(match: re.Match, today: date, month_first: bool) -> Optional[date]:
    first, second = int(match["a"]), int(match["b"])
    day, month = (second, first) if month_first and first <= 12 else (first, second)
    if month > 12:
        day, month = month, day
    year = match["y"]
    if year:
        return _day(int(year) + (2000 if len(year) == 2 else 0), month, day)
    return _next(month, day, today)


def _named(match: re.Match, today: date, month_first: bool) -> Optional[date]:
    month, day = _MONTHS[match["month"].lower()], int(match["day"])
    return _day(int(match["year"]), month, day) if match["year"] else _next(month, day, today)


def _weekday(match: re.Match, today: date, month_first: bool) -> Optional[date]:
    ahead = (_DAYS[match["weekday"].lower()] - today.weekday()) % 7 or 7
    # "Next Tuesday" said on a Monday is eight days away for some; the nearer one is asked about.
    return today + timedelta(days=ahead)


def _ahead(match: re.Match, today: date, month_first: bool) -> Optional[date]:
    count = match["count"].lower()
    number = int(count) if count.isdigit() else _SMALL.get(count)
    if number is None or number > 1000:
        return None
    unit = match["unit"].lower()
    if unit.startswith("month"):
        return add_months(today, number)
    return today + timedelta(days=number * (7 if unit.startswith("week") else 1))


def _tomorrow(match: re.Match, today: date, month_first: bool) -> Optional[date]:
    return today + timedelta(days=1)


def add_months(day: date, months: int) -> date:
    """Return the same day ``months`` later, or the last day of a shorter month."""
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def _next(month: int, day: int, today: date) -> Optional[date]:
    for year in range(today.year, today.year + 5):
        found = _day(year, month, day)
        if found is not None and found >= today:
            return found
    return None


def _day(year: int, month: int, day: int) -> Optional[date]:
    try:
        return date(year, month, day)
    except ValueError:
        return None


_Read = Callable[[re.Match, date, bool], Optional[date]]
_FORMS: Tuple[Tuple[re.Pattern, _Read], ...] = tuple(
    (re.compile(form, re.IGNORECASE), read)
    for form, read in (
        (r"(?<!\d)(?P<y>20\d\d)-(?P<m>\d{1,2})-(?P<d>\d{1,2})(?!\d)", _iso),
        (
            r"(?<![\d/.])(?P<a>\d{1,2})(?P<s>[/.-])(?P<b>\d{1,2})(?:(?P=s)(?P<y>20\d\d|\d\d))?"
            r"(?![\d/]|\s*(?:mg|mcg|ug|pg|ng|pmol|nmol|%|weeks?|hours?|am|pm|tab\w*|pills?|dose))",
            _numbers,
        ),
        (
            rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<month>{_MONTH})\b\.?{_YEAR}",
            _named,
        ),
        (rf"\b(?P<month>{_MONTH})\b\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b{_YEAR}", _named),
        (rf"\b(?:on|next|this|coming)\s+(?P<weekday>{_DAY})\b", _weekday),
        (
            r"\bin\s+(?:about\s+|around\s+)?"
            rf"(?P<count>\d{{1,3}}|{'|'.join(_SMALL)})\s+(?P<unit>days?|weeks?|months?)\b",
            _ahead,
        ),
        (r"\btomorrow\b", _tomorrow),
    )
)
