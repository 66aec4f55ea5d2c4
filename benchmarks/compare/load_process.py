"""Starts the patients of ``benchmarks.compare.load`` in a process of their own."""

from __future__ import annotations

import json
import subprocess
from typing import Any, Dict, List

from benchmarks.compare.load import PATIENCE
from bot.service.processes import python
from bot.settings import PROJECT


def write(
    system: str,
    address: str,
    conversations: List[List[str]],
    at_once: int,
    first_line: bool = False,
) -> Dict[str, Any]:
    """Return what the patients of ``system`` measured. Raises RuntimeError when they fail."""
    plan = {
        "system": system,
        "address": address,
        "conversations": conversations,
        "at_once": at_once,
        "first_line": first_line,
    }
    done = subprocess.run(
        python("-W", "ignore", "-m", "benchmarks.compare.load"),
        input=json.dumps(plan),
        capture_output=True,
        text=True,
        cwd=PROJECT,
        timeout=PATIENCE + 900,
    )
    if done.returncode:
        raise RuntimeError(f"The patients of {system} failed: {done.stderr[-800:]}")
    return json.loads(done.stdout)
