"""Every region starts, and what is wrong stops the start with the name of file and key."""

import dataclasses
import re
import shutil

import pytest
import yaml

from bot.content import ContentError, load_content, loader
from bot.settings import PROJECT, REGIONS, load_settings

SETTINGS = load_settings(environment={})


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A copy of the texts that a test may break."""
    shutil.copytree(loader.FOLDER / "en", tmp_path / "en")
    monkeypatch.setattr(loader, "FOLDER", tmp_path)
    return tmp_path / "en"


def change(folder, name, edit):
    path = folder / name
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    edit(data)
    path.write_text(yaml.safe_dump(data), encoding="utf-8")


@pytest.mark.parametrize("region", REGIONS)
def test_every_region_loads_and_leaves_no_placeholder(region):
    content = load_content("en", dataclasses.replace(SETTINGS, region=region))
    texts = [r["text"] for variations in content.responses.values() for r in variations]
    texts += [symptom.advice for symptom in content.symptoms.values()]
    assert [text for text in texts if re.search(r"\[[a-z_]+\]", text)] == []


def test_a_long_clinic_number_does_not_stop_the_start():
    clinic = {"maternity_number": "555 0101 (day) or 555 0102 (night), ask for the ward sister"}
    content = load_content("en", dataclasses.replace(SETTINGS, clinic=clinic))
    assert "ask for the ward sister" in content.message("urgent_same_day").text


def test_an_empty_setting_gives_the_main_number_then_the_notes():
    main = dataclasses.replace(SETTINGS, clinic={"main_number": "555 0100"})
    assert (
        "555 0100" in load_content("en", main).message("urgent_same_day", urgent_kind="nurse").text
    )
    none = dataclasses.replace(SETTINGS, clinic={})
    assert (
        "the number on your notes"
        in load_content("en", none).message("urgent_same_day", urgent_kind="nurse").text
    )


def test_an_empty_service_setting_removes_its_sentence():
    silent = load_content("en", dataclasses.replace(SETTINGS, service={}))
    assert "Nurse hours" not in silent.message("bot_challenge").text
    hours = dataclasses.replace(SETTINGS, service={"nurse_hours": "8 to 16"})
    assert "Nurse hours: 8 to 16." in load_content("en", hours).message("bot_challenge").text


def test_fact_ids_match_the_fact_sheet():
    facts = (PROJECT / "docs" / "clinical" / "facts.md").read_text(encoding="utf-8")
    assert set(re.findall(r"F-\d{3}", facts)) == loader.known_fact_ids()


def test_unknown_language_names_those_there_are():
    with pytest.raises(ContentError, match=r"'xx'.*en"):
        load_content("xx", SETTINGS)


@pytest.mark.parametrize(
    ("name", "edit", "message"),
    [
        ("faq.yml", lambda d: d.pop("faq_diet"), r"en/faq\.yml, faq_diet.*missing"),
        (
            "faq.yml",
            lambda d: d["faq_diet"].update(facts=["F-999"]),
            r"en/faq\.yml, faq_diet.*F-999",
        ),
        (
            "talk.yml",
            lambda d: d["rude"].update(text="Call [nobody] now."),
            r"en/talk\.yml, rude.*\[nobody\]",
        ),
        (
            "talk.yml",
            lambda d: d["rude"].update(text="word " * 121),
            r"en/talk\.yml, rude.*121 words",
        ),
        ("talk.yml", lambda d: d["rude"].update(text=""), r"en/talk\.yml, rude.*text is missing"),
        ("talk.yml", lambda d: d["rude"].update(txt="x"), r"en/talk\.yml, rude.*txt"),
        (
            "talk.yml",
            lambda d: d["rude"].update(buttons=[{"title": "Go", "payload": "/greet"}]),
            r"en/talk\.yml, rude.*command",
        ),
        (
            "talk.yml",
            lambda d: d["rude"].update(safety_net="none"),
            r"en/talk\.yml, rude.*safety net none",
        ),
        (
            "emergency.yml",
            lambda d: d["emergency"]["variations"][0].update(text="word " * 61),
            r"en/emergency\.yml, emergency.*61 words",
        ),
        (
            "symptoms.yml",
            lambda d: d["IS-01"].pop("stops"),
            r"en/symptoms\.yml, IS-01.*stops is missing",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_broken_text_stops_the_start(folder, name, edit, message):
    change(folder, name, edit)
    settings = dataclasses.replace(SETTINGS, region="GB")
    with pytest.raises(ContentError, match=message):
        load_content("en", settings)
