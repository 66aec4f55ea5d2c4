"""``python -m benchmarks.fuzz`` (`make fuzz`): hostile input for each parser of outside bytes.

A parser may refuse with the error it documents; anything else is a finding. The tests run the same
targets with few examples.
"""

import argparse
import io
import json
import string
import sys
import time
import zlib
from dataclasses import dataclass
from typing import Any, Callable, Tuple, Type

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.care.webhook import BadCall, _read_call
from bot.channels.incoming import LONGEST, clean_metadata, read_incoming
from bot.channels.messaging.choices import chosen
from bot.channels.messaging.keywords import EVERYWHERE, keyword
from bot.channels.requests import Refused, number, read_message
from bot.channels.tokens import SessionTokens
from bot.encryption import EncryptionError, Keyring
from bot.observability import correlation
from bot.screening import screen
from bot.service.lines import assess_lines

_TEXT = st.text(alphabet=st.characters(), max_size=300)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=12,
)
_BYTES = st.binary(max_size=400)
_ALMOST_JSON = st.builds(lambda data, cut: json.dumps(data).encode()[cut:], _JSON, st.just(0)) | (
    st.builds(lambda data, cut: json.dumps(data).encode()[:cut], _JSON, st.integers(0, 60))
)
_HEADER = st.text(alphabet=string.printable + "äé\u2028\x00", max_size=120)
#: What patients might write, in pieces, so that the rules are reached and not only the edge.
_WORDS = st.lists(
    st.sampled_from(
        ["throat", "no", "not", "swollen", "20 min", "weeks", "baby", "blood", "shot", "never"]
    )
    | _TEXT,
    max_size=25,
).map(" ".join)
_KEYS = Keyring([bytes(32)])
_TOKENS = SessionTokens(bytes(range(32)))


@dataclass(frozen=True)
class Target:
    """One parser: what it is given, how it is called, and with what it may refuse."""

    name: str
    inputs: Any
    call: Callable[[Any], None]
    refuses: Tuple[Type[BaseException], ...] = ()


def _incoming(text: Any) -> None:
    found = read_incoming(text)
    assert 0 < len(found.text) <= LONGEST
    assert not found.text.startswith("/"), "a command got through"
    # Databases take it: no NUL, no half of a surrogate pair.
    assert "\x00" not in found.text
    found.text.encode("utf-8")


def _metadata(value: Any) -> None:
    kept = clean_metadata(value, read_incoming("hello"))
    assert not {"typed_command", "is_external", "model_id"} & set(kept)


def _token(text: str) -> None:
    assert _TOKENS.check(text) is None
    assert _TOKENS.renew(text) is None


def _changed_token(place: Tuple[int, str]) -> None:
    token, session = _TOKENS.issue()
    index = place[0] % len(token)
    changed = token[:index] + place[1] + token[index + 1 :]
    found = _TOKENS.check(changed)
    # The last letter of base64 has bits that mean nothing: the same token, written otherwise.
    assert found is None or found == session


def _call(body: bytes) -> None:
    for encoding in (None, "deflate", "gzip"):
        try:
            assert isinstance(_read_call(body, encoding), dict)
        except BadCall:
            continue


def _message(data: Any) -> None:
    id, text = read_message(data, "Call 112.")
    assert isinstance(text, str)
    assert 8 <= len(id) <= 64


def _lines(data: bytes) -> None:
    output = io.StringIO()
    assess_lines(io.BytesIO(data), output)
    for line in output.getvalue().splitlines():
        json.loads(line)


def _id(text: str) -> None:
    with correlation.bound(text) as found:
        assert set(found) <= set(string.ascii_letters + string.digits + "-_")


TARGETS = (
    Target("text of a message (bot.channels.incoming)", _TEXT | _JSON, _incoming),
    Target("metadata of a channel (bot.channels.incoming)", _JSON, _metadata),
    Target("body of a chat message (bot.channels.requests)", _JSON, _message, (Refused,)),
    Target("count in a header or query (bot.channels.requests)", _HEADER, number),
    Target("session token (bot.channels.tokens)", _HEADER, _token),
    Target(
        "session token with one letter changed",
        st.tuples(st.integers(0, 500), st.characters()),
        _changed_token,
    ),
    Target("call of an action (bot.care.webhook)", _BYTES | _ALMOST_JSON, _call),
    Target(
        "compressed call of an action",
        (_BYTES | _ALMOST_JSON).map(zlib.compress),
        _call,
    ),
    Target("sealed value (bot.encryption)", _HEADER, _KEYS.decrypt, (EncryptionError,)),
    Target("correlation id (bot.observability)", _HEADER, _id),
    Target(
        "number of a choice in a text message",
        _TEXT,
        lambda text: chosen(text, ["Yes", "No"]),
    ),
    Target("keyword in a text message", _TEXT, lambda text: keyword(text, EVERYWHERE)),
    Target("screening (bot.screening)", _WORDS | _TEXT, screen),
    Target("lines of `assess` (bot.service.lines)", _BYTES | _ALMOST_JSON, _lines),
)


def run(target: Target, examples: int) -> int:
    """Try a target and return how many inputs it got. Raises what the parser should not."""
    tried = 0

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(target.inputs)
    def once(value: Any) -> None:
        nonlocal tried
        tried += 1
        try:
            target.call(value)
        except target.refuses:
            return

    once()
    return tried


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description=__doc__)
    parser.add_argument("--examples", type=int, default=5000, help="inputs for each parser")
    options = parser.parse_args()
    print("| parser | inputs | seconds | findings |\n|---|---|---|---|")
    findings = 0
    for target in TARGETS:
        began = time.monotonic()
        try:
            tried, found = run(target, options.examples), ""
        except Exception as error:
            tried, found = options.examples, type(error).__name__
            print(f"{target.name}: {error!r}", file=sys.stderr)
            findings += 1
        seconds = time.monotonic() - began
        print(f"| {target.name} | {tried:,} | {seconds:.0f} | {found or 0} |", flush=True)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
