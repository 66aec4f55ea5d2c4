"""The faults, one function each. Every one returns what it counted and whether nothing was lost."""

import contextlib
import dataclasses
import random
import socket
import subprocess
import threading
import time
from datetime import timedelta

import yaml
from sqlalchemy import create_engine, text

from benchmarks.faults.watchers import Watchers
from benchmarks.faults.world import World, wait_for
from bot.care import database, ladders, outbox
from bot.care.clock import now
from bot.care.dispatcher import Dispatcher
from bot.care.models import Delivery
from bot.desk import api_tokens
from bot.yaml_files import read_yaml


@dataclasses.dataclass(frozen=True)
class Result:
    """One line of the table."""

    fault: str
    database: str
    counts: str
    ok: bool
    seconds: float = 0.0


@dataclasses.dataclass(frozen=True)
class Size:
    """How much of everything: the recorded run, or the short one of the tests."""

    kills: int = 200
    burst: int = 500
    some: int = 40
    watchers: int = 50
    open_alerts: int = 1000
    lock_seconds: float = 25.0
    full_seconds: float = 10.0


SHORT = Size(4, 16, 6, 5, 30, 3.0, 3.0)


def kill_at_random(world: World, size: Size) -> Result:
    """kill -9 of care at random points while alerts come in."""
    answered: list = []
    began = time.monotonic()
    port = world.start()
    world.wait_ready(port)
    # Points before, while and after the service comes up again, and the burst over all of them.
    longest = 2 * (time.monotonic() - began)
    gap = 4 * size.kills * longest / 2 / size.burst

    def patients() -> None:
        for _ in range(size.burst // 4):
            answered.append(world.emergency(port, timeout=5.0))
            time.sleep(random.uniform(0, 1.6 * gap))

    threads = [threading.Thread(target=patients, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(size.kills):
        time.sleep(random.uniform(0.05, longest))
        world.kill(port)
        world.start(port)
    for thread in threads:
        thread.join()
    world.wait_ready(port)
    world.settle()
    counts = world.count()
    return Result(
        f"kill -9 of care at {size.kills} random points during a burst of "
        f"{counts['emergencies']} emergencies",
        world.name,
        f"{counts['alerts']} alerts, lost {counts['lost']}, shown twice {counts['twice']}; "
        f"{answered.count(False)} actions died, {counts['recovered']} alerts recovered from the "
        f"conversations; without notification {counts['not_notified']}, sent again with the same "
        f"reference {counts['resent']}",
        counts["lost"] == counts["twice"] == counts["not_notified"] == 0
        and counts["alerts"] == counts["emergencies"],
    )


def notifier_down(world: World, size: Size) -> Result:
    """The notifier refuses for longer than anybody tries, then works again."""
    faster = {"FIRST_RETRY_SECONDS": 0.02, "LONGEST_RETRY_SECONDS": 0.1}
    before = {name: getattr(outbox, name) for name in faster}
    port = world.start()
    world.wait_ready(port)
    world.receiver.status = 503
    for _ in range(size.some):
        world.emergency(port)
    world.kill(port)
    with database.transaction(world.settings) as session:
        for row in session.query(Delivery):
            row.state, row.due_at = "due", now()
    # The same code with shorter waits: the whole range would take an hour and a half.
    try:
        for name, value in faster.items():
            setattr(outbox, name, value)
        dispatcher = Dispatcher(world.settings)
        wait_for(
            lambda: (
                dispatcher.run_once() == 0
                and all(delivery.state == "failed" for delivery in world.deliveries())
            ),
            "every attempt",
        )
    finally:
        for name, value in before.items():
            setattr(outbox, name, value)
    given_up, refused = world.deliveries(), world.receiver.refused
    attempts = {delivery.attempts for delivery in given_up}
    world.receiver.status = 200
    with database.transaction(world.settings) as session:
        ladders.take_due(session, at=now() + timedelta(minutes=20), limit=10_000)
    with database.transaction(world.settings) as session:
        ladders.take_due(session, at=now() + timedelta(minutes=40), limit=10_000)
    while dispatcher.run_once():
        pass
    counts = world.count()
    return Result(
        "notifier down for the whole backoff range, then up",
        world.name,
        f"{counts['emergencies']} emergencies, {max(attempts)} attempts each ({refused} refused), "
        f"{len(given_up)} given up and listed for the desk; the ladder's next step reached "
        f"{counts['emergencies'] - counts['not_notified']}, lost {counts['lost']}",
        counts["not_notified"] == counts["lost"] == 0 and attempts == {outbox.MOST_ATTEMPTS},
    )


def smtp_hangs(world: World, size: Size) -> Result:
    """A mail server takes the connection and says nothing; the other address is not held up."""
    with socket.create_server(("127.0.0.1", 0), backlog=256) as silent:
        mail = f"mailto://127.0.0.1:{silent.getsockname()[1]}?from=a@b.example&to=c@d.example"
        plan = read_yaml(world.settings.escalation)
        plan["people"]["ward"]["mail"] = mail
        world.settings.escalation.write_text(yaml.safe_dump(plan))
        port = world.start()
        world.wait_ready(port)
        for _ in range(size.some):
            world.emergency(port)
        wait_for(lambda: len(world.receiver.first_at) == len(world.sent), "the other address")
        sent_at = {message: at for _, (message, at) in world.sent.items()}
        ids = {alert.id: sent_at[alert.assessment.message.source_id] for alert in world.alerts()}
        waits = sorted(world.receiver.first_at[key] - at for key, at in ids.items())
        wait_for(
            lambda: any(d.last_error for d in world.deliveries() if d.recipient.endswith("(mail)")),
            "a time-out",
        )
        tried = [d for d in world.deliveries() if d.recipient.endswith("(mail)") and d.last_error]
        world.kill(port)
    return Result(
        "SMTP server hangs",
        world.name,
        f"{len(ids)} emergencies with two addresses each: the webhook had all after "
        f"{waits[len(waits) // 2]:.1f} s (median), {waits[-1]:.1f} s (longest); "
        f"{len(tried)} mails timed out and wait for another attempt",
        len(ids) == len(world.sent) and bool(tried),
    )


def database_locked(world: World, size: Size) -> Result:
    """Somebody else holds the database locked while patients write."""
    port = world.start()
    world.wait_ready(port)
    engine = create_engine(world.settings.care_database, future=True)
    with engine.connect() as connection:
        if world.cluster:
            connection.execute(text("LOCK TABLE alerts IN ACCESS EXCLUSIVE MODE"))
        else:
            connection.exec_driver_sql("BEGIN EXCLUSIVE")
        until = time.monotonic() + size.lock_seconds
        answered = _emergencies(world, port, size.some, timeout=size.lock_seconds + 30)
        time.sleep(max(0.0, until - time.monotonic()))
        connection.rollback()
    engine.dispose()
    answers = answered()
    world.settle()
    return _survived(world, f"database locked for {size.lock_seconds:.0f} s", answers.count(False))


def database_restarted(world: World, size: Size) -> Result:
    """The database server stops without warning and comes back."""
    if not world.cluster:
        return Result("database restarted", world.name, "SQLite has no server to restart", True)
    port = world.start()
    world.wait_ready(port)
    answered = _emergencies(world, port, size.some, timeout=30)
    for _ in range(3):
        time.sleep(1)
        world.cluster.control("-m", "immediate", "restart")
    answers = answered()
    world.settle()
    return _survived(world, "database restarted three times at once", answers.count(False))


def disk_full(world: World, size: Size) -> Result:
    """The disk of the database is full for a while."""
    place = world.cluster.folder if world.cluster else world.folder
    port = world.start()
    world.wait_ready(port)
    filler = place / "filler"
    with contextlib.suppress(OSError), open(filler, "wb", buffering=0) as file:
        while True:
            file.write(b"\0" * 65536)
    with contextlib.suppress(OSError), open(filler, "ab", buffering=0) as file:
        while True:
            file.write(b"\0")
    answered = _emergencies(world, port, size.some * 5, timeout=10)
    time.sleep(size.full_seconds)
    filler.unlink()
    answers = answered()
    if world.cluster:
        with contextlib.suppress(subprocess.CalledProcessError):
            world.cluster.control("start")
    world.settle()
    return _survived(world, "disk full", answers.count(False))


def clock_jumps(world: World, size: Size) -> Result:
    """The clock of care's machine jumps an hour ahead, then two back, during sending."""
    port = world.start()
    world.wait_ready(port)
    offset = world.folder / "clock-offset"
    for seconds in (3600, -3600, 0):
        world.receiver.status = 503
        answered = _emergencies(world, port, size.some // 3, timeout=30)
        answered()
        offset.write_text(str(seconds))
        world.receiver.status = 200
        wait_for(lambda: len(world.receiver.first_at) == len(world.sent), "every notification", 60)
    counts = world.count()
    return Result(
        "clock jumps an hour (ahead, two back, ahead) with notifications under way",
        world.name,
        f"{counts['emergencies']} emergencies: all notified within a minute of each jump, lost "
        f"{counts['lost']}, shown twice {counts['twice']}, sent again with the same reference "
        f"{counts['resent']}",
        counts["lost"] == counts["twice"] == 0,
    )


def two_dispatchers(world: World, size: Size) -> Result:
    """Two care processes on one database."""
    ports = [world.start(), world.start()]
    for port in ports:
        world.wait_ready(port)
    waits = [_emergencies(world, port, size.some, timeout=30) for port in ports]
    for wait in waits:
        wait()
    world.settle()
    counts = world.count()
    return Result(
        "two care processes (two dispatchers) on one database",
        world.name,
        f"{counts['emergencies']} emergencies, {sum(world.receiver.references.values())} "
        f"notifications received, sent twice {counts['resent']}, lost {counts['lost']}, shown "
        f"twice {counts['twice']}",
        counts["lost"] == counts["twice"] == counts["resent"] == counts["not_notified"] == 0,
    )


def desk_through_restart(world: World, size: Size) -> Result:
    """The live updates through kill -9 and restart: they reconnect and miss nothing."""
    port = world.start()
    world.wait_ready(port)
    token = api_tokens.add(world.settings, "desk", api_tokens.SCOPES)
    with Watchers(port, token, 3) as watchers:
        for _ in range(3):
            _emergencies(world, port, max(2, size.some // 6), timeout=10)()
            world.kill(port)
            _emergencies(world, port, 2, timeout=2)()
            world.start(port)
            world.wait_ready(port)
        world.settle()
        ids = {alert.id for alert in world.alerts()}
        wait_for(lambda: all(ids <= seen for seen in watchers.seen), "every alert", 60)
        missed = sum(len(ids - seen) for seen in watchers.seen)
        reconnects = watchers.reconnects
    return Result(
        "desk open through three kill -9 and restarts",
        world.name,
        f"3 open streams, {len(ids)} alerts, {reconnects} reconnects, events missed {missed}",
        missed == 0 and reconnects >= 3,
    )


def many_watchers(world: World, size: Size) -> Result:
    """Many nurses watch while many alerts are open and more come in."""
    port = world.start()
    world.wait_ready(port)
    _emergencies(world, port, size.open_alerts, timeout=60, threads=4)()
    token = api_tokens.add(world.settings, "desk", api_tokens.SCOPES)
    known = {alert.id for alert in world.alerts()}
    with Watchers(port, token, size.watchers) as watchers:
        wait_for(lambda: watchers.connected == size.watchers, "every watcher")
        for _ in range(size.some):
            world.emergency(port)
            time.sleep(0.2)
        new = {alert.id for alert in world.alerts()} - known
        wait_for(lambda: all(new <= seen for seen in watchers.seen), "every watcher to see all")
        sent_at = {message: at for _, (message, at) in world.sent.items()}
        began = {
            alert.id: sent_at[alert.assessment.message.source_id]
            for alert in world.alerts()
            if alert.id in new
        }
        waits = sorted(
            at[alert_id] - began[alert_id] for at in watchers.seen_at for alert_id in new
        )
        missed = sum(len(new - seen) for seen in watchers.seen)
    return Result(
        f"{size.watchers} nurses watch {len(known)} open alerts",
        world.name,
        f"{len(new)} further emergencies reached every watcher, missed {missed}; from her "
        f"message to a watcher p50 {waits[len(waits) // 2]:.2f} s, "
        f"p99 {waits[int(len(waits) * 0.99)]:.2f} s",
        missed == 0 and len(new) == size.some,
    )


SCENARIOS = (
    kill_at_random,
    notifier_down,
    smtp_hangs,
    database_locked,
    database_restarted,
    disk_full,
    clock_jumps,
    two_dispatchers,
    desk_through_restart,
    many_watchers,
)


def _emergencies(world: World, port: int, number: int, *, timeout: float, threads: int = 2):
    """Let patients write in the background; the returned function waits and gives the answers."""
    answers: list = []

    def write(count: int) -> None:
        for _ in range(count):
            answers.append(world.emergency(port, timeout=timeout))

    shares = [number // threads + (place < number % threads) for place in range(threads)]
    running = [threading.Thread(target=write, args=(share,), daemon=True) for share in shares]
    for thread in running:
        thread.start()

    def wait() -> list:
        for thread in running:
            thread.join()
        return answers

    return wait


def _survived(world: World, fault: str, died: int) -> Result:
    counts = world.count()
    return Result(
        fault,
        world.name,
        f"{counts['emergencies']} emergencies meanwhile, {died} actions failed, "
        f"{counts['recovered']} alerts recovered from the conversations, lost {counts['lost']}, "
        f"shown twice {counts['twice']}, without notification {counts['not_notified']}",
        counts["lost"] == counts["twice"] == counts["not_notified"] == 0,
    )
