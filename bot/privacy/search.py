"""Looks for words in every table, opened with the keys, and in the bytes of every file."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, List, Set, Tuple

from sqlalchemy import Text, cast, column, inspect, select, table

from bot.encryption import EncryptionError, decrypt
from bot.privacy.stores import Store

#: What a sealed value looks like, on its own or inside JSON.
SEALED = re.compile(r"v1\.[0-9a-f]{8}\.[A-Za-z0-9_\-]+=*")
_CHUNK = 8 * 2**20
_PROGRESS = 50_000


@dataclass
class Searched:
    """What was looked through, and where each of the words was found: ``place -> rows``."""

    files: int = 0
    tables: int = 0
    rows: int = 0
    found: Dict[str, Dict[str, int]] = field(default_factory=dict)

    def note(self, word: str, place: str) -> None:
        """Count a place where a word was found."""
        places = self.found.setdefault(word, {})
        places[place] = places.get(place, 0) + 1


def search_tables(
    stores: List[Store], words: Iterable[str], tell: Callable[[str], None]
) -> Searched:
    """Look for words in every column of every table, also in what is sealed.

    Raises SQLAlchemyError when a database fails. A value that no key opens is skipped and told.
    """
    result, forms = Searched(), {word: _text_forms(word) for word in words}
    locked = 0
    for store in _without_twins(stores):
        for name in inspect(store.engine).get_table_names():
            result.tables += 1
            names = [each["name"] for each in inspect(store.engine).get_columns(name)]
            source = table(name, *(column(each) for each in names))
            query = select([cast(source.c[each], Text) for each in names])
            with store.reading() as connection:
                rows = connection.execution_options(stream_results=True).execute(query)
                for row in rows:
                    result.rows += 1
                    if result.rows % _PROGRESS == 0:
                        tell(f"searched {result.rows} rows")
                    text, unreadable = _opened(row)
                    locked += unreadable
                    for word, shapes in forms.items():
                        if any(shape in text for shape in shapes):
                            result.note(word, f"{store.name}.{name}")
    if locked:
        tell(f"{locked} sealed values could not be opened with the keys at hand")
    return result


def search_files(paths: Iterable[Path], words: Iterable[str]) -> Searched:
    """Look for words in the bytes of files, as UTF-8, as UTF-16 and as JSON writes them."""
    result = Searched()
    forms = {word: _byte_forms(word) for word in words}
    longest = max((len(shape) for shapes in forms.values() for shape in shapes), default=1)
    for path in paths:
        result.files += 1
        for word in _in_file(path, forms, longest):
            result.note(word, path.name)
    return result


def files_of(folder: Path, stores: List[Store]) -> List[Path]:
    """Return every file under the storage folder, and the SQLite files with their logs."""
    found: Set[Path] = {path for path in folder.rglob("*") if path.is_file()}
    for store in stores:
        if store.file is not None:
            found |= set(store.file.parent.glob(f"{store.file.name}*"))
    return sorted(found)


def opened(row: Iterable[Any]) -> str:
    """Return the values of a row as one text, with what is sealed opened."""
    return _opened(row)[0]


def contains(text: str, word: str) -> bool:
    """Return whether a text has a word, also as JSON writes it."""
    return any(shape in text for shape in _text_forms(word))


def _in_file(path: Path, forms: Dict[str, Set[bytes]], longest: int) -> Set[str]:
    found: Set[str] = set()
    try:
        with open(path, "rb") as file:
            before = b""
            while chunk := file.read(_CHUNK):
                window = before + chunk
                found |= {
                    word for word, shapes in forms.items() if any(s in window for s in shapes)
                }
                before = window[-longest:]
    except FileNotFoundError:
        # A spool or log that was removed meanwhile holds nothing.
        return found
    return found


def _opened(row: Iterable[Any]) -> Tuple[str, int]:
    """Return the values of a row with what is sealed opened, and how many could not be."""
    unreadable = 0
    parts = []
    for value in row:
        text = value or ""
        for sealed in SEALED.findall(text):
            try:
                parts.append(decrypt(sealed))
            except (EncryptionError, UnicodeDecodeError):
                unreadable += 1
        parts.append(text)
    return "\n".join(parts), unreadable


def _text_forms(word: str) -> Set[str]:
    forms = {word}
    # JSON within JSON escapes twice.
    for _ in range(2):
        forms |= {
            json.dumps(each, ensure_ascii=how)[1:-1] for each in forms for how in (True, False)
        }
    return forms


def _byte_forms(word: str) -> Set[bytes]:
    return {form.encode() for form in _text_forms(word)} | {word.encode("utf-16-le")}


def _without_twins(stores: List[Store]) -> List[Store]:
    """Return one store for each address: several may be in one PostgreSQL database."""
    return list({store.address: store for store in reversed(stores)}.values())
