"""Requests that no provider and no patient sends. None of them may reach the engine or an API.

The table of docs/channels.md is made of what happens here: ``WRITE_TABLES=1`` writes it anew.
"""

import copy
import json
import os
import re
import time
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from patients import CONNECTORS

pytestmark = pytest.mark.services

DOCS = Path(__file__).resolve().parents[4] / "docs" / "channels.md"
WORDS = "my throat is closing"
SIGNATURE = {
    "twilio": "X-Twilio-Signature",
    "telegram": "X-Telegram-Bot-Api-Secret-Token",
    "messenger": "X-Hub-Signature-256",
    "slack": "X-Slack-Signature",
    "webhook": "X-Signature",
}
HAS_TIME = {"slack": "X-Slack-Request-Timestamp", "webhook": "X-Timestamp"}

#: Filled by the tests: by what was tried, by channel, how often it was tried and refused.
tried = {}


def signed_bytes(patient, body):
    """Sign any bytes as the provider would."""
    if patient.name == "twilio":
        return patient.path, body, patient.signed(patient.path, {})[2]
    if patient.name == "slack":
        body, headers = patient._sign(body, "application/json", 0)
        return patient.path, body, headers
    if patient.name == "webhook":
        return patient.signed(body)
    path, _, headers = patient.signed({})
    if patient.name == "messenger":
        import hashlib
        import hmac

        import providers

        secret = providers.MESSENGER["MESSENGER_APP_SECRET"].encode()
        digest = hmac.new(secret, body, hashlib.sha256).hexdigest()
        headers["X-Hub-Signature-256"] = f"sha256={digest}"
    return path, body, headers


def unsigned(patient):
    path, body, headers = patient.request(WORDS)
    del headers[SIGNATURE[patient.name]]
    yield path, body, headers


def wrong_signatures(patient):
    path, body, headers = patient.request(WORDS)
    name = SIGNATURE[patient.name]
    good = headers[name]
    changed = ("A" if good[-2] != "A" else "B").join((good[:-2], good[-1]))
    plain = ("", "0", good[:-1], good + "=", good.swapcase() + "x", "sha1=" + "0" * 40, changed)
    for bad in (*plain, "é".encode().decode("latin-1")):
        yield path, body, {**headers, name: bad.encode("latin-1")}


def other_body(patient):
    if patient.name == "telegram":
        return  # The secret token says who sends, not what.
    path, body, headers = patient.request("hello")
    yield path, body.replace(b"hello", b"throat"), headers
    yield path, body + b" ", headers
    yield path, b"", headers


def old_or_future(patient):
    if patient.name in HAS_TIME:
        for age in (301, 3600, 86_400, -301, -86_400):
            yield patient.request(WORDS, age=age)


def bad_time(patient):
    if patient.name in HAS_TIME:
        path, body, headers = patient.request(WORDS)
        for bad in ("", "now", "-1", "1e9", "9" * 400, f"{time.time()}", "0"):
            yield path, body, {**headers, HAS_TIME[patient.name]: bad}


def changed_time(patient):
    if patient.name in HAS_TIME:
        path, body, headers = patient.request(WORDS, age=200)
        yield path, body, {**headers, HAS_TIME[patient.name]: str(int(time.time()))}


def wrong_content_type(patient):
    path, body, headers = patient.request(WORDS)
    for bad in ("text/plain", "multipart/form-data; boundary=x", "application/xml", "", "json"):
        yield path, body, {**headers, "Content-Type": bad}


def ten_megabytes(patient):
    path, body, headers = patient.request(WORDS)
    yield path, body + b" " * (10 * 1024 * 1024), headers


def ten_megabytes_in_chunks(patient):
    path, body, headers = patient.request(WORDS)

    async def chunks():
        yield body
        for _ in range(160):
            yield b" " * 65_536

    yield path, chunks(), headers


def deep_json(patient):
    if patient.content_type == "application/json":
        for deep in (b"[" * 60_000, b'{"a":' * 10_000, b'{"event":' * 5_000 + b"1" + b"}" * 5_000):
            yield signed_bytes(patient, deep)


def no_json(patient):
    if patient.content_type == "application/json":
        for bad in (b"", b"null", b"[]", b'"text"', b"{", b'"\\ud800"', b"NaN", b"text=hello"):
            yield signed_bytes(patient, bad)


def wrong_shapes(patient):
    """Every field of a good request in turn as something it cannot be."""
    _, body, _ = patient.request("hello")
    if patient.name == "twilio":
        form = dict(parse_qsl(body.decode(), keep_blank_values=True))
        for field in ("MessageSid", "From", "AccountSid"):
            bad = {**form, field: ""}
            if field == "MessageSid":
                bad["SmsMessageSid"] = ""
            yield patient.signed(patient.path, bad)
            yield patient.signed(patient.path, {**bad, field: "x" * 5000})
        yield patient.signed(patient.path, {**form, "AccountSid": "AC" + "0" * 32})
        yield patient.signed(patient.path, {**form, **{f"f{n}": "" for n in range(200)}})
        return
    data = json.loads(body)
    for place in places(data):
        for bad in (None, [], {}, "", 10**400, 1.5, True, "x" * 5000, "a\nb\x00", [[]], {"id": {}}):
            changed = copy.deepcopy(data)
            set_at(changed, place, bad)
            yield signed_bytes(patient, json.dumps(changed).encode())


def places(data, at=()):
    for key, value in data.items() if isinstance(data, dict) else enumerate(data):
        yield (*at, key)
        if isinstance(value, (dict, list)):
            yield from places(value, (*at, key))


def set_at(data, place, value):
    for key in place[:-1]:
        data = data[key]
    data[place[-1]] = value


def other_methods(patient):
    path, _, headers = patient.request(WORDS)
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        yield method, path, headers


REFUSED = {
    "no signature": unsigned,
    "wrong signature": wrong_signatures,
    "signature of another body": other_body,
    "older or newer than 5 minutes": old_or_future,
    "a time that is none": bad_time,
    "signature of another time": changed_time,
    "wrong content type": wrong_content_type,
    "body of 10 MB": ten_megabytes,
    "body of 10 MB in chunks": ten_megabytes_in_chunks,
    "JSON thousands of levels deep": deep_json,
    "no JSON, or no object": no_json,
}

#: With a good signature, and so repeated for days by some providers unless we say that we have it.
THROWN_AWAY = ("JSON thousands of levels deep", "no JSON, or no object")


def count(what, channel, refused):
    row = tried.setdefault(what, {}).setdefault(channel, [0, 0])
    row[0] += 1
    row[1] += refused


async def test_none_is_accepted(system):
    system.channel.refused_limit.wait = lambda _: 0.0
    for what, requests in REFUSED.items():
        for path, body, headers in requests(system.patient):
            try:
                answer = await system.client.post(path, content=body, headers=headers)
            except system.client_error:
                # The server had answered and hung up before everything was sent.
                count(what, system.name, True)
                continue
            thrown_away = answer.status_code == 200 and what in THROWN_AWAY
            thrown_away &= system.channel.repeats_refused
            assert thrown_away or 400 <= answer.status_code < 500, (what, answer.status_code)
            assert "throat" not in answer.text
            count(what, system.name, True)
    await system.settled()
    assert system.engine.texts == [] and system.provider.sent == []


async def test_fields_of_the_wrong_kind_never_break_the_server_or_get_an_answer_twice(system):
    system.channel.refused_limit.wait = lambda _: 0.0
    system.channel.sender_limit.wait = lambda _: 0.0
    what = "a field of the wrong kind (no server error)"
    for path, body, headers in wrong_shapes(system.patient):
        answer = await system.client.post(path, content=body, headers=headers)
        assert answer.status_code in (200, 400, 403), (answer.status_code, body[:300])
        count(what, system.name, True)
    await system.settled()
    # What stays readable may be answered, but only to her, and never as another's words.
    assert {message["to"] for message in system.provider.sent} <= harmless(system)


def harmless(system):
    mixed = {"telegram": set(), "messenger": set(), "slack": set(), "webhook": {"x", "y"}}
    return {system.her, *mixed.get(system.name, set())}


async def test_only_post_is_taken(system):
    for method, path, headers in other_methods(system.patient):
        answer = await system.client.request(method, path, headers=headers)
        assert answer.status_code in (403, 405)
        count("another HTTP method", system.name, True)
    assert system.engine.texts == []


async def test_a_replayed_request_is_taken_but_answered_once(system):
    request = system.patient.request("hello")
    for _ in range(8):
        assert (await system.patient.post(*request)).status_code == 200
        count("the same request again (answered once)", system.name, True)
    await system.settled()
    assert system.engine.texts == ["hello"] and len(system.provider.sent) == 1


async def test_a_flood_of_refused_requests_is_cut_short(system):
    path, body, headers = next(unsigned(system.patient))
    answers = [
        (await system.client.post(path, content=body, headers=headers)).status_code
        for _ in range(60)
    ]
    assert answers.count(429) >= 25 and set(answers) <= {403, 429}
    good = await system.patient.writes("hello")
    assert good.status_code == 200, "a flood from the provider's address must not shut it out"
    assert await system.provider.texts(1) == ["I read: hello"]
    for _ in answers:
        count("flood of 60 unsigned requests", system.name, True)


async def test_a_flood_of_messages_is_slowed_down_but_no_emergency_is(system, monkeypatch):
    from bot.channels.limits import RateLimiter
    from bot.channels.messaging import inbox

    monkeypatch.setattr(inbox, "MOST_WAITING", 15)
    system.channel.sender_limit = RateLimiter(burst=5, per_second=0.001)
    for _ in range(40):
        await system.patient.writes("what are your opening hours")
    await system.provider_says("Many messages")
    handled = len(system.engine.texts)
    assert handled < 15
    assert sum("Many messages" in message["text"] for message in system.provider.sent) == 1
    await system.patient.writes("my throat is closing and i cant breathe")
    await system.provider_says("EMERGENCY", seconds=10)
    count("flood of messages of one sender (held back)", system.name, True)


async def test_a_flood_counts_over_all_processes_together(twilio):
    other = twilio.make()
    for _ in range(20):
        assert twilio.channel.sender_limit.wait("her") == 0
    assert other.sender_limit.wait("her") > 0
    assert await twilio.channel.may_tell("her") and not await other.may_tell("her")
    await other.close()


async def test_what_is_not_between_her_and_us_alone_is_not_read(system):
    what = "group chats, channels, bots and echoes"
    for request in not_private(system.patient):
        assert (await system.patient.post(*request)).status_code == 200
        count(what, system.name, True)
    await system.settled()
    assert system.engine.texts == []


def not_private(patient):
    if patient.name == "telegram":
        for kind in ("group", "supergroup", "channel"):
            yield patient.request(WORDS, chat={"id": -100123, "type": kind, "title": "Mothers"})
        message = json.loads(patient.request(WORDS)[1])["message"]
        message["from"]["is_bot"] = True
        yield patient.signed({"update_id": 9_000_001, "message": message})
        chat = {"id": -100123, "type": "group"}
        query = {"id": "1", "from": {"id": 1}, "message": {"chat": chat}, "data": WORDS}
        yield patient.signed({"update_id": 9_000_002, "callback_query": query})
        for kind in ("channel_post", "poll", "inline_query", "message_reaction"):
            yield patient.signed({"update_id": 9_000_003, kind: {"text": WORDS, "chat": chat}})
    elif patient.name == "messenger":
        yield patient.request(WORDS, is_echo=True, app_id=1)
        yield patient.signed(patient.event(read={"watermark": 1}))
        yield patient.signed(patient.event(delivery={"mids": ["m_1"], "watermark": 1}))
        yield patient.signed(patient.event(reaction={"mid": "m_1", "emoji": "+1"}))
    elif patient.name == "slack":
        for kind in ("channel", "group", "mpim", "app_home"):
            yield patient.request(WORDS, channel_type=kind)
        yield patient.request(WORDS, bot_id="B123")
        yield patient.request(WORDS, subtype="bot_message")
        yield patient.request(WORDS, subtype="message_deleted")
        event = {"type": "reaction_added", "user": "U1", "channel": "D1", "text": WORDS}
        yield patient.signed(patient.event(event, "Ev-reaction"))


def test_the_documented_table_is_what_happened(request):
    if len(tried) < len(REFUSED) + 5:
        pytest.skip("the whole file has to run for the table")
    lines = ["| tried | " + " | ".join(CONNECTORS) + " |", "|---|" + "--:|" * len(CONNECTORS)]
    for what, by_channel in tried.items():
        cells = [
            f"{by_channel[name][1]}/{by_channel[name][0]}" if name in by_channel else "-"
            for name in CONNECTORS
        ]
        lines.append(f"| {what} | " + " | ".join(cells) + " |")
    table = "\n".join(lines)
    text = DOCS.read_text(encoding="utf-8")
    pattern = re.compile(r"(<!-- hostile requests -->\n).*?(<!-- end -->)", re.DOTALL)
    if os.environ.get("WRITE_TABLES"):
        DOCS.write_text(pattern.sub(rf"\g<1>{table}\n\g<2>", text), encoding="utf-8")
    found = pattern.search(DOCS.read_text(encoding="utf-8"))
    assert found and found.group(0).split("\n", 1)[1].rsplit("\n", 1)[0] == table
