"""The address of the custom actions, with a time limit a patient can wait for."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import Any, Dict, Optional

from jsonschema.protocols import Validator
from jsonschema.validators import validator_for
from rasa.core.actions.action import RemoteAction
from rasa.utils.endpoints import EndpointConfig

from bot.observability import correlation, metrics

#: Seconds until an action counts as failed. Rasa's own limit is five minutes, while it gives up the
#: lock of a conversation after one.
ACTION_SECONDS = 4.0


class ActionEndpoint(EndpointConfig):
    """Rasa's endpoint, except that it gives up in time and sends only the current turn.

    Rasa logs an action that failed as executed and goes on; the rules in data/rules/ then answer
    with the safe text, because ``check_state`` is still pending.
    """

    @classmethod
    def around(cls, endpoint: EndpointConfig) -> ActionEndpoint:
        """Return ``endpoint`` with the limit."""
        return cls(
            url=endpoint.url,
            params=endpoint.params,
            headers=endpoint.headers,
            basic_auth=endpoint.basic_auth,
            token=endpoint.token,
            token_name=endpoint.token_name,
            cafile=endpoint.cafile,
            **endpoint.kwargs,
        )

    async def request(
        self,
        method: str = "post",
        subpath: Optional[str] = None,
        content_type: Optional[str] = "application/json",
        compress: bool = False,
        **kwargs: Any,
    ) -> Optional[Any]:
        """Send one request; raises asyncio.TimeoutError after ``ACTION_SECONDS``."""
        kwargs["timeout"] = ACTION_SECONDS
        if "json" in kwargs:
            kwargs["json"] = only_this_turn(kwargs["json"])
        if correlation.current():
            kwargs["headers"] = {
                **kwargs.get("headers", {}),
                correlation.HEADER: correlation.current(),
            }
        began, outcome = time.monotonic(), "failed"
        try:
            answer = await super().request(method, subpath, content_type, compress, **kwargs)
            outcome = "done"
            return answer
        finally:
            metrics.ACTION_CALLS.labels(outcome).observe(time.monotonic() - began)


@lru_cache(maxsize=1)
def _answer_schema() -> Validator:
    schema = RemoteAction.action_response_format_spec()
    # Rasa takes any object for a response, and would end the turn half-way at one it cannot say.
    said = {"type": ["string", "null"]}
    schema["properties"]["responses"]["items"]["properties"] = {
        "text": said,
        "response": said,
        "buttons": {"type": ["array", "null"], "items": {"type": "object"}},
    }
    return validator_for(schema)(schema)


def check_answers_once_compiled() -> None:
    """Make Rasa check the answers of custom actions with a schema that is prepared once.

    Rasa checks its own schema, the same each time, before each answer: 20 ms of processor time an
    action, more than everything else a message needs. The answers are checked as before.
    """
    RemoteAction._validate_action_result = _is_valid  # type: ignore[method-assign]


def _is_valid(action: RemoteAction, answer: Dict[str, Any]) -> bool:
    _answer_schema().validate(answer)
    return True


def only_this_turn(call: Dict[str, Any]) -> Dict[str, Any]:
    """Return an action call whose tracker holds the events since the latest message of the user.

    The whole conversation would make each message slower than the one before, and hand the actions
    more of what she wrote than they need.
    """
    tracker = call.get("tracker") or {}
    events = tracker.get("events") or []
    latest = max((i for i, event in enumerate(events) if event.get("event") == "user"), default=0)
    return {**call, "tracker": {**tracker, "events": events[latest:]}}
