import asyncio
import threading
import time

import pytest
from sqlalchemy.exc import OperationalError

from bot.channels import in_time as module
from bot.channels.in_time import DatabaseHangs, InTime


async def test_what_comes_back_in_time_is_returned_or_raised():
    in_time = InTime("test", threads=2)
    assert await in_time(max, 1, 2) == 2
    with pytest.raises(ZeroDivisionError):
        await in_time(lambda: 1 / 0)


async def test_after_one_call_hangs_no_other_is_begun_until_it_comes_back():
    in_time, gate, begun = InTime("test", threads=2, seconds=0.05), threading.Event(), []
    with pytest.raises(DatabaseHangs):
        await in_time(gate.wait)
    with pytest.raises(DatabaseHangs):
        await in_time(begun.append, 1)
    assert in_time.hangs and begun == []
    gate.set()
    while in_time.hangs:
        await asyncio.sleep(0.01)
    await in_time(begun.append, 2)
    assert begun == [2]


async def test_after_a_slow_failure_the_database_is_left_alone_for_a_while(monkeypatch):
    monkeypatch.setattr(module, "SLOW_FAILURE", 0.02)
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.1)
    in_time = InTime("test", threads=2)

    def locked(seconds):
        time.sleep(seconds)
        raise OperationalError("", {}, Exception("database is locked"))

    with pytest.raises(OperationalError):
        await in_time(locked, 0.0)
    assert await in_time(max, 1, 2) == 2
    with pytest.raises(OperationalError):
        await in_time(locked, 0.05)
    with pytest.raises(DatabaseHangs):
        await in_time(max, 1, 2)
    await asyncio.sleep(0.15)
    assert await in_time(max, 1, 2) == 2
