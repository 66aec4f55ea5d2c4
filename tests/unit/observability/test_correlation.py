import threading

from bot.observability import correlation


def test_an_id_from_outside_is_taken_only_when_it_is_harmless():
    with correlation.bound("abcd-1234_X"):
        assert correlation.current() == "abcd-1234_X"
    for hostile in ("short", "a" * 65, "line\nbreak12", "ümläut-12", '{"a": "bcdef"}', None, ""):
        with correlation.bound(hostile) as chosen:
            assert chosen != hostile
            assert correlation.current() == chosen
            assert len(chosen) == 32
    assert correlation.current() is None


def test_ids_do_not_mix_between_threads():
    seen = []
    with correlation.bound("first-thread"):
        thread = threading.Thread(target=lambda: seen.append(correlation.current()))
        thread.start()
        thread.join()
    assert seen == [None]
