import base64
import json
import os

import pytest

from bot.channels.tokens import RENEWABLE, SessionTokens, load_key

KEY = bytes(range(32))


class Clock:
    now = 1_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def tokens(clock):
    return SessionTokens(KEY, lifetime=600, clock=clock)


def test_a_token_opens_its_own_conversation_and_no_two_are_alike(tokens):
    token, session = tokens.issue()
    assert tokens.check(token) == session
    assert tokens.issue()[1].conversation != session.conversation


def test_a_token_expires(tokens, clock):
    token, _ = tokens.issue()
    clock.now += 600
    assert tokens.check(token) is None


def test_a_token_of_another_key_is_refused(tokens, clock):
    token, _ = SessionTokens(bytes(32), clock=clock).issue()
    assert tokens.check(token) is None


def test_no_change_of_a_token_is_accepted(tokens):
    token, _ = tokens.issue()
    for place in range(len(token)):
        for other in "A.-":
            changed = token[:place] + other + token[place + 1 :]
            # The last character of base64 carries spare bits, so the bytes decide, not the letters.
            assert changed == token or tokens.check(changed) in (None, tokens.check(token))


def test_a_chosen_conversation_needs_the_key(tokens):
    token, session = tokens.issue()
    version, _, signature = token.split(".")
    wanted = base64.urlsafe_b64encode(json.dumps(["victim", session.expires]).encode()).decode()
    assert tokens.check(f"{version}.{wanted}.{signature}") is None
    assert tokens.check(f"{version}.{wanted}.") is None
    assert tokens.check(f"v0.{wanted}.{signature}") is None


@pytest.mark.parametrize(
    "token", [None, "", "v1", "v1..", "v1.W10.AAAA", "\u00e9" * 9, "x" * 10_000]
)
def test_what_is_no_token_is_refused(tokens, token):
    assert tokens.check(token) is None


def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path):
    path = tmp_path / "var" / "chat.key"
    key = load_key(path)
    assert len(key) == 32
    assert load_key(path) == key
    assert os.stat(path).st_mode & 0o777 == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["chat.key"]


def test_a_damaged_key_is_named_and_not_used(tmp_path):
    path = tmp_path / "chat.key"
    path.write_bytes(b"short")
    with pytest.raises(ValueError, match=r"chat\.key is no session key"):
        load_key(path)


def test_a_short_key_is_refused():
    with pytest.raises(ValueError, match="needs 32"):
        SessionTokens(b"secret")


def test_a_token_is_renewed_for_the_same_conversation_also_for_a_while_after_its_end():
    now = [1000.0]
    tokens = SessionTokens(KEY, lifetime=60, clock=lambda: now[0])
    token, session = tokens.issue()
    now[0] += 61
    assert tokens.check(token) is None
    fresh, renewed = tokens.renew(token)
    assert renewed.conversation == session.conversation
    assert tokens.check(fresh).expires == int(now[0]) + 60
    now[0] += RENEWABLE + 61
    assert tokens.renew(token) is None
    assert SessionTokens(b"y" * 32, clock=lambda: 1000.0).renew(token) is None


def test_several_machines_share_the_key_of_the_environment(tmp_path):
    text = "k" * 43
    assert load_key(tmp_path / "chat.key", {"BOT_CHAT_KEY": text}) == load_key(
        tmp_path / "other.key", {"BOT_CHAT_KEY": text}
    )
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ValueError, match="BOT_CHAT_KEY"):
        load_key(tmp_path / "chat.key", {"BOT_CHAT_KEY": "short"})
