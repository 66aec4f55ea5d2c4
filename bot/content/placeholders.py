"""Square-bracket placeholders: numbers and names from the settings, never from the texts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional

from bot.content.model import ContentError
from bot.yaml_files import read_yaml

PLACEHOLDER = re.compile(r"\[([a-z_]+)\]")
_SENTENCE_END = re.compile(r"(?<=[.?])[ ]+")

#: Contact named by a text -> settings of ``clinic`` to try in order (facts.md section 3.19).
_CONTACTS: Mapping[str, tuple] = {
    "maternity": ("maternity_number", "main_number"),
    "nurse_line": ("nurse_number", "main_number"),
    "main_number": ("main_number",),
    "billing_contact": ("billing_contact", "main_number"),
    "booking_contact": ("booking_contact", "main_number"),
    "letters_contact": ("letters_contact", "main_number"),
    "portal_contact": ("portal_contact", "main_number"),
    "prescriptions_contact": ("prescriptions_contact", "main_number"),
    "complaints_contact": ("complaints_contact", "main_number"),
}
#: Said instead of a number that the clinic has not entered.
_NO_CONTACT = "the number on your notes"
#: Placeholder -> key of ``service``; an empty setting removes the sentence.
_SERVICE: Mapping[str, str] = {
    "operator": "operator",
    "privacy_notice": "privacy_notice_url",
    "privacy_contact": "privacy_contact",
    "access_days": "access_days",
    "retention": "retention_text",
    "nurse_hours": "nurse_hours",
    "interpreter": "interpreter_number",
}


class Placeholders:
    """Fills placeholders for one clinic. A value of None removes the sentence it stands in."""

    def __init__(self, values: Mapping[str, Optional[str]], region_known: bool):
        self.values = values
        self.region_known = region_known

    def for_measuring(self) -> Placeholders:
        """Return placeholders whose clinic values are one word each.

        The length of a text is a property of the text: a clinic with a long number must start too.
        """
        clinic = {*_CONTACTS, *_SERVICE, "clinic_name"}
        values = {name: name if name in clinic else self.values[name] for name in self.values}
        return Placeholders(values, self.region_known)

    def fill(self, text: str) -> str:
        """Return ``text`` with every placeholder replaced or its sentence removed.

        Raises ContentError when a placeholder has no meaning.
        """
        lines = (self._fill_line(line) for line in text.strip().split("\n"))
        return "\n".join(line for line in lines if line is not None)

    def _fill_line(self, line: str) -> Optional[str]:
        if not line.strip():
            return line
        kept: List[str] = []
        for sentence in _SENTENCE_END.split(line):
            names = PLACEHOLDER.findall(sentence)
            for name in names:
                if name not in self.values:
                    raise ContentError(f"unknown placeholder [{name}]")
            if all(self.values[name] for name in names):
                kept.append(PLACEHOLDER.sub(lambda match: self.values[match[1]] or "", sentence))
        return " ".join(kept) if kept else None


def load_placeholders(settings: Any) -> Placeholders:
    """Return the placeholders of the settings' region and clinic.

    Raises ContentError when ``regions.yml`` has no entry for the region.
    """
    path = Path(__file__).parent / "regions.yml"
    regions: Dict[str, Dict[str, str]] = read_yaml(path)
    if settings.region not in regions:
        raise ContentError(f"{path.name} has no entry for the region {settings.region!r}; add one.")
    values: Dict[str, Optional[str]] = dict(regions[settings.region])
    for name, keys in _CONTACTS.items():
        numbers = (str(settings.clinic.get(key) or "").strip() for key in keys)
        values[name] = next((number for number in numbers if number), _NO_CONTACT)
    for name, key in _SERVICE.items():
        values[name] = str(settings.service.get(key) or "").strip() or None
    values["clinic_name"] = str(settings.clinic.get("name") or "").strip() or "your clinic"
    return Placeholders(values, region_known=settings.region != "unknown")
