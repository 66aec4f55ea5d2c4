import pytest

from bot.channels.messaging.signatures import is_fresh, same, sign


def test_a_signature_is_the_hmac_of_all_parts():
    # RFC 4231, test case 2.
    wanted = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert sign("Jefe", b"what do ya want ", b"for nothing?") == wanted


@pytest.mark.parametrize("given", [None, "", "secre", "secret ", "SECRET", "s\u00e9cret", "\udcff"])
def test_only_the_same_text_is_the_same(given):
    assert same("secret", "secret")
    assert not same(given, "secret")


def test_an_empty_secret_opens_nothing():
    assert not same("", "") and not same(None, "")


@pytest.mark.parametrize(
    ("at", "wanted"),
    [
        ("1000", True),
        ("700", True),
        ("1300", True),
        ("699", False),
        ("1301", False),
        ("", False),
        (None, False),
        ("-1000", False),
        ("1000.0", False),
        ("１０００", False),
        ("9" * 30, False),
    ],
)
def test_a_request_is_fresh_for_five_minutes(at, wanted):
    assert is_fresh(at, now=1000.0) is wanted
