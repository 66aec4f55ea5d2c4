"""The insight page and its figures as CSV, for leads and auditors."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta, timezone
from typing import Any, Dict, List, Mapping, Optional
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from bot.care import audit, database
from bot.care.clock import now
from bot.care.escalation import load_escalation
from bot.desk import access, charts, insight, view
from bot.desk.roles import Permission
from bot.desk.site import Site
from bot.triage.vocabulary import Level

#: Periods that can be chosen: days, or None for everything.
PERIODS: Mapping[str, Optional[int]] = {"7": 7, "30": 30, "90": 90, "all": None}
COLUMNS = (
    *("alert", "patient", "channel", "level", "kind", "raised_at", "acknowledged_at"),
    *("acknowledged_by", "seconds_to_acknowledge", "resolved_at", "resolved_by"),
    *("seconds_to_resolve", "outcome", "ladder_steps", "recovered"),
)


def add_routes(router: APIRouter, site: Site) -> None:
    """Add the insight page and its export."""
    settings = site.settings
    may_see = Depends(site.allowed(Permission.SEE_INSIGHT))
    may_export = Depends(site.allowed(Permission.EXPORT))

    @router.get("/insight")
    def insight_page(request: Request, days: str = "30", nurse: access.Nurse = may_see) -> Response:
        since = _since(days)
        with database.reading(settings) as session:
            found = insight.records(session, since)
            steps = insight.tiers(session, since)
        zone = load_escalation(settings.escalation).ladders[Level.EMERGENCY_NOW].time_zone
        values = _values(found, zone)
        return site.page(
            request,
            "insight.html",
            nurse,
            days=days if days in PERIODS else "30",
            tiers=steps,
            **values,
        )

    @router.get("/insight.csv")
    def export(request: Request, days: str = "30", nurse: access.Nurse = may_export) -> Response:
        with database.transaction(settings) as session:
            audit.record(session, actor=nurse.name, action="figures exported", days=days[:8])
        with database.reading(settings) as session:
            found = insight.records(session, _since(days))
        return Response(
            as_csv(found),
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="alerts.csv"'},
        )


def as_csv(found: List[insight.Record]) -> str:
    """Return the records as CSV: no words of patients; times in UTC."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for record in found:
        row = (
            *(record.alert_id, record.patient, record.channel, record.level.name),
            *(record.subtype, record.created_at, record.acknowledged_at),
            *(record.acknowledged_by, record.seconds_to_acknowledge, record.resolved_at),
            *(record.resolved_by, record.seconds_to_resolve, record.outcome),
            *(record.people_told, record.recovered),
        )
        writer.writerow([_cell(value) for value in row])
    return out.getvalue()


def _cell(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc).isoformat(timespec="seconds")
    if isinstance(value, float):
        return f"{value:.1f}"
    text = "" if value is None else str(value)
    # A spreadsheet would run what begins like a formula; a name may begin like one.
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _since(days: str) -> Optional[datetime]:
    chosen = PERIODS.get(days, 30)
    return None if chosen is None else now() - timedelta(days=chosen)


def _values(found: List[insight.Record], zone: str) -> Dict[str, Any]:
    to_acknowledge = insight.by_level(found, "seconds_to_acknowledge")
    to_resolve = insight.by_level(found, "seconds_to_resolve")
    waiting = sum(1 for each in found if not each.acknowledged_at and not each.resolved_at)
    levels = [
        {
            "level": level,
            "count": sum(1 for each in found if each.level is level),
            "acknowledge": _times(to_acknowledge[level]),
            "resolve": _times(to_resolve[level]),
            "false_alarms": insight.false_alarms(found, level),
        }
        for level in insight.LEVELS
    ]
    hours = insight.by_hour(found, ZoneInfo(zone))
    emergencies = to_acknowledge[Level.EMERGENCY_NOW]
    return {
        "total": len(found),
        "waiting": waiting,
        "levels": levels,
        "hours": hours,
        "zone": zone,
        "emergency_median": view.precise(insight.percentile(emergencies, 50)),
        "emergency_late": view.precise(insight.percentile(emergencies, 90)),
        "false_alarms": insight.false_alarms(found),
        "acknowledge_plot": charts.durations(
            to_acknowledge,
            "Time from alert to acknowledgement by level; the table has numbers",
        ),
        "resolve_plot": charts.durations(
            to_resolve, "Time from alert to resolution by level; the table has numbers"
        ),
        "hours_plot": charts.hours(
            hours, "Alerts by hour of the day and level; the table has the numbers"
        ),
        "bins": [words for _, words in charts.BINS],
    }


def _times(values: List[float]) -> Dict[str, Any]:
    return {
        "count": len(values),
        "median": view.precise(insight.percentile(values, 50)),
        "late": view.precise(insight.percentile(values, 90)),
        "longest": view.precise(max(values) if values else None),
    }
