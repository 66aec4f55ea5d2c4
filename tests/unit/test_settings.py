"""Settings: one file, environment on top, errors that name the setting."""

import pytest

from bot.settings import PROJECT, SettingsError, load_settings


def write(tmp_path, text):
    path = tmp_path / "settings.yml"
    path.write_text(text)
    return path


def test_the_shipped_settings_are_usable():
    settings = load_settings(environment={})
    assert settings.region == "unknown"
    assert settings.folder == PROJECT / "var"


def test_the_environment_wins(tmp_path):
    path = write(tmp_path, "region: GB\nclinic: {main_number: '1'}\nweb: {patient_port: 5005}\n")
    environment = {
        "BOT_REGION": "US",
        "BOT_WEB_PATIENT_PORT": "6000",
        "BOT_CLINIC_MAIN_NUMBER": "2",
    }
    settings = load_settings(path, environment)
    assert (settings.region, settings.patient_port) == ("US", 6000)
    assert settings.clinic["main_number"] == "2"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("region: Mars", "region"),
        ("web: {patient_port: 99999}", "web.patient_port"),
        ("web: {care_port: abc}", "web.care_port"),
        ("web: {patient_service: rasa}", "web.patient_service"),
        ("web: {rate_factor: 0}", "web.rate_factor"),
        ("web: {rate_factor: fast}", "web.rate_factor"),
        ("region: [", "settings.yml"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path, text, named):
    with pytest.raises(SettingsError, match=named):
        load_settings(write(tmp_path, text), environment={})


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SettingsError, match=r"settings\.yml cannot be read"):
        load_settings(tmp_path / "settings.yml", environment={})
