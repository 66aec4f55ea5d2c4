from bot.channels.limits import RateLimiter


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
