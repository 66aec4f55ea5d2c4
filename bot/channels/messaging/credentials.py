"""Which messaging channels are on: those whose credentials are in the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Dict, List, Mapping, Optional, Tuple


@dataclass(frozen=True)
class Needs:
    """The environment variables of one connector."""

    connector: str
    required: Tuple[str, ...]
    #: At least one of these, where there are any.
    any_of: Tuple[str, ...] = ()
    optional: Tuple[str, ...] = ()


TWILIO = Needs(
    "twilio",
    required=("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_WEBHOOK_ADDRESS"),
    any_of=("TWILIO_SMS_NUMBER", "TWILIO_WHATSAPP_NUMBER", "TWILIO_MESSAGING_SERVICE_SID"),
    optional=("TWILIO_API_ADDRESS",),
)
TELEGRAM = Needs(
    "telegram",
    required=("TELEGRAM_BOT_TOKEN", "TELEGRAM_WEBHOOK_SECRET"),
    optional=("TELEGRAM_API_ADDRESS",),
)
MESSENGER = Needs(
    "messenger",
    required=("MESSENGER_PAGE_TOKEN", "MESSENGER_APP_SECRET", "MESSENGER_VERIFY_TOKEN"),
    optional=("MESSENGER_HUMAN_AGENT", "MESSENGER_API_ADDRESS"),
)
SLACK = Needs(
    "slack",
    required=("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET"),
    optional=("SLACK_API_ADDRESS",),
)
WEBHOOK = Needs("webhook", required=("WEBHOOK_SECRET", "WEBHOOK_CALLBACK_ADDRESS"))

CONNECTORS = (TWILIO, TELEGRAM, MESSENGER, SLACK, WEBHOOK)

#: Secrets that we choose ourselves must be hard to guess.
_CHOSEN = ("TELEGRAM_WEBHOOK_SECRET", "MESSENGER_VERIFY_TOKEN", "WEBHOOK_SECRET")
_SHORTEST_SECRET = 16
#: Addresses that patients' words travel to or from.
_ADDRESSES = ("_ADDRESS",)
_LOOPBACK = ("http://127.0.0.1", "http://localhost", "http://[::1]")


def read(needs: Needs, environment: Optional[Mapping[str, str]] = None) -> Optional[Dict[str, str]]:
    """Return the connector's variables that are set, or None when it is off."""
    given = _given(needs, environment)
    return given if given and not problems(needs, environment) else None


def problems(needs: Needs, environment: Optional[Mapping[str, str]] = None) -> List[str]:
    """Return what keeps a connector off although somebody began to set it up, as sentences."""
    given = _given(needs, environment)
    if not any(name in given for name in (*needs.required, *needs.any_of)):
        return []
    found = [f"{name} is missing." for name in needs.required if name not in given]
    if needs.any_of and not any(name in given for name in needs.any_of):
        found.append(f"One of {', '.join(needs.any_of)} is missing.")
    for name in _CHOSEN:
        if name in given and len(given[name]) < _SHORTEST_SECRET:
            found.append(f"{name} needs {_SHORTEST_SECRET} characters: `openssl rand -hex 32`.")
    for name, value in given.items():
        safe = value.startswith("https://") or value.startswith(_LOOPBACK)
        if name.endswith(_ADDRESSES) and not safe:
            found.append(f"{name} has to start with https://.")
    return found


def _given(needs: Needs, environment: Optional[Mapping[str, str]]) -> Dict[str, str]:
    environment = os.environ if environment is None else environment
    names = (*needs.required, *needs.any_of, *needs.optional)
    values = {name: environment.get(name, "").strip() for name in names}
    return {name: value for name, value in values.items() if value}
