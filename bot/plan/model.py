"""What a plan holds. Every word in it is hers; only the headings are ours (F-095)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Dict, Mapping, Tuple

#: The parts that are asked for, in this order; each is free text or nothing.
PARTS = ("labs", "schedule", "tests", "own_questions")
#: The longest answer to one part that is kept, in characters.
LONGEST_ANSWER = 600
_MOST_QUESTIONS = 12


@dataclass(frozen=True)
class PlanDate:
    """One day she named: ``kind`` is ``injection`` or ``tests``, the part it was named in."""

    kind: str
    day: date


@dataclass(frozen=True)
class Plan:
    """Her answers. An empty part was skipped or is not known."""

    labs: str = ""
    schedule: str = ""
    tests: str = ""
    questions: Tuple[str, ...] = ()
    #: What she reported in this chat, in the words of the symptom texts.
    symptoms: Tuple[str, ...] = ()
    dates: Tuple[PlanDate, ...] = field(default_factory=tuple)

    def with_answer(self, part: str, text: str) -> Plan:
        """Return the plan with her answer to a part; a question of her own is added to the others.

        Raises ValueError for an unknown part.
        """
        if part not in PARTS:
            raise ValueError(f"part is {part!r}; use one of {', '.join(PARTS)}.")
        text = " ".join(text.split())[:LONGEST_ANSWER]
        if part != "own_questions":
            return Plan.from_plain({**self.to_plain(), part: text})
        if not text or text in self.questions:
            return self
        return replace(self, questions=(*self.questions, text)[-_MOST_QUESTIONS:])

    def with_dates(self, kind: str, days: Tuple[date, ...]) -> Plan:
        """Return the plan with these days in place of the former ones of the kind."""
        kept = tuple(each for each in self.dates if each.kind != kind)
        return replace(self, dates=kept + tuple(PlanDate(kind, day) for day in days))

    @property
    def is_empty(self) -> bool:
        """Whether she has told nothing yet that a clinician could read."""
        return not (self.labs or self.schedule or self.tests or self.questions)

    def to_plain(self) -> Dict[str, Any]:
        """Return the plan as data that JSON can hold."""
        return {
            "labs": self.labs,
            "schedule": self.schedule,
            "tests": self.tests,
            "questions": list(self.questions),
            "symptoms": list(self.symptoms),
            "dates": [{"kind": each.kind, "day": each.day.isoformat()} for each in self.dates],
        }

    @classmethod
    def from_plain(cls, data: Mapping[str, Any]) -> Plan:
        """Return the plan that ``to_plain`` wrote; what is missing is empty."""
        return cls(
            labs=data.get("labs", ""),
            schedule=data.get("schedule", ""),
            tests=data.get("tests", ""),
            questions=tuple(data.get("questions", ())),
            symptoms=tuple(data.get("symptoms", ())),
            dates=tuple(
                PlanDate(each["kind"], date.fromisoformat(each["day"]))
                for each in data.get("dates", ())
            ),
        )
