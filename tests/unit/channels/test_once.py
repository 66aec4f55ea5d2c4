import threading

import pytest

from bot.channels import database
from bot.channels.once import Once
from bot.channels.store import Turn


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def once(tmp_path, clock):
    return Once(database.engine(f"sqlite:///{tmp_path}/channels.db"), lease=60, clock=clock)


def test_one_does_it_and_the_others_know(once):
    assert once.claim("a") is Turn.NEW
    assert once.claim("a") is Turn.RUNNING
    once.settle("a")
    assert once.claim("a") is Turn.DONE
    assert once.claim("b") is Turn.NEW


def test_what_failed_or_died_is_tried_again(once, clock):
    once.claim("failed")
    once.release("failed")
    assert once.claim("failed") is Turn.NEW
    clock.now += 61
    assert once.claim("failed") is Turn.NEW
    assert once.claim("failed") is Turn.RUNNING


def test_what_is_done_cannot_be_given_back(once):
    once.claim("a")
    once.settle("a")
    once.release("a")
    assert once.claim("a") is Turn.DONE


def test_of_many_at_once_one_wins(once):
    turns = []
    threads = [threading.Thread(target=lambda: turns.append(once.claim("a"))) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert turns.count(Turn.NEW) == 1


def test_old_names_are_forgotten(once, clock):
    once.claim("a")
    once.settle("a")
    clock.now += 100
    assert once.forget_before(clock.now - 50) == 1
    assert once.claim("a") is Turn.NEW
