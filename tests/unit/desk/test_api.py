import pytest
from care.samples import TEXT, raise_sample

from bot.care import audit, database
from bot.care.alerts import acknowledge
from bot.desk import api_tokens

NONE = "0" * 32


@pytest.fixture
def alert_id(settings):
    with database.transaction(settings) as session:
        return raise_sample(session).id


@pytest.fixture
def program(browser, settings):
    browser.headers["Authorization"] = (
        f"Bearer {api_tokens.add(settings, 'ward', api_tokens.SCOPES)}"
    )
    return browser


@pytest.mark.parametrize("header", [None, "Bearer guess", "Basic eDp5", "Bearer"])
@pytest.mark.parametrize("path", ["/api/alerts", "/api/alerts/x", "/api/alerts/stream"])
def test_the_token_is_needed(browser, header, path):
    headers = {"Authorization": header} if header else {}
    answer = browser.get(path, headers=headers)
    assert answer.status_code == 401 and answer.headers["www-authenticate"] == "Bearer"


def test_a_desk_session_is_no_api_token(nurse, alert_id):
    assert nurse.get("/api/alerts").status_code == 401


def test_an_alert_is_read_with_all_that_explains_it(program, alert_id):
    (alert,) = program.get("/api/alerts").json()
    assert alert == program.get(f"/api/alerts/{alert_id}").json()
    assert alert["level"] == "EMERGENCY_NOW" and alert["subtype"] == "ALLERGIC"
    assert alert["rules"] == ["C-02", "WAO-1"]
    assert (alert["text"], alert["conversation_id"], alert["channel"]) == (TEXT, "one", "web")
    assert alert["acknowledged_by"] is None and alert["recovered"] is False
    finding = alert["findings"][0]
    assert finding["key"] == "SK-03" and finding["assertion"] == "present"
    assert TEXT[finding["start"] : finding["end"]] == finding["text"]


def test_acknowledging_tells_who_was_first(program, settings, alert_id):
    path = f"/api/alerts/{alert_id}/acknowledge"
    assert program.post(path, json={"nurse": "Ada"}).json()["acknowledged_by"] == "Ada (ward)"
    assert program.post(path, json={"nurse": "Ada"}).status_code == 200
    answer = program.post(path, json={"nurse": "Ben"})
    assert (answer.status_code, answer.json()["acknowledged_by"]) == (409, "Ada (ward)")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"nurse": ""},
        {"nurse": "  "},
        {"nurse": "x" * 41},
        {"nurse": "A\x00"},
        {"nurse": "A", "nruse": "B"},
    ],
)
def test_an_acknowledgement_needs_a_name(program, alert_id, body):
    answer = program.post(f"/api/alerts/{alert_id}/acknowledge", json=body)
    assert answer.status_code == 422


def test_unknown_alerts_are_not_found(program):
    assert program.get(f"/api/alerts/{NONE}").status_code == 404
    assert program.post(f"/api/alerts/{NONE}/acknowledge", json={"nurse": "A"}).status_code == 404


def test_closed_alerts_are_listed_on_request_only(program, settings, alert_id):
    from bot.care.episodes import close_episode

    with database.transaction(settings) as session:
        acknowledge(session, alert_id, nurse="Ada")
        close_episode(session, alert_id, nurse="Ada", outcome="routine")
    assert program.get("/api/alerts").json() == []
    (alert,) = program.get("/api/alerts?include_closed=true").json()
    assert alert["closed_by"] == "Ada"


def test_the_description_names_what_a_program_may_do(browser):
    paths = browser.get("/api/openapi.json").json()["paths"]
    assert set(paths) == {
        "/api/alerts",
        "/api/alerts/stream",
        "/api/alerts/{alert_id}",
        "/api/alerts/{alert_id}/acknowledge",
        "/api/alerts/{alert_id}/resolve",
    }


END = {"nurse": "Ada", "outcome": "routine", "reason": "seen"}


def test_resolving_keeps_the_first_outcome(program, alert_id):
    path = f"/api/alerts/{alert_id}/resolve"
    assert program.post(path, json=END).json()["outcome"] == "routine"
    answer = program.post(path, json={**END, "outcome": "false alarm"})
    assert (answer.status_code, answer.json()["outcome"]) == (409, "routine")
    assert program.post(path, json={**END, "outcome": "dunno"}).status_code == 422
    missing = program.post(f"/api/alerts/{NONE}/resolve", json=END)
    assert missing.status_code == 404


@pytest.mark.parametrize("scope", api_tokens.SCOPES)
def test_a_token_opens_only_what_its_scope_names(browser, settings, alert_id, scope):
    token = api_tokens.add(settings, "narrow", [scope])
    browser.headers["Authorization"] = f"Bearer {token}"
    path = f"/api/alerts/{alert_id}"
    answers = {
        "read": browser.get(path),
        "acknowledge": browser.post(f"{path}/acknowledge", json={"nurse": "Ada"}),
        "resolve": browser.post(f"{path}/resolve", json=END),
    }
    assert {name for name, answer in answers.items() if answer.status_code == 200} == {scope}
    assert {answer.status_code for answer in answers.values()} == {200, 403}


def test_a_revoked_token_opens_nothing_and_tokens_are_kept_as_hashes(program, settings):
    (row,) = api_tokens.listed(settings)
    assert row.token_hash not in program.headers["Authorization"]
    api_tokens.revoke(settings, "ward")
    assert program.get("/api/alerts").status_code == 401
    with pytest.raises(LookupError, match="ward"):
        api_tokens.revoke(settings, "ward")


@pytest.mark.parametrize("name, scopes", [("", ["read"]), ("x", []), ("x", ["all"]), ("a\n", [])])
def test_a_token_needs_a_name_and_known_scopes(settings, name, scopes):
    with pytest.raises(ValueError, match=r"name|scope"):
        api_tokens.add(settings, name, scopes)


def test_who_read_what_by_a_program_is_in_the_audit(program, settings, alert_id):
    program.get(f"/api/alerts/{alert_id}")
    program.get("/api/alerts")
    with database.reading(settings) as session:
        seen = [(event.actor, event.action) for event in audit.events_after(session, 0)]
    assert ("ward", audit.OPENED) in seen and ("ward", audit.LISTED) in seen
