"""Her plan as a page to read and to print."""

from __future__ import annotations

from pathlib import Path
from typing import Mapping

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.plan.model import Plan

_FOLDER = Path(__file__).resolve().parent / "templates"
_templates = Environment(
    loader=FileSystemLoader(str(_FOLDER)), autoescape=True, undefined=StrictUndefined
)


def as_page(
    plan: Plan, *, clinic: Mapping[str, str], call_line: str, calendar: str, language: str = "en"
) -> str:
    """Return the page as HTML, without script; what she wrote is escaped.

    ``call_line`` names the emergency number, ``calendar`` is the address of the calendar file,
    relative to the page. Raises jinja2.TemplateNotFound for a language without a page.
    """
    page = _templates.get_template(f"{language}/plan.html")
    return page.render(plan=plan, clinic=clinic, call_line=call_line, calendar=calendar)
