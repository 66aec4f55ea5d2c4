"""The pages that the recorded runs write: docs/faults.md and docs/durability.md."""

import os
import time

PATIENTS_HEAD = """# Faults as patients meet them

Made by `python -m benchmarks.faults --patients`: both services as real processes under the
supervisor of `serve`. Something is broken, one patient asks a question of the page and another
writes an emergency, both through the web channel; then it is mended. The table says what they got
and after how long, when the alert was there, and what the next question got. On PostgreSQL and
Redis each connection goes over a wire that can be cut (down), blocked (hung: it takes bytes and
says nothing) or slowed. What counts as held: the emergency gets its text within 20 seconds (120
where a process has to start again first, 240 where the message itself ends or blocks each process),
the question gets its answer or the safe text, the alert and its notification arrive, and the next
question is answered.

{when}

| fault | on | her question | her emergency | alert | next question | held |
|---|---|---|---|---|---|---|
"""
HEAD = """# Faults

Made by `python -m benchmarks.faults`: the real care service (the ASGI application in a process of
its own), a real receiver of notifications, and patients who write as Rasa does: first into the
conversation store, then to the action. Each line is one run on an empty database. A notification
that is sent again bears the same reference, so that its receiver recognises it.

| fault | database | counted | held | seconds |
|---|---|---|---|---|
"""

PATIENTS_TAIL = """
What a line does not say. "Care database full" lets PostgreSQL refuse each write with its error for
a full disk; real full disks are the last line and docs/faults.md. "No memory left" freezes the
address space of the process at its size: it went on from what it had, and no allocation was seen to
fail. While a message hangs the process, everybody else waits too, up to half a minute and a start.

Elsewhere: an alert in the outbox while a notifier is down, clocks that jump, two dispatchers and
kill -9 of care are in docs/faults.md, kill -9 of every process of a cluster in docs/cluster.md. The
quick ones of this table are tests, `tests/services/test_patient_faults.py`.

What building and making these runs found, all of it mended since:

- A chat service could not start with a damaged model, and an emergency that the engine could not
  handle got the safe text only. Both are answered from the screen and the texts alone now
  (`bot/nlu/last_resort.py`).
- An emergency at which a component raised, or whose action answered with wrong JSON, was not in the
  conversations, and its alert was lost. It is recorded now, whatever breaks.
- `serve` gave up after five deaths in two minutes, so that one message which ends the process could
  end the service. It goes on, with pauses; such a message is kept from the engine, and what hangs
  is killed.
- A database that takes bytes and says nothing held up every answer. Calls are given up in time.
- With care and the conversations away at once, an emergency that waited on disk was stored only
  when somebody wrote again. It is stored as soon as the database answers.
- A locked SQLite file was waited for at each of a dozen steps of one answer.
"""


def patients_page(lines) -> str:
    """Return the page for the lines of a run that ends now."""
    day, load = time.strftime("%d %B %Y").lstrip("0"), os.getloadavg()[2]
    when = f"Run on {day} on {os.cpu_count()} cores with a load average of {load:.0f}."
    return PATIENTS_HEAD.format(when=when) + "\n".join(lines) + "\n" + PATIENTS_TAIL
