"""What is counted about one message while it is handled, from the channel to the policy and back.

The guard of the channel begins a turn, the screen says what it found, and the guard ends it.
"""

from __future__ import annotations

import logging
import time
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Iterable, Optional, Tuple

from bot.observability import metrics

logger = logging.getLogger(__name__)

#: Intents that say that the classifier did not understand.
FALLBACK_INTENTS = ("nlu_fallback", "not_understood_again", "unsure")


@dataclass
class TurnFigures:
    """One message: where it came in and what became of it. Holds no words."""

    channel: str
    began: float = field(default_factory=time.monotonic)
    level: str = "unscreened"
    intent: str = "none"
    findings: Tuple[str, ...] = ()


_turn: ContextVar[Optional[TurnFigures]] = ContextVar("turn", default=None)


def begin(channel: str) -> TurnFigures:
    """Begin to count a message; tasks that are started from here on see the same figures."""
    figures = TurnFigures(channel)
    _turn.set(figures)
    metrics.IN_PROGRESS.inc()
    return figures


def screened(level: Optional[str], intent: str, findings: Iterable[str]) -> None:
    """Note what the screen decided about the message that is being handled, if one is."""
    figures = _turn.get()
    if figures is not None:
        figures.level, figures.intent = level or "NONE", intent
        figures.findings = tuple(sorted(set(findings)))


def end(figures: TurnFigures, outcome: str) -> None:
    """Count a message that was answered (``answered``), or how it was not by the engine."""
    seconds = time.monotonic() - figures.began
    metrics.IN_PROGRESS.dec()
    metrics.MESSAGES.labels(figures.channel, figures.level, outcome).inc()
    metrics.MESSAGE_SECONDS.labels(figures.channel, figures.level).observe(seconds)
    metrics.INTENTS.labels(figures.intent).inc()
    if figures.intent in FALLBACK_INTENTS:
        metrics.FALLBACKS.labels(figures.channel).inc()
    for key in figures.findings:
        metrics.FINDINGS.labels(key).inc()
    logger.info(
        "message %s",
        outcome,
        extra={
            "figures": {
                "channel": figures.channel,
                "triage_level": figures.level,
                "intent": figures.intent,
                "seconds": round(seconds, 3),
            }
        },
    )
