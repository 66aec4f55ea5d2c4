"""Reads the bot's questions from ``tables/questions.yml`` and what their answers mean."""

from __future__ import annotations

from typing import Any, Dict

from bot.triage.fields import check_fields, known_ids, level_named
from bot.triage.names import Names
from bot.triage.table import Meaning, Question, TableError

_QUESTION_KINDS = {"yes_no", "fact", "choice", "number"}
_QUESTION_FIELDS = {
    "id",
    "text",
    "kind",
    "several",
    "counted",
    "buttons",
    "needs",
    "from",
    "if_yes",
    "if_no",
    "if_unanswered",
    "red_flag",
    "choices",
}
_MEANING_FIELDS = {"level", "rules", "finding", "within_hours", "next", "unless", "clear"}


def read_question(entry: Dict[str, Any], names: Names) -> Question:
    """The question of one row, checked. Raises TableError naming the row and the field."""
    at = f"questions.yml, row {entry['id']}"
    check_fields(at, entry, _QUESTION_FIELDS, ("id", "text", "kind"))
    if entry["kind"] not in _QUESTION_KINDS:
        raise TableError(f"{at}, kind: use one of {', '.join(sorted(_QUESTION_KINDS))}.")
    return Question(
        id=entry["id"],
        text=entry["text"],
        kind=entry["kind"],
        several=bool(entry.get("several")),
        counted=entry.get("counted", True),
        buttons=tuple(entry.get("buttons", ())),
        needs=tuple(entry.get("needs", ())),
        minimum=entry.get("from"),
        red_flag=entry.get("red_flag", True),
        yes=_meaning(f"{at}, if_yes", entry.get("if_yes") or {}, names),
        no=_meaning(f"{at}, if_no", entry.get("if_no") or {}, names),
        unanswered=_meaning(f"{at}, if_unanswered", entry.get("if_unanswered") or {}, names),
        choices={
            words: _meaning(f"{at}, choices", meaning, names)
            for words, meaning in (entry.get("choices") or {}).items()
        },
    )


def _meaning(at: str, raw: Dict[str, Any], names: Names) -> Meaning:
    check_fields(at, raw, _MEANING_FIELDS, ())
    following, finding = raw.get("next"), raw.get("finding")
    if following is not None and following not in names.questions:
        raise TableError(f"{at}, next: unknown question {following!r}.")
    if finding is not None and finding not in names.words:
        raise TableError(f"{at}, finding: unknown key {finding!r}.")
    return Meaning(
        level=level_named(at, raw["level"]) if "level" in raw else None,
        rules=known_ids(f"{at}, rules", raw.get("rules"), names.ids),
        finding=finding,
        within_hours=raw.get("within_hours"),
        next=following,
        unless=raw.get("unless"),
    )
