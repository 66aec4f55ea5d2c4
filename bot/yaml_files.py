"""Reads YAML with the parser written in C, which is ten times faster than the one in Python.

The texts of a language alone took half a second at each start. Nothing else belongs here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(path: Path) -> Any:
    """Return the data of a YAML file, None for an empty one.

    Raises OSError when it cannot be read and yaml.YAMLError, with line and column, when it is not
    YAML.
    """
    return yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)
