"""The stream of the API: programs resume where they stopped, and many may listen."""

import json
import sqlite3
import threading
import urllib.request
from contextlib import closing

import pytest
from desk_site import raised

pytestmark = pytest.mark.services


def listen(care, last=None):
    headers = {"Authorization": f"Bearer {care.token()}"}
    if last is not None:
        headers["Last-Event-ID"] = str(last)
    request = urllib.request.Request(f"{care.address}/api/alerts/stream", headers=headers)
    return urllib.request.urlopen(request, timeout=30)


def raised_ids(stream, count):
    ids = []
    while len(ids) < count:
        line = stream.readline().decode()
        if line.startswith("data: {") and '"event": "alert raised"' in line:
            ids.append(json.loads(line[6:])["alert"]["id"])
    return ids


def test_a_program_resumes_where_it_stopped(quiet):
    first = raised(quiet, conversation_id="a")
    with closing(sqlite3.connect(quiet.settings.folder / "care.db")) as connection:
        seen = connection.execute("SELECT max(id) FROM audit_events").fetchone()[0]
    missed = raised(quiet, conversation_id="b")
    with listen(quiet, seen) as stream:
        assert raised_ids(stream, 1) == [missed] != [first]


def test_many_nurses_watch_and_each_hears_of_every_alert(quiet):
    heard, lock = {}, threading.Lock()
    started = threading.Barrier(11)

    def watch(number):
        with listen(quiet) as stream:
            while not stream.readline().startswith(b"event: ready"):
                pass
            started.wait(30)
            ids = raised_ids(stream, 5)
        with lock:
            heard[number] = ids

    threads = [threading.Thread(target=watch, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    started.wait(30)
    ids = [raised(quiet, conversation_id=f"many {number}") for number in range(5)]
    for thread in threads:
        thread.join(30)
    assert heard == {number: ids for number in range(10)}
