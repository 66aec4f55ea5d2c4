"""One POST to somebody else's server, with its failures sorted into "never" and "later"."""

from __future__ import annotations

from typing import Mapping

import httpx

from bot.care.notification import PermanentFailure, TemporaryFailure

#: Seconds for connecting and for each read; the dispatcher limits the whole.
SECONDS = 10.0
#: Answers that will not change however often the same request is made.
_NEVER = frozenset({400, 405, 410, 413, 414, 415, 422})


def post(url: str, *, content: bytes, headers: Mapping[str, str], what: str) -> httpx.Response:
    """Post and return the answer if it is a success.

    ``what`` names the receiver in the message of a failure. Redirects are not followed: the secret
    or token is meant for this address only.
    """
    try:
        answer = httpx.post(
            url, content=content, headers=dict(headers), timeout=SECONDS, follow_redirects=False
        )
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise PermanentFailure(f"The address of the {what} is not valid.") from error
    except httpx.HTTPError as error:
        raise TemporaryFailure(f"The {what} does not answer ({type(error).__name__}).") from error
    if answer.is_success:
        return answer
    if answer.status_code in _NEVER:
        raise PermanentFailure(f"The {what} refused it (status {answer.status_code}).")
    raise TemporaryFailure(f"The {what} answered with status {answer.status_code}.")
