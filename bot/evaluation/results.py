"""Everything one evaluation of triage measured, as the report needs it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Dict, List, Optional

from bot.evaluation.foreign import ForeignResult
from bot.evaluation.measures import Detection, Triage
from bot.evaluation.statistics import Drop


@dataclass
class TriageEvaluation:
    """Everything measured, and where the report lies. ``triage`` is None for foreign texts only."""

    cases_path: Path
    cases_sha256: str = ""
    triage: Optional[Triage] = None
    rules_only: Optional[Triage] = None
    styles: Dict[str, Triage] = field(default_factory=dict)
    body_systems: Dict[str, Triage] = field(default_factory=dict)
    categories: Dict[str, Triage] = field(default_factory=dict)
    detections: Dict[str, Detection] = field(default_factory=dict)
    thresholds: Dict[float, Detection] = field(default_factory=dict)
    added_hits: int = 0
    added_false_alarms: int = 0
    raised: int = 0
    drops: Dict[str, Drop] = field(default_factory=dict)
    specificity_drops: Dict[str, Drop] = field(default_factory=dict)
    foreign: List[ForeignResult] = field(default_factory=list)
    notes: List[str] = field(default_factory=list)
    report: Optional[Path] = None
