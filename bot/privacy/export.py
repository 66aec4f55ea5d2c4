"""Everything that is kept of one patient, read in the clear, as JSON and as a transcript."""

from __future__ import annotations

import json
import os
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any, Callable, Dict, List, Tuple

from sqlalchemy import or_, select

from bot.care import audit, database
from bot.care.models import Alert, Base, Episode
from bot.encryption import decrypt_event
from bot.nlu import unsaved
from bot.privacy import texts
from bot.privacy.holdings import HOLDINGS
from bot.privacy.stores import EVENTS, Store, stores
from bot.privacy.subject import Subject, find
from bot.settings import Settings

Tell = Callable[[str], None]
EXPORTED = "patient data exported"
_AUDIT = Base.metadata.tables["audit_events"]


def export(
    settings: Settings, given: str, folder: Path, *, actor: str, tell: Tell
) -> Tuple[Path, Path]:
    """Write everything about a patient into two new files of ``folder`` and return their paths.

    The files hold her words in the clear and are readable by their owner only. The audit says who
    exported. Raises UnknownPatient, FileExistsError, and SQLAlchemyError when a store is away.
    """
    found = stores(settings)
    subject = find(found, given)
    rows = read(settings, found, subject, tell)
    history = _audit(settings, subject)
    name = f"export-{subject.pseudonym or subject.conversation}-{datetime.now():%Y%m%d-%H%M%S}"
    folder.mkdir(parents=True, exist_ok=True)
    paths = folder / f"{name}.json", folder / f"{name}.md"
    document = {
        "patient": {"pseudonym": subject.pseudonym, "conversation": subject.conversation},
        "exported_at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "stores": {**rows, "care.audit_events": history},
    }
    _write(paths[0], json.dumps(document, indent=2, ensure_ascii=False, default=str) + "\n")
    _write(paths[1], transcript(subject, rows))
    with database.transaction(settings) as session:
        audit.record(session, actor=actor, action=EXPORTED, patient_id=subject.id)
    return paths


def read(
    settings: Settings, found: List[Store], subject: Subject, tell: Tell
) -> Dict[str, List[Dict[str, Any]]]:
    """Return her rows of every table by ``store.table``, in the clear, and of the unsaved spool."""
    rows: Dict[str, List[Dict[str, Any]]] = {}
    by_name = {store.name: store for store in found}
    for holding in HOLDINGS:
        store = by_name.get(holding.store)
        if store is None:
            continue
        with store.reading() as connection:
            query = select(holding.table).where(holding.hers(subject))
            if "id" in holding.table.c:
                query = query.order_by(holding.table.c.id)
            read_rows = [_plain(dict(row._mapping)) for row in connection.execute(query)]
        if holding.table is EVENTS:
            read_rows = [_opened(row) for row in read_rows]
        rows[f"{holding.store}.{holding.table.name}"] = read_rows
        if read_rows:
            tell(f"{holding.store}.{holding.table.name}: {len(read_rows)} rows")
    waiting = unsaved.rows_of(settings.folder / "unsaved", subject.conversation)
    if waiting:
        rows["unsaved.events"] = [_opened(dict(row)) for row in waiting]
        tell(f"waiting to be stored: {len(waiting)} rows")
    return rows


def transcript(subject: Subject, rows: texts.Rows) -> str:
    """Return her conversation and what nurses wrote, as Markdown."""
    lines = [f"# {subject.name}", "", "## Conversation", ""]
    for said in texts.conversation(rows):
        at = datetime.fromtimestamp(float(said.at), timezone.utc)
        lines += [f"**{said.author}** ({at:%Y-%m-%d %H:%M:%S} UTC)", "", _quoted(said.text), ""]
    lines += ["## From nurses, and about her", ""]
    for name in ("care.notes", "care.outgoing_messages"):
        for row in rows.get(name, []):
            if row["text"]:
                author = row.get("nurse") or row.get("author_name") or row.get("author")
                lines += [f"**{author}** ({row.get('at') or row.get('created_at')})", ""]
                lines += [_quoted(row["text"]), ""]
    return "\n".join(lines) + "\n"


def _audit(settings: Settings, subject: Subject) -> List[Dict[str, Any]]:
    alerts = select(Alert.id).join(Alert.episode).where(Episode.patient_id == subject.id)
    with database.reading(settings) as session:
        # What was done with her data, not with an alert, names her among the details.
        about_her = _AUDIT.c.details["patient_id"].as_string() == str(subject.id)
        query = (
            select(*_AUDIT.c)
            .where(or_(_AUDIT.c.alert_id.in_(alerts), about_her))
            .order_by(_AUDIT.c.id)
        )
        return [_plain(dict(row._mapping)) for row in session.execute(query)]


def _opened(row: Dict[str, Any]) -> Dict[str, Any]:
    return {**row, "data": json.loads(decrypt_event(row["data"]))}


def _plain(row: Dict[str, Any]) -> Dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, (date, datetime)) else value
        for name, value in row.items()
    }


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.splitlines() or [""])


def _write(path: Path, text: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
