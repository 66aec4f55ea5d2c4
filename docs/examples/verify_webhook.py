"""Verifies a notification of the B12 symptom check: standard library only, copy it as it is."""

import hashlib
import hmac
import time

#: Older requests are refused, so that a recorded one cannot be played again.
MOST_SECONDS = 300


def is_genuine(secret: str, headers: dict, body: bytes, now: float = 0.0) -> bool:
    """Return whether the request was signed with the secret within the last five minutes.

    ``headers`` are the request's headers, ``body`` its bytes before any parsing.
    """
    given = {name.lower(): value for name, value in headers.items()}
    timestamp = given.get("x-b12-timestamp", "")
    signature = given.get("x-b12-signature", "")
    if not (timestamp.isascii() and timestamp.isdigit()):
        return False
    if abs((now or time.time()) - int(timestamp)) > MOST_SECONDS:
        return False
    signed = timestamp.encode("ascii") + b"." + body
    expected = "v1=" + hmac.new(secret.encode("utf-8"), signed, hashlib.sha256).hexdigest()
    # Compared in constant time; == would tell an attacker how much of a guess is right.
    return hmac.compare_digest(expected.encode("ascii"), signature.encode("utf-8"))
