from sqlalchemy.exc import OperationalError

from bot.channels import database
from bot.channels.limits import RateLimiter, SharedRateLimiter, wait_for_all


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_a_burst_is_allowed_then_the_rate_counts():
    clock = Clock()
    limiter = RateLimiter(burst=3, per_second=0.5, clock=clock)
    assert [limiter.wait("her") for _ in range(3)] == [0, 0, 0]
    assert limiter.wait("her") == 2
    clock.now = 2
    assert limiter.wait("her") == 0
    assert limiter.wait("her") == 2


def test_one_sender_does_not_slow_another():
    limiter = RateLimiter(burst=1, per_second=0.1, clock=Clock())
    assert limiter.wait("a") == 0
    assert limiter.wait("b") == 0
    assert limiter.wait("a") > 0


def test_a_flood_of_senders_does_not_fill_the_memory():
    limiter = RateLimiter(burst=1, per_second=0.1, remembered=100, clock=Clock())
    for number in range(1000):
        limiter.wait(str(number))
    assert len(limiter._buckets) == 100


def shared(tmp_path, clock, burst=3):
    engine = database._build.__wrapped__(f"sqlite:///{tmp_path}/channels.db")
    database.prepare(engine)
    return SharedRateLimiter(engine, "test", burst, 0.5, clock=clock)


def test_processes_share_one_bucket(tmp_path):
    clock = Clock()
    one, other = shared(tmp_path, clock), shared(tmp_path, clock)
    assert [one.wait("her"), other.wait("her"), one.wait("her")] == [0, 0, 0]
    assert other.wait("her") == 2
    assert one.wait("somebody else") == 0
    clock.now = 2
    assert other.wait("her") == 0
    assert one.wait("her") == 2


def test_without_a_database_each_process_counts_for_itself(tmp_path, caplog):
    limiter = shared(tmp_path, Clock(), burst=1)

    def broken(sql, key):
        raise OperationalError("select", {}, Exception("the database is away"))

    limiter.take_from = broken
    assert limiter.wait("her") == 0
    assert limiter.wait("her") > 0
    assert "OperationalError" in caplog.text and "her" not in caplog.text.replace("other", "")


def test_no_address_is_kept_and_unused_buckets_go(tmp_path):
    clock = Clock()
    limiter = shared(tmp_path, clock)
    limiter.wait("203.0.113.7")
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"203.0.113.7" not in content
    clock.now = 100
    assert limiter.forget_before(50) == 1


def test_an_empty_first_bucket_takes_nothing_from_the_next(tmp_path):
    clock = Clock()
    address = shared(tmp_path, clock, burst=1)
    session = SharedRateLimiter(address.engine, "session", 2, 0.001, clock)
    both = [(address, "an address"), (session, "her")]
    assert wait_for_all(both) == 0
    for _ in range(3):
        assert wait_for_all(both) > 0
    assert session.wait("her") == 0
    assert session.wait("her") > 0
