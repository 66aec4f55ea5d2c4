"""Slack: its handshake, threads, retries and escaped text."""

import pytest

pytestmark = pytest.mark.services


async def test_the_question_of_the_set_up_is_answered_when_it_is_signed(slack):
    question = {"type": "url_verification", "token": "x", "challenge": "3eZbrw1aB10"}
    path, body, headers = slack.patient.signed(question)
    answer = await slack.patient.post(path, body, headers)
    assert (answer.status_code, answer.text) == (200, "3eZbrw1aB10")
    assert (await slack.client.post(path, json=question)).status_code == 403


async def test_a_retry_of_slack_is_answered_once(slack):
    path, body, headers = slack.patient.request("hello", id="Ev0001")
    await slack.patient.post(path, body, headers)
    again = {**headers, "X-Slack-Retry-Num": "1", "X-Slack-Retry-Reason": "http_timeout"}
    await slack.patient.post(path, body, again)
    await slack.provider.texts(1)
    await slack.settled()
    assert slack.engine.texts == ["hello"]


async def test_an_answer_stays_in_the_thread_of_its_message(slack):
    await slack.patient.writes("hello", thread_ts="1355517523.000005")
    await slack.patient.writes("hello again")
    await slack.provider.texts(2)
    assert [message["thread"] for message in slack.provider.sent] == ["1355517523.000005", None]


async def test_text_is_read_as_she_typed_it_and_sent_as_slack_wants_it(slack):
    written = "is 5 &lt; 6 &amp; see <https://clinic.example|clinic.example> or <tel:999|999>"
    await slack.patient.writes(written)
    [text] = await slack.provider.texts(1)
    assert slack.engine.texts == ["is 5 < 6 & see clinic.example or 999"]
    assert text == "I read: is 5 &lt; 6 &amp; see clinic.example or 999"


async def test_a_mention_in_a_channel_is_refused_in_private(slack):
    event = {
        "type": "app_mention",
        "user": "U061F7AUR",
        "text": "<@U0LAN0Z89> my throat is closing",
        "ts": "1515449522.000016",
        "channel": "C123ABC456",
    }
    for number in range(2):
        signed = slack.patient.signed(slack.patient.event(event, f"Ev-mention-{number}"))
        assert (await slack.patient.post(*signed)).status_code == 200
    [text] = await slack.provider.texts(1)
    await slack.settled()
    assert "direct message" in text and "999" in text
    assert slack.provider.sent[0]["path"] == "/chat.postEphemeral"
    assert len(slack.provider.sent) == 1 and slack.engine.seen == []


async def test_a_changed_message_is_read_when_its_words_changed(slack):
    await slack.patient.writes("my arm is sore", ts="1355517523.900000")
    for text in ("my arm is sore", "my throat is sore"):
        changed = {"type": "message", "user": "U1", "text": text, "ts": "1355517523.900000"}
        await slack.patient.writes(None, subtype="message_changed", message=changed)
    await slack.provider.texts(2)
    await slack.settled()
    assert slack.engine.texts == ["my arm is sore", "my throat is sore"]


async def test_a_file_with_words_is_read_without_the_file(slack):
    await slack.patient.writes("my arm", subtype="file_share", files=[{"id": "F1"}])
    answer, unseen = await slack.provider.texts(2)
    assert answer == "I read: my arm" and "files" in unseen


async def test_a_button_pressed_twice_counts_once_and_an_old_press_is_refused(slack):
    request = slack.patient.pressed("yes")
    for _ in range(2):
        await slack.patient.post(*request)
    await slack.provider.texts(1)
    assert (await slack.patient.post(*slack.patient.pressed("no", age=400))).status_code == 403
    path, body, headers = slack.patient.pressed("no")
    forged = await slack.patient.post(path, body + b"x", headers)
    assert forged.status_code == 403
    await slack.settled()
    assert slack.engine.texts == ["yes"]
