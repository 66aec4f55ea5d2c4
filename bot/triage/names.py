"""The words that the decision table may use, learnt before any condition is read."""

from __future__ import annotations

from typing import Any, Dict

from bot.triage.conditions import (
    Comparison,
    Condition,
    ConditionError,
    parse_comparison,
    parse_condition,
)
from bot.triage.facts import ABOUT_FINDING, SITUATION
from bot.triage.table import TableError
from bot.triage.vocabulary import ATTRIBUTES


class Names:
    """Every attribute, fact, key, sign, rule and question id; conditions are checked with them."""

    def __init__(self) -> None:
        self.words: set = set(ATTRIBUTES) | set(SITUATION) | set(ABOUT_FINDING)
        self.comparisons: Dict[str, Comparison] = {}
        self.ids: set = set()
        self.questions: set = set()

    def collect(self, raw: Dict[str, Any], row_files: Dict[str, Any]) -> None:
        """Learn every key, sign, rule and question id first, so that any file may name them."""
        for name, rows in row_files.items():
            self._unique(name, rows, "key", self.words)
        self._unique("signs.yml", raw["signs"], "sign", self.words)
        self._unique("modifiers.yml", raw["modifiers"], "id", self.words)
        self._unique("questions.yml", raw["questions"], "id", self.questions)
        self.ids = set(self.words) | {rule for part in raw["rules"].values() for rule in part}
        self.ids.update(rule["id"] for rule in raw["criteria"] + raw["combinations"])

    @staticmethod
    def _unique(name: str, rows: Any, label: str, known: set) -> None:
        if not isinstance(rows, list):
            raise TableError(f"{name}: must be a list of rows, each with '{label}'.")
        for position, row in enumerate(rows, start=1):
            identifier = row.get(label) if isinstance(row, dict) else None
            if not isinstance(identifier, str):
                raise TableError(f"{name}, row number {position}: needs a text in '{label}'.")
            if identifier in known:
                raise TableError(f"{name}, row {identifier}, {label}: used twice. Rename one.")
            known.add(identifier)

    def condition(self, at: str, raw: Any) -> Condition:
        """The condition in ``raw``. Raises TableError naming ``at`` and the word nobody has."""
        try:
            condition = parse_condition(raw)
            for word in condition.words():
                comparison = parse_comparison(word)
                if comparison is not None:
                    self.comparisons[word] = comparison
                elif word not in self.words:
                    raise ConditionError(
                        f"unknown word {word!r}. Use an attribute, a fact, a key or a sign"
                    )
        except ConditionError as error:
            raise TableError(f"{at}: {error}.") from error
        return condition
