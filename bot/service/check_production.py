"""What only a production needs: keys, databases, encryption on the way, real accounts.

Each error names what is wrong and the fix; ``python -m bot check --production`` then exits with 1.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Callable, Dict, Iterator, Mapping, Optional, Tuple

import httpx
from sqlalchemy.engine import make_url

from bot.care.escalation import load_escalation
from bot.care.tokens import ACTION_SECRET_VARIABLE
from bot.channels import database
from bot.channels.messaging import credentials
from bot.channels.tokens import KEY_VARIABLE, load_key
from bot.encryption import VARIABLE as ENCRYPTION_VARIABLE
from bot.encryption import EncryptionError, load_keyring
from bot.observability.metrics import TOKEN_VARIABLE, is_loopback
from bot.service.findings import ERROR, OK, WARNING, Finding
from bot.settings import Settings

PROXIES_VARIABLE = "SANIC_PROXIES_COUNT"
_SHORTEST_SECRET = 32
#: Addresses of Rasa's HTTP API, with which anybody could read or write conversations.
RASA_API = ("/conversations/check/tracker", "/domain", "/status")
_PLACEHOLDERS = re.compile(
    r"change.?me|sandbox|example|placeholder|dummy|your[-_]|xxxx|^test", re.I
)
#: The number every account has for trying out WhatsApp.
_TWILIO_SANDBOX = "14155238886"

Get = Callable[[str], int]


def check_production(
    settings: Settings,
    production: bool,
    environment: Optional[Mapping[str, str]] = None,
    get: Optional[Get] = None,
) -> Iterator[Finding]:
    """Return what is missing for a production; nothing is asked of any other installation."""
    if not production:
        return
    environment = os.environ if environment is None else environment
    yield from keys(settings, environment)
    yield from databases(settings)
    yield from on_the_way(settings, environment)
    yield from origins(settings)
    yield from default_ladder(settings)
    yield from sandbox(settings, environment)
    yield rasa_api(settings, get or _status)


def keys(settings: Settings, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Return for each key whether every replica would have the same one."""
    readers: Dict[str, Tuple[str, Callable[[], object]]] = {
        ACTION_SECRET_VARIABLE: (
            "openssl rand -hex 32",
            lambda: _long_enough(environment[ACTION_SECRET_VARIABLE]),
        ),
        KEY_VARIABLE: (
            "python -c 'import secrets; print(secrets.token_urlsafe(32))'",
            lambda: load_key(Path(os.devnull), environment),
        ),
        ENCRYPTION_VARIABLE: (
            "openssl rand -base64 32",
            lambda: load_keyring(settings.folder, environment),
        ),
    }
    for name, (make, read) in readers.items():
        fix = f"Put the output of `{make}` into the environment of every replica, and keep it safe."
        if not environment.get(name, "").strip():
            yield Finding(ERROR, f"Missing key: {name} is not set.", fix)
            continue
        try:
            read()
        except (ValueError, EncryptionError) as error:
            yield Finding(ERROR, f"Unusable key: {name}. {error}", fix)
        else:
            yield Finding(OK, f"{name} is set.")
    if not environment.get(TOKEN_VARIABLE):
        yield Finding(
            WARNING,
            f"{TOKEN_VARIABLE} is not set, so only programs on the same machine read the figures.",
            "Put the output of `openssl rand -hex 32` into it, and into Prometheus.",
        )


def databases(settings: Settings) -> Iterator[Finding]:
    """Return which databases several replicas cannot share."""
    addresses = {
        "storage.care_database": settings.care_database,
        "storage.conversation_database": str(settings.conversation_database),
        "storage.channel_database": database.address(settings),
    }
    for name, address in addresses.items():
        if "://" not in address or address.startswith("sqlite"):
            yield Finding(
                ERROR,
                f"SQLite: {name} is a file of this machine.",
                f"Set {name} to postgresql+psycopg2://user:password@host/name?sslmode=require.",
            )
            continue
        url = make_url(address)
        if not is_loopback(url.host) and url.query.get("sslmode") not in _ENCRYPTED:
            yield Finding(
                WARNING,
                f"{name} does not ask for TLS.",
                "Add ?sslmode=require, unless the network to it is private.",
            )
        else:
            yield Finding(OK, f"{name} is a server.")
    if settings.lock_store:
        yield Finding(OK, "storage.lock_store is set.")
    else:
        yield Finding(
            ERROR,
            "No lock store: two replicas could answer one patient at once.",
            "Set storage.lock_store to a Redis server, rediss://:password@host:6379/0.",
        )


_ENCRYPTED = ("require", "verify-ca", "verify-full")


def on_the_way(settings: Settings, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Return what would travel over plain HTTP."""
    desk = settings.service.get("desk_address") or ""
    privacy = settings.service.get("privacy_notice_url") or ""
    if not desk.startswith("https://"):
        yield Finding(
            ERROR,
            f"Plain HTTP: service.desk_address is {desk or 'empty'}.",
            "Set it to the https:// address of the nurse desk behind the proxy.",
        )
    if privacy.startswith("http://"):
        yield Finding(
            ERROR,
            "Plain HTTP: service.privacy_notice_url.",
            "Serve the privacy notice over https://.",
        )
    if not is_loopback(settings.host) and not environment.get(PROXIES_VARIABLE):
        yield Finding(
            ERROR,
            f"Plain HTTP: web.host is {settings.host} and no proxy is declared in front.",
            f"Put a proxy with TLS in front (deploy/Caddyfile) and set {PROXIES_VARIABLE}=1, or "
            "set web.host to 127.0.0.1.",
        )
    elif desk.startswith("https://"):
        yield Finding(OK, "Nurses and patients come through TLS.")


def origins(settings: Settings) -> Iterator[Finding]:
    """Return which origins open the chat to more pages than the clinic's own."""
    for origin in settings.allowed_origins:
        if origin.startswith("http://") or origin in ("https://null", "null"):
            yield Finding(
                ERROR,
                f"Open CORS: web.allowed_origins has {origin}, which anybody on the way can be.",
                "Name the https:// addresses of the clinic's own pages only.",
            )
    yield Finding(
        OK, f"{len(settings.allowed_origins)} other origins may show the chat, no others."
    )


def default_ladder(settings: Settings) -> Iterator[Finding]:
    """Return whether escalation.yml is still the one that came with the program."""
    if not load_escalation(settings.escalation).people:
        yield Finding(
            ERROR,
            "Default ladder: escalation.yml names no people.",
            "Put the clinic's people, rota and tiers into it (docs/desk.md).",
        )


def sandbox(settings: Settings, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Return secrets that look like those of a trial or an example."""
    names = {
        name
        for needs in credentials.CONNECTORS
        for name in (*needs.required, *needs.any_of, *needs.optional)
    }
    names |= {ACTION_SECRET_VARIABLE, KEY_VARIABLE, ENCRYPTION_VARIABLE, TOKEN_VARIABLE}
    values = {name: environment.get(name, "") for name in sorted(names)}
    values["openid.client_secret"] = str(settings.openid.get("client_secret") or "")
    for name, address in (
        ("storage.care_database", settings.care_database),
        ("storage.conversation_database", str(settings.conversation_database)),
        ("storage.channel_database", settings.channel_database),
        ("storage.lock_store", settings.lock_store),
    ):
        values[f"the password of {name}"] = _password(address)
    found = [name for name, value in values.items() if value and _is_sandbox(name, value)]
    for name in found:
        yield Finding(
            ERROR,
            f"Sandbox secret: {name} looks like a value for trying out.",
            "Put the clinic's own there.",
        )
    if not found:
        yield Finding(OK, "No secret looks like one for trying out.")


def rasa_api(settings: Settings, get: Get) -> Finding:
    """Return whether Rasa's own HTTP API answers at the chat service, if that runs."""
    for path in RASA_API:
        try:
            status = get(settings.patient_service + path)
        except httpx.HTTPError:
            return Finding(
                WARNING,
                f"Whether Rasa's HTTP API is closed is not known: {settings.patient_service} does "
                "not answer.",
                "Start the service and check again; `python -m bot.nlu.server` keeps it closed.",
            )
        if status != 404:
            return Finding(
                ERROR,
                f"Rasa's HTTP API is open: {path} answers with {status}.",
                "Start it with `python -m bot.nlu.server`, never with `rasa run --enable-api`.",
            )
    return Finding(OK, "Rasa's HTTP API is closed.")


def _status(address: str) -> int:
    return httpx.get(address, timeout=3, trust_env=False).status_code


def _long_enough(secret: str) -> None:
    if len(secret.strip()) < _SHORTEST_SECRET:
        raise ValueError(f"It needs {_SHORTEST_SECRET} characters.")


def _password(address: str) -> str:
    return (make_url(address).password or "") if "://" in address else ""


def _is_sandbox(name: str, value: str) -> bool:
    if name.endswith(("_ADDRESS", "_ACCOUNT_SID")):
        return False
    if name.endswith("_NUMBER"):
        return re.sub(r"\D", "", value) == _TWILIO_SANDBOX
    return bool(_PLACEHOLDERS.search(value)) or len(set(value)) == 1
