"""The audit record as an auditor reads it."""

import re

import pytest
from care.samples import raise_sample

from bot.care import audit, database
from bot.care.alerts import acknowledge
from bot.desk import audit_pages

from .conftest import enter


@pytest.fixture
def auditor(browser, settings):
    return enter(browser, settings, "Cleo", "auditor")


@pytest.fixture
def pseudonym(settings):
    with database.transaction(settings) as session:
        alert = raise_sample(session)
        audit.record(session, actor="Ada", action=audit.OPENED, alert_id=alert.id)
        acknowledge(session, alert.id, nurse="Ben")
        return alert.episode.patient.pseudonym


def rows(answer):
    body = re.search(r"<tbody>(.*?)</tbody>", answer.text, re.S).group(1)
    cells = [re.findall(r"<td[^>]*>(.*?)</td>", row, re.S) for row in body.split("<tr>")[1:]]
    return [tuple(re.sub("<[^>]+>", "", cell).strip() for cell in row) for row in cells]


def test_it_says_who_saw_and_who_did_what_to_whom_without_words_of_patients(auditor, pseudonym):
    answer = auditor.get("/desk/audit")
    found = [row[1:4] for row in rows(answer)]
    assert ("Ada", "alert opened", pseudonym) in found
    assert ("Ben", "acknowledged", pseudonym) in found
    assert "puffy" not in answer.text and "Lip swelling" not in answer.text


def test_reading_the_record_is_recorded_too(auditor):
    auditor.get("/desk/audit")
    assert ("Cleo", "audit record seen", "–") in [
        row[1:4] for row in rows(auditor.get("/desk/audit"))
    ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"actor": "Ada"}, {"alert opened"}),
        ({"action": "acknowledged"}, {"acknowledged"}),
        ({"first": "2999-01-01"}, set()),
        ({"last": "2000-01-01"}, set()),
    ],
)
def test_it_can_be_filtered(auditor, pseudonym, query, expected):
    found = rows(auditor.get("/desk/audit", params=query))
    assert {row[2] for row in found if len(row) == 5} == expected


def test_everything_about_one_patient_is_found(auditor, pseudonym):
    found = rows(auditor.get("/desk/audit", params={"patient": pseudonym.lower()}))
    assert {row[3] for row in found} == {pseudonym}
    assert {"alert raised", "alert opened", "acknowledged"} <= {row[2] for row in found}


@pytest.mark.parametrize("value", ["x", "-1", "1e9", "9" * 30, "2026-99-99"])
def test_nonsense_in_the_address_is_no_error(auditor, value):
    assert auditor.get("/desk/audit", params={"before": value, "first": value}).status_code == 200


def test_older_events_are_on_the_next_page(auditor, settings, monkeypatch):
    monkeypatch.setattr(audit_pages, "PAGE_SIZE", 5)
    with database.transaction(settings) as session:
        for number in range(12):
            audit.record(session, actor="clock", action=f"tick {number}")
    seen, page = [], auditor.get("/desk/audit?actor=clock")
    while True:
        seen += [row[2] for row in rows(page)]
        older = re.search(r'href="\?([^"]*before=\d+)"', page.text)
        if not older:
            break
        page = auditor.get("/desk/audit?" + older.group(1).replace("&amp;", "&"))
    assert seen == [f"tick {number}" for number in reversed(range(12))]
