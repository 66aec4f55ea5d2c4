import asyncio
import subprocess
import sys

import pytest
from care.samples import raise_sample

from bot.care import audit, database
from bot.desk.feed import Feed


async def following(settings):
    feed = Feed(settings)
    await feed.start()
    return feed


def raise_one(settings, **changes):
    with database.transaction(settings) as session:
        return raise_sample(session, **changes).id


async def test_a_waiting_reader_hears_of_an_alert_of_this_process(settings):
    feed = await following(settings)
    reader = asyncio.create_task(feed.events_after(await feed.newest(), wait_seconds=20))
    await asyncio.sleep(0)
    alert_id = await asyncio.to_thread(raise_one, settings)
    events = await reader
    assert (events[0].action, events[0].alert_id) == (audit.RAISED, alert_id)
    feed.stop()


@pytest.mark.services
async def test_a_waiting_reader_hears_of_an_alert_of_another_process(settings):
    feed = await following(settings)
    reader = asyncio.create_task(feed.events_after(await feed.newest(), wait_seconds=30))
    program = (
        "import sys, pathlib; sys.path.insert(0, 'tests/unit');"
        "from care.conftest import settings_in; from care.samples import raise_sample;"
        "from bot.care import database\n"
        "with database.transaction(settings_in(pathlib.Path(sys.argv[1]))) as session:\n"
        "    raise_sample(session)"
    )
    await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", program, str(settings.folder)], check=True
    )
    assert (await reader)[0].action == audit.RAISED
    feed.stop()


async def test_a_reader_that_was_away_gets_what_it_missed(settings):
    before = raise_one(settings, conversation_id="a")
    feed = await following(settings)
    seen = await feed.newest()
    missed = [raise_one(settings, conversation_id=name) for name in "bc"]
    events = await feed.events_after(seen, wait_seconds=20)
    while len(events) < 4:
        events += await feed.events_after(events[-1].id, wait_seconds=20)
    raised = [event.alert_id for event in events if event.action == audit.RAISED]
    assert raised == missed and before not in missed
    feed.stop()


async def test_nothing_new_ends_the_wait_with_nothing(settings):
    feed = await following(settings)
    assert await feed.events_after(await feed.newest(), wait_seconds=0.05) == []
    feed.stop()


async def test_stopping_ends_every_wait(settings):
    feed = await following(settings)
    newest = await feed.newest()
    readers = [asyncio.create_task(feed.events_after(newest, wait_seconds=60)) for _ in range(3)]
    await asyncio.sleep(0)
    feed.stop()
    assert await asyncio.wait_for(asyncio.gather(*readers), 10) == [[], [], []]
