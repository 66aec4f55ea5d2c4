"""Reads the texts of a language, checks them, and renders them for one clinic."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, Mapping, Tuple

import yaml

from bot.content.model import (
    DAYS_MINUTES,
    HOURS_MINUTES,
    LATER_WEEKS,
    TELL_MORE,
    Button,
    Content,
    ContentError,
    Message,
    Symptom,
)
from bot.content.placeholders import Placeholders, load_placeholders
from bot.content.validation import (
    check_entry,
    check_lengths,
    check_required,
    check_symptom,
    known_fact_ids,
)
from bot.yaml_files import read_yaml

FOLDER = Path(__file__).parent
#: Files whose top-level keys are not messages.
_SYMPTOMS, _SAFETY_NETS = "symptoms.yml", "safety_nets.yml"


def load_content(language: str, settings: Any) -> Content:
    """Return every text of ``language`` with the numbers of the settings' region and clinic.

    Raises ContentError naming file and key when a required text is missing, a fact id or a
    placeholder is unknown, or a text is too long (responses.md section 1).
    """
    folder = FOLDER / language
    if not folder.is_dir():
        known = ", ".join(sorted(path.name for path in FOLDER.iterdir() if path.is_dir()))
        raise ContentError(f"no texts for the language {language!r}; there are texts for {known}.")
    placeholders = load_placeholders(settings)
    facts = known_fact_ids()
    nets = _read(folder / _SAFETY_NETS)
    messages: Dict[str, Tuple[Message, ...]] = {}
    for path in sorted(folder.glob("*.yml")):
        if path.name in (_SYMPTOMS, _SAFETY_NETS):
            continue
        for key, entry in _read(path).items():
            with _Place(path, key):
                if key in messages:
                    raise ContentError("this key is used twice; rename one")
                messages[key] = _messages(key, entry, nets, facts, placeholders)
    symptoms = {}
    for key, entry in _read(folder / _SYMPTOMS).items():
        with _Place(folder / _SYMPTOMS, key):
            symptoms[key] = _symptom(key, entry, nets, facts, placeholders)
    check_required(language, messages, symptoms)
    return Content(language=language, messages=messages, symptoms=symptoms)


def _read(path: Path) -> Dict[str, Any]:
    try:
        data = read_yaml(path)
    except (OSError, yaml.YAMLError) as error:
        raise ContentError(f"{path.parent.name}/{path.name} cannot be read: {error}") from error
    if not isinstance(data, dict):
        raise ContentError(f"{path.parent.name}/{path.name} must be a mapping of keys to texts")
    return data


def _messages(
    key: str,
    entry: Mapping[str, Any],
    nets: Mapping[str, str],
    facts: frozenset,
    placeholders: Placeholders,
) -> Tuple[Message, ...]:
    shared = {name: value for name, value in entry.items() if name != "variations"}
    variations: List[Mapping[str, Any]] = [
        {**shared, **variation} for variation in entry.get("variations", [{}])
    ]
    rendered = []
    for variation in variations:
        check_entry(variation, nets, facts)
        rendered.append(_message(key, variation, nets, placeholders))
        measured = _message(key, variation, nets, placeholders.for_measuring())
        check_lengths(measured.text, measured.more, bool(variation.get("first_bubble")))
    return tuple(rendered)


def _message(
    key: str, entry: Mapping[str, Any], nets: Mapping[str, str], placeholders: Placeholders
) -> Message:
    text = entry["text"]
    if not placeholders.region_known:
        text = entry.get("text_without_region", text)
    net_names = _names(entry.get("safety_net"))
    net = _safety_net(net_names, nets)
    more = entry.get("more", "")
    if more and entry.get("source"):
        more = f"{more.strip()}\n\nSource: {entry['source']}."
    return Message(
        key=key,
        text=placeholders.fill("\n\n".join(part for part in (text.strip(), net) if part)),
        body=placeholders.fill(text),
        more=placeholders.fill("\n\n".join(part for part in (more.strip(), net) if part))
        if more
        else "",
        facts=tuple(entry.get("facts", ())),
        source=entry.get("source", ""),
        buttons=tuple(
            Button(title=button["title"], payload=button.get("payload", button["title"]))
            for button in [*([{"title": TELL_MORE}] if more else []), *entry.get("buttons", ())]
        ),
        safety_net=net_names,
        when=tuple(entry.get("when", {}).items()),
        id=entry.get("id", ""),
        title=entry.get("title", ""),
        question=entry.get("question", ""),
    )


def _symptom(
    key: str,
    entry: Mapping[str, Any],
    nets: Mapping[str, str],
    facts: frozenset,
    placeholders: Placeholders,
) -> Symptom:
    check_symptom(entry, nets, facts)
    symptom = _fill_symptom(key, entry, nets, placeholders)
    measured = _fill_symptom(key, entry, nets, placeholders.for_measuring())
    for minutes in (None, 0, HOURS_MINUTES + 1, DAYS_MINUTES + 1):
        check_lengths(measured.advice_at(minutes, LATER_WEEKS))
    return symptom


def _fill_symptom(
    key: str, entry: Mapping[str, Any], nets: Mapping[str, str], placeholders: Placeholders
) -> Symptom:
    parts = {
        name: placeholders.fill(entry.get(name, ""))
        for name in ("expected", "home_care", "stops", "action")
    }
    net_names = _names(entry["safety_net"])
    net = placeholders.fill(_safety_net(net_names, nets))
    return Symptom(
        key=key,
        name=entry["name"],
        advice="\n\n".join([" ".join(part for part in parts.values() if part), net]),
        facts=tuple(entry["facts"]),
        safety_net=net_names,
        timing={name: placeholders.fill(text) for name, text in entry.get("timing", {}).items()},
        net=net,
        **parts,
    )


def _names(value: Any) -> Tuple[str, ...]:
    if not value:
        return ()
    return tuple(value) if isinstance(value, list) else (value,)


def _safety_net(names: Tuple[str, ...], nets: Mapping[str, str]) -> str:
    if not names:
        return ""
    lines = [nets["disclaimer"].strip(), *(nets[name].strip() for name in names)]
    if not any("[emergency_number]" in line for line in lines):
        lines.append(nets["emergency"].strip())
    return " ".join(lines)


class _Place:
    """Adds file and key to a ContentError raised inside."""

    def __init__(self, path: Path, key: str):
        self.name = f"{path.parent.name}/{path.name}, {key}"

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if isinstance(error, ContentError):
            raise ContentError(f"{self.name}: {error}") from error
        if isinstance(error, (KeyError, TypeError, AttributeError)):
            raise ContentError(f"{self.name}: entry is malformed ({error!r})") from error
