"""Two replicas never answer one conversation at once, and a dead lock server stops nobody."""

import asyncio
import shutil
import subprocess
import time

import pytest

from bot.service.processes import free_port

pytestmark = pytest.mark.model


class _Redis:
    def __init__(self, folder):
        self.port = free_port()
        self.address = f"redis://127.0.0.1:{self.port}/0"
        self._folder = folder
        self.start()

    def start(self):
        self._process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""],
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 10
        while (
            subprocess.run(["redis-cli", "-p", str(self.port), "ping"], capture_output=True).stdout
            != b"PONG\n"
        ):
            assert time.monotonic() < deadline, "Redis did not start"
            time.sleep(0.05)

    def stop(self):
        self._process.kill()
        self._process.wait()


@pytest.fixture
def redis(tmp_path):
    if not shutil.which("redis-server"):
        pytest.skip("There is no Redis server here; `apt-get install redis-server` brings one.")
    server = _Redis(tmp_path)
    yield server
    server.stop()


async def _hold(store, name, log, seconds=0.02):
    async with store.lock("her", lock_lifetime=5):
        log.append(("in", name))
        await asyncio.sleep(seconds)
        log.append(("out", name))


def _never_together(log):
    inside = 0
    for step, _ in log:
        inside += 1 if step == "in" else -1
        if inside not in (0, 1):
            return False
    return True


async def test_two_replicas_hold_one_conversation_in_turn(redis):
    from bot.nlu.lock_store import SharedLockStore

    one, other, log = SharedLockStore(redis.address), SharedLockStore(redis.address), []
    await asyncio.gather(*(_hold(s, n, log) for n in range(5) for s in (one, other)))
    assert len(log) == 20
    assert _never_together(log)


async def test_one_replica_serves_in_the_order_of_arrival(redis):
    from bot.nlu.lock_store import SharedLockStore

    for store in (SharedLockStore(redis.address), SharedLockStore()):
        log = []
        await asyncio.gather(*(_hold(store, n, log) for n in range(8)))
        assert [name for step, name in log if step == "in"] == list(range(8))


async def test_conversations_do_not_wait_for_one_another():
    from bot.nlu.lock_store import SharedLockStore

    store = SharedLockStore()
    async with store.lock("her"), store.lock("someone else"):
        pass


async def test_a_message_that_never_finishes_does_not_lock_her_out(redis):
    from bot.nlu.lock_store import SharedLockStore

    dead, alive = SharedLockStore(redis.address), SharedLockStore(redis.address)
    await dead._take("her", lifetime=0.3)
    async with alive.lock("her", lock_lifetime=5):
        pass


async def test_without_the_lock_server_she_is_answered_and_with_it_again_locked(redis):
    from bot.nlu import lock_store

    one, other = (lock_store.SharedLockStore(redis.address) for _ in range(2))
    redis.stop()
    started = time.monotonic()
    async with one.lock("her"):
        assert not await one.answers()
    assert time.monotonic() - started < 5
    redis.start()
    one._paused_until = 0.0
    log = []
    await asyncio.gather(*(_hold(s, n, log) for n in range(3) for s in (one, other)))
    assert _never_together(log)


async def test_a_failing_turn_gives_the_conversation_back(redis):
    from bot.nlu.lock_store import SharedLockStore

    store = SharedLockStore(redis.address)
    with pytest.raises(RuntimeError):
        async with store.lock("her"):
            raise RuntimeError
    async with SharedLockStore(redis.address).lock("her", lock_lifetime=1):
        pass
