"""What holds for every connector: answered once, in order, whatever breaks."""

import asyncio

import pytest

pytestmark = pytest.mark.services


async def test_a_message_is_answered_through_the_provider(system):
    answer = await system.patient.writes("hello there")
    assert answer.status_code == 200
    assert await system.provider.texts(1) == ["I read: hello there"]
    assert system.provider.sent[0]["to"] == system.her
