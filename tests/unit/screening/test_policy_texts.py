"""Every text of triage.md section 12 that is decided by one message, through text and triage."""

from pathlib import Path

import pytest
import yaml

from bot.screening import screen
from bot.triage import Context, assess

_FILE = Path(__file__).parents[2] / "data" / "triage_vectors.yml"
_VECTORS = [v for v in yaml.safe_load(_FILE.read_text(encoding="utf-8")) if "steps" not in v]


@pytest.mark.parametrize("vector", _VECTORS, ids=lambda v: f"vector-{v['id']}")
def test_level_and_main_rule(vector):
    got = assess(screen(vector["text"]), Context(**vector["context"]))
    assert (got.level.name if got.level else None) == vector["level"]
    assert not vector["rules"] or vector["rules"][0] in got.rules
