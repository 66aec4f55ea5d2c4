"""``python -m bot size``: the replicas and the disk a load needs, from measured figures."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict

from bot.settings import PROJECT
from bot.yaml_files import read_yaml

MEASURED = PROJECT / "docs" / "benchmarks" / "measured.yml"
#: Fewer than this many replicas cannot lose one.
_LEAST = 2
_SECONDS_A_DAY = 24 * 3600
_GIGABYTE = 1e9


@dataclass(frozen=True)
class Size:
    """What a load needs. Rates are in messages per second, memory and disk in gigabytes."""

    messages_per_day: float
    peak_rate: float
    rasa_replicas: int
    care_replicas: int
    cores: int
    memory: float
    disk_per_year: float


def measured(path: Path = MEASURED) -> Dict[str, Any]:
    """Return the measured figures. Raises OSError when the file cannot be read."""
    return read_yaml(path)


def size(
    messages_per_day: float, *, peak_factor: float, load: float, figures: Dict[str, Any]
) -> Size:
    """Return what ``messages_per_day`` needs.

    The busiest minute has ``peak_factor`` times the mean rate, and no replica may be busier than
    ``load`` (0 to 1) in it, with one replica of each service lost. Raises ValueError for a figure
    that makes no sense.
    """
    if messages_per_day <= 0 or peak_factor < 1 or not 0 < load < 1:
        raise ValueError(
            "Use a positive number of messages, a peak factor of 1 or more and a load below 1."
        )
    peak = messages_per_day / _SECONDS_A_DAY * peak_factor
    rasa = _replicas(peak, figures["rasa"]["messages_per_second_per_core"]["value"], load)
    share = figures["care"]["share_of_messages_with_action"]["value"]
    care = _replicas(peak * share, figures["care"]["actions_per_second_per_core"]["value"], load)
    memory = (
        rasa * figures["rasa"]["resident_megabytes"]["value"]
        + care * figures["care"]["resident_megabytes"]["value"]
    ) / 1000
    stored = figures["storage"]["bytes_per_message"]["value"]
    return Size(
        messages_per_day=messages_per_day,
        peak_rate=peak,
        rasa_replicas=rasa,
        care_replicas=care,
        cores=rasa + care,
        memory=memory,
        disk_per_year=messages_per_day * 365 * stored / _GIGABYTE,
    )


def report(found: Size, figures: Dict[str, Any]) -> str:
    """Return the result as text, with where the figures come from."""
    return (
        f"{found.messages_per_day:,.0f} messages a day, "
        f"{found.peak_rate:,.1f} a second in the busiest minute\n"
        f"rasa replicas    {found.rasa_replicas} (one core each)\n"
        f"care replicas    {found.care_replicas} (one core each)\n"
        f"memory           {found.memory:,.1f} GB for both services\n"
        f"disk             {found.disk_per_year:,.1f} GB a year in the databases\n"
        f"Measured {figures['when']}: {figures['where']}.\n"
        "One replica of each service may be lost at the peak.\n"
    )


def _replicas(rate: float, per_core: float, load: float) -> int:
    # One more than the load needs, so that the peak survives the loss of one.
    return max(_LEAST, math.ceil(rate / (per_core * load)) + 1)
