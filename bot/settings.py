"""The clinic's settings: settings.yml with environment variables on top, checked once."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Union

import yaml

from bot.yaml_files import read_yaml

PROJECT = Path(__file__).resolve().parent.parent
REGIONS = ("US", "GB", "IE", "EU", "CA", "AU", "NZ", "IN", "unknown")


#: Kinds of data and the days for which they are kept unless settings.yml says otherwise.
RETENTION = {
    "conversations": 365,
    "closed_episodes": 3650,
    "channel_records": 60,
    "outgoing": 365,
    "check_ins": 365,
    "plans": 365,
    "audit": 0,
}


class SettingsError(ValueError):
    """A setting is missing or wrong; the message names the setting and the fix."""


@dataclass(frozen=True)
class Settings:
    """All settings of one clinic, ready to use. Paths are absolute."""

    region: str
    language: str
    clinic: Mapping[str, str]
    service: Mapping[str, str]
    folder: Path
    care_database: str
    #: An address, or the path of a SQLite file.
    conversation_database: Union[str, Path]
    #: Address of the Redis server that several replicas of rasa share; empty for one replica.
    lock_store: str = ""
    #: The file that says who is told of alerts (bot.care.escalation).
    escalation: Path = PROJECT / "escalation.yml"
    host: str = "127.0.0.1"
    patient_port: int = 5005
    care_port: int = 5055
    #: Where care reaches the Rasa service, without a slash at the end.
    patient_service: str = "http://127.0.0.1:5005"
    #: How many times faster than usual one patient or one address may send.
    rate_factor: float = 1.0
    #: Origins of other web pages that may show the patient chat, such as https://clinic.example.
    allowed_origins: List[str] = field(default_factory=list)
    #: The clinic's own sign-in service for nurses (bot.desk.openid); no issuer: there is none.
    openid: Mapping[str, Any] = field(default_factory=dict)
    #: Address of the database that all processes serving patients share; empty: channels.db in
    #: the folder.
    channel_database: str = ""
    #: ``plain`` or ``json``: what log lines look like.
    log_format: str = "plain"
    #: Days for which each kind of data is kept (RETENTION); 0 keeps it for good.
    retention: Mapping[str, int] = field(default_factory=lambda: dict(RETENTION))


def load_settings(
    path: Optional[Path] = None, environment: Optional[Mapping[str, str]] = None
) -> Settings:
    """Return the settings of ``settings.yml`` with ``BOT_*`` variables on top.

    Raises SettingsError with the name of the setting when a value cannot be used.
    """
    path = path or PROJECT / "settings.yml"
    environment = os.environ if environment is None else environment
    try:
        raw = read_yaml(path) or {}
    except (OSError, yaml.YAMLError) as error:
        raise SettingsError(
            f"{path.name} cannot be read ({error}). Restore it or fix it."
        ) from error
    raw = _override(raw, environment)
    region = raw.get("region", "unknown")
    if region not in REGIONS:
        raise SettingsError(f"region is {region!r}; use one of {', '.join(REGIONS)}.")
    storage, web = raw.get("storage", {}), raw.get("web", {})
    folder = _absolute(storage.get("folder", "var"))
    return Settings(
        region=region,
        language=raw.get("language", "en"),
        clinic=raw.get("clinic", {}),
        service=raw.get("service", {}),
        folder=folder,
        care_database=database_address(storage.get("care_database", "sqlite:///var/care.db")),
        conversation_database=database_address(
            storage.get("conversation_database", "sqlite:///var/conversations.db")
        ),
        lock_store=str(storage.get("lock_store") or ""),
        escalation=_absolute(raw.get("escalation", "escalation.yml")),
        host=web.get("host", "127.0.0.1"),
        patient_port=_port(web, "patient_port", 5005),
        care_port=_port(web, "care_port", 5055),
        patient_service=_service_address(web),
        rate_factor=_rate_factor(web),
        allowed_origins=[_origin(entry) for entry in web.get("allowed_origins") or []],
        channel_database=database_address(storage.get("channel_database") or ""),
        openid=raw.get("openid") or {},
        log_format=_log_format(raw.get("log") or {}),
        retention=_retention(raw.get("retention") or {}),
    )


def _retention(given: Mapping[str, Any]) -> Dict[str, int]:
    """Return the days for each kind of data. Raises SettingsError naming what is wrong."""
    unknown = sorted(set(given) - set(RETENTION))
    if unknown:
        kinds = ", ".join(RETENTION)
        raise SettingsError(f"retention.{unknown[0]} is no kind of data; use one of {kinds}.")
    days = {}
    for kind, default in RETENTION.items():
        value = given.get(kind, default)
        if isinstance(value, bool) or not re.fullmatch(r"\d{1,5}", str(value)):
            raise SettingsError(f"retention.{kind} is {value!r}; use days, or 0 to keep for good.")
        days[kind] = int(value)
    if days["audit"]:
        raise SettingsError(
            "retention.audit must be 0: the audit holds no patient text, and the database refuses "
            "to delete from it."
        )
    return days


def _override(raw: Dict[str, Any], environment: Mapping[str, str], prefix: str = "BOT") -> Dict:
    merged: Dict[str, Any] = {}
    for key, value in raw.items():
        name = f"{prefix}_{key.upper()}"
        if isinstance(value, dict):
            merged[key] = _override(value, environment, name)
        elif name in environment:
            text = environment[name]
            merged[key] = yaml.safe_load(text) if value is None or isinstance(value, list) else text
        else:
            merged[key] = value
    return merged


def _absolute(path: str) -> Path:
    return (PROJECT / path).resolve()


#: Of every connection to PostgreSQL: when its server is gone without a word, it ends in time.
POSTGRESQL_OPTIONS: Mapping[str, int] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,  # milliseconds
}


def database_address(address: Union[str, Path]) -> str:
    """Return a database address; a path without a scheme is that of a SQLite file."""
    text, scheme = str(address), "sqlite:///"
    if text and "://" not in text:
        return scheme + str(_absolute(text))
    if text.startswith(scheme) and not text.startswith(scheme + "/"):
        return scheme + str(_absolute(text[len(scheme) :]))
    return text


def _port(web: Mapping[str, Any], name: str, default: int) -> int:
    value = web.get(name, default)
    try:
        port = int(value)
    except (TypeError, ValueError):
        raise SettingsError(f"web.{name} is {value!r}; use a number from 1 to 65535.") from None
    if not 0 < port < 65536:
        raise SettingsError(f"web.{name} is {port}; use a number from 1 to 65535.")
    return port


def _rate_factor(web: Mapping[str, Any]) -> float:
    given = web.get("rate_factor", 1)
    try:
        factor = float(given)
    except (TypeError, ValueError):
        factor = 0.0
    if not 0 < factor <= 1_000_000:
        raise SettingsError(f"web.rate_factor is {given!r}; use a number above 0, such as 1.")
    return factor


def _log_format(log: Mapping[str, Any]) -> str:
    given = log.get("format", "plain")
    if given not in ("plain", "json"):
        raise SettingsError(f"log.format is {given!r}; use plain or json.")
    return given


def _service_address(web: Mapping[str, Any]) -> str:
    given = web.get("patient_service") or ""
    if given and not re.fullmatch(r"https?://[^/\s]+/?", given):
        raise SettingsError(
            f"web.patient_service is {given!r}; use an address such as http://rasa:5005."
        )
    return given.rstrip("/") or f"http://127.0.0.1:{_port(web, 'patient_port', 5005)}"


def _origin(entry: Any) -> str:
    if not re.fullmatch(r"https?://[^/\s*]+", str(entry)):
        raise SettingsError(
            f"web.allowed_origins has {entry!r}; use an address without a path, "
            "such as https://clinic.example."
        )
    return str(entry).lower()
