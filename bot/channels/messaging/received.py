"""What a provider's webhook brings, in one shape for all providers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Dict, Optional


@dataclass(frozen=True)
class Received:
    """One message of a patient. ``id`` is the provider's and names the message once and for all.

    ``address`` is where answers go: it is kept only encrypted and never logged. ``text`` is None
    for a photo, a voice note, a place or anything else without words.
    """

    id: str
    channel: str
    address: str
    text: Optional[str]
    #: What an answer must repeat, such as the thread it belongs to.
    route: Dict[str, str] = field(default_factory=dict)
    #: Words that came with a photo or file, which nobody will look at.
    attachment: bool = False
    #: The provider's name for what was written, the same after a change, and whether this is one.
    original: Optional[str] = None
    edited: bool = False
    #: The provider has answered STOP, START or HELP itself.
    keyword_answered: bool = False
