from bot.observability import metrics, turn


def value(name, **labels):
    return metrics.REGISTRY.get_sample_value(name, labels) or 0.0


def test_a_turn_is_counted_by_channel_level_and_findings():
    labels = {"channel": "sms", "level": "EMERGENCY_NOW", "outcome": "answered"}
    before = value("bot_messages_total", **labels), value("bot_screening_hits_total", finding="Z-1")
    figures = turn.begin("sms")
    assert value("bot_messages_in_progress") == 1
    turn.screened("EMERGENCY_NOW", "report_red_flag", ["Z-1", "Z-1"])
    turn.end(figures, "answered")
    assert value("bot_messages_in_progress") == 0
    assert value("bot_messages_total", **labels) == before[0] + 1
    assert value("bot_screening_hits_total", finding="Z-1") == before[1] + 1
    assert value("bot_message_seconds_count", channel="sms", level="EMERGENCY_NOW") >= 1


def test_fallbacks_are_counted_and_an_unscreened_turn_never_looks_calm():
    before = value("bot_fallbacks_total", channel="web")
    figures = turn.begin("web")
    turn.screened(None, "nlu_fallback", [])
    turn.end(figures, "answered")
    assert value("bot_fallbacks_total", channel="web") == before + 1
    turn.end(turn.begin("web"), "time-out")
    assert value("bot_messages_total", channel="web", level="unscreened", outcome="time-out") >= 1


def test_figures_are_for_this_machine_or_for_a_token():
    assert metrics.may_scrape({}, True, {})
    assert not metrics.may_scrape({}, False, {})
    for header in ("forwarded", "x-forwarded-for", "origin"):
        assert not metrics.may_scrape({header: "x"}, True, {})
    token = {metrics.TOKEN_VARIABLE: "secret"}
    assert not metrics.may_scrape({}, True, token)
    assert not metrics.may_scrape({"authorization": "Bearer wrong"}, True, token)
    assert not metrics.may_scrape({"authorization": "Bearer \udcff"}, True, token)
    assert metrics.may_scrape({"authorization": "Bearer secret"}, False, token)


def test_loopback_names():
    assert all(map(metrics.is_loopback, ("127.0.0.1", "::1", "[::1]", "localhost", "127.9.9.9")))
    assert not any(map(metrics.is_loopback, ("10.0.0.1", "care", "", None, "127.0.0.1.evil.org")))
