"""``python -m bot check``: the configuration doctor.

Each subject is a function that looks at one thing and returns findings. Add a subject by adding
its function to ``SUBJECTS``.
"""

from __future__ import annotations

from typing import Callable, Iterable, List, TextIO, Tuple

from bot.service.check_alerts import check_notifiers, check_who_is_told
from bot.service.check_channels import check_channels
from bot.service.check_chat import check_chat
from bot.service.check_production import check_production
from bot.service.findings import ERROR, OK, WARNING, Finding
from bot.settings import Settings

#: Looks at one thing; the second argument says whether it is to stand a production's demands.
Subject = Callable[[Settings, bool], Iterable[Finding]]

SUBJECTS: List[Tuple[str, Subject]] = [
    ("Who would be told of an alert right now", check_who_is_told),
    ("Notifiers", check_notifiers),
    ("Channels", check_channels),
    ("Web chat", check_chat),
    ("Production", check_production),
]

_MARKS = {OK: "ok     ", WARNING: "warning", ERROR: "ERROR  "}


def check(settings: Settings, output: TextIO, *, production: bool = False) -> int:
    """Write what every subject finds and return the exit code: 1 when there is an error."""
    errors = warnings = 0
    for title, subject in SUBJECTS:
        findings = list(subject(settings, production))
        if findings:
            print(title, file=output)
        for finding in findings:
            errors += finding.state == ERROR
            warnings += finding.state == WARNING
            print(f"  {_MARKS[finding.state]}  {finding.sentence}", file=output)
            if finding.fix:
                print(f"           {finding.fix}", file=output)
    print(f"{errors} errors, {warnings} warnings.", file=output)
    return 1 if errors else 0
