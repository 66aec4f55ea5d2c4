"""What the API takes and gives, as its description shows it."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Type

from pydantic import BaseModel, Extra, Field, validator

from bot.care.episodes import OUTCOMES
from bot.care.handling import LONGEST_REASON

#: An id as every link and answer gives it.
ALERT_ID = "^[0-9a-f]{32}$"
#: One line with something to read in it. PostgreSQL keeps no NUL, a log no line break.
_LINE = r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f\s][^\x00-\x1f\x7f]*$"
_TEXT = r"^[^\x00]*[^\x00-\x20\x7f\s][^\x00]*$"


class FindingBody(BaseModel):
    """Something that her words say, and where."""

    key: str = Field(description="Row of the triage policy, such as BR-02")
    assertion: str = Field(description="present, negated, hypothetical, historical or resolved")
    experiencer: str = Field(description="patient or other")
    text: str
    start: int = Field(description="Character offset into the text of the alert")
    end: int


class AlertBody(BaseModel):
    """An alert with the message and the assessment that set its level."""

    id: str
    level: str = Field(description="EMERGENCY_NOW, URGENT_SAME_DAY, ROUTINE or SELF_CARE")
    subtype: Optional[str]
    summary: str
    rules: List[str]
    findings: List[FindingBody]
    text: str
    conversation_id: str
    channel: str
    created_at: str = Field(description="UTC, ISO 8601")
    acknowledged_by: Optional[str]
    acknowledged_at: Optional[str]
    assigned_to: Optional[str]
    closed_by: Optional[str]
    closed_at: Optional[str]
    outcome: Optional[str]
    recovered: bool = Field(description="Found by the sweeper, not reported by an action")

    class Config:
        """Pydantic 1 does not say by itself that an optional value is there and may be null."""

        @staticmethod
        def schema_extra(schema: Dict[str, Any], model: Type[AlertBody]) -> None:
            """Let the description name null among the types."""
            for name, field in model.__fields__.items():
                if field.allow_none:
                    described = schema["properties"][name]
                    described["type"] = [described["type"], "null"]
            schema["required"] = list(model.__fields__)


class NurseBody(BaseModel):
    """Who does it. The name of the token is added, because the API cannot know a person."""

    nurse: str = Field(min_length=1, max_length=40, regex=_LINE)

    class Config:
        """A misspelt field is an error, not silence."""

        extra = Extra.forbid

    @validator("*")
    def _can_be_stored(cls, value: object) -> object:
        if isinstance(value, str):
            # JSON can carry half of a character; no database keeps it.
            try:
                value.encode("utf-8")
            except UnicodeEncodeError:
                raise ValueError("must be valid Unicode") from None
        return value


class ResolveBody(NurseBody):
    """Who ends it, how it turned out, and why."""

    outcome: str = Field(regex=f"^({'|'.join(OUTCOMES)})$", description=", ".join(OUTCOMES))
    reason: str = Field(min_length=1, max_length=LONGEST_REASON, regex=_TEXT)


class Problem(BaseModel):
    """Why a request was refused."""

    detail: str
