"""One archive with consistent copies of every database, and back again.

Care is copied first and conversations last: an emergency that came in between is then in the
conversations, where care finds it after a restore and raises its alert.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
import zlib
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple, Optional

from sqlalchemy import create_engine, inspect
from sqlalchemy.engine import URL, make_url

from bot.channels import database as channel_database
from bot.encryption import FILE_NAME, keyring
from bot.privacy.stores import sqlite_file
from bot.settings import Settings, database_address

Tell = Callable[[str], None]

_MANIFEST = "manifest.json"
_VERSION = 1
#: Secrets of the storage folder. Whoever has these and the databases can read everything.
_KEYS = (FILE_NAME, "chat.key", "action-secret")
_CHUNK = 2**20


class BackupError(RuntimeError):
    """The archive cannot be made or used; the message says why and what to do."""


class _Database(NamedTuple):
    """One database and the stores that are in it."""

    member: str
    address: str
    stores: List[str]


def backup(settings: Settings, path: Path, *, with_keys: bool, tell: Tell) -> str:
    """Write an archive that only its owner can read and return its SHA-256.

    The services may go on working. Raises BackupError when there is nothing to copy or a database
    cannot be copied, FileExistsError when the archive exists.
    """
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=path.absolute().parent) as draft:
        folder = Path(draft)
        members: Dict[str, Path] = {}
        databases = []
        for each in _databases(settings):
            file = sqlite_file(each.address)
            if file is not None and not file.exists():
                continue
            tell(f"Copying {' and '.join(each.stores)} …")
            target = folder / each.member
            if file is not None:
                _copy_sqlite(file, target)
            else:
                _postgresql("pg_dump", each.address, "--format=custom", f"--file={target}")
            members[each.member] = target
            databases.append({"member": each.member, "stores": each.stores})
        if not databases:
            raise BackupError("There is nothing to copy: no database exists yet.")
        for file in sorted((settings.folder / "unsaved").glob("events-*.jsonl")):
            members[f"unsaved/{file.name}"] = file
        if with_keys:
            members.update(
                (f"keys/{name}", settings.folder / name)
                for name in _KEYS
                if (settings.folder / name).exists()
            )
        manifest = {
            "version": _VERSION,
            "made_at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "key": keyring().active,
            "databases": databases,
            "sha256": {name: _digest(file) for name, file in members.items()},
        }
        _pack(path, members, manifest)
    return _digest(path)


def restore(settings: Settings, path: Path, *, force: bool, tell: Tell) -> Dict[str, Any]:
    """Put the copies of an archive in place of the databases and return its manifest.

    Stop the services before. Every copy is compared with its checksum before anything is changed.
    Raises BackupError when the archive is damaged or fits other settings, or when a database has
    tables and ``force`` is not given.
    """
    with tempfile.TemporaryDirectory(prefix="restore-") as draft:
        folder = Path(draft)
        manifest = _unpack(path, folder)
        targets = {tuple(each.stores): each for each in _databases(settings)}
        chosen = []
        for entry in manifest["databases"]:
            target = targets.get(tuple(entry["stores"]))
            if target is None or target.member != entry["member"]:
                raise BackupError(
                    f"{path.name} holds {' and '.join(entry['stores'])} as {entry['member']}, and "
                    "the settings name another kind of database. Change storage in settings.yml."
                )
            chosen.append(target)
        _refuse_used(chosen, settings, manifest, force)
        for target in chosen:
            tell(f"Restoring {' and '.join(target.stores)} …")
            file = sqlite_file(target.address)
            if file is not None:
                file.parent.mkdir(parents=True, exist_ok=True)
                _copy_sqlite(folder / target.member, file)
            else:
                _postgresql(
                    "pg_restore",
                    target.address,
                    *("--clean", "--if-exists", "--no-owner", "--single-transaction"),
                    str(folder / target.member),
                )
        for name in manifest["sha256"]:
            kind, _, file_name = name.partition("/")
            if kind in ("unsaved", "keys"):
                place = settings.folder / (file_name if kind == "keys" else name)
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(folder / name, place)
                place.chmod(0o600)
    return manifest


def _databases(settings: Settings) -> List[_Database]:
    """Return the databases in the order in which they are copied; one for stores that share it."""
    found: Dict[str, _Database] = {}
    for store, address in (
        ("care", settings.care_database),
        ("channels", channel_database.address(settings)),
        ("conversations", database_address(settings.conversation_database)),
    ):
        if address in found:
            found[address].stores.append(store)
        else:
            suffix = "dump" if sqlite_file(address) is None else "db"
            found[address] = _Database(f"{store}.{suffix}", address, [store])
    return list(found.values())


def _refuse_used(
    targets: List[_Database], settings: Settings, manifest: Dict[str, Any], force: bool
) -> None:
    if force:
        return
    used = [name for target in targets if _has_tables(target) for name in target.stores]
    used += [
        name.partition("/")[2]
        for name in manifest["sha256"]
        if name.startswith("keys/") and (settings.folder / name.partition("/")[2]).exists()
    ]
    if used:
        raise BackupError(
            f"There is something already: {', '.join(used)}. Stop the services and give --force "
            "to overwrite it."
        )


def _has_tables(target: _Database) -> bool:
    file = sqlite_file(target.address)
    if file is not None and not file.exists():
        return False
    engine = create_engine(target.address, future=True)
    try:
        return bool(inspect(engine).get_table_names())
    finally:
        engine.dispose()


def _copy_sqlite(source: Path, target: Path) -> None:
    """Copy a SQLite database as it is at one moment, also while others write to either."""
    os.close(os.open(target, os.O_RDWR | os.O_CREAT, 0o600))
    try:
        with (
            closing(sqlite3.connect(source, timeout=15)) as origin,
            closing(sqlite3.connect(target, timeout=15)) as copy,
        ):
            origin.backup(copy)
            if copy.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
                raise BackupError(f"The copy of {source.name} is damaged; is the disk full?")
    except sqlite3.Error as error:
        raise BackupError(f"{source.name} cannot be copied ({error}).") from error


def _postgresql(program: str, address: str, *arguments: str) -> None:
    found = shutil.which(program) or _newest(program)
    if found is None:
        raise BackupError(f"{program} is not installed; `apt-get install postgresql-client`.")
    url = make_url(address)
    # The password is not among the arguments, because everybody on the machine can read those.
    shown = URL.create(
        "postgresql", url.username, None, url.host, url.port, url.database
    ).render_as_string()
    environment = {**os.environ, **({"PGPASSWORD": str(url.password)} if url.password else {})}
    done = subprocess.run(
        [found, f"--dbname={shown}", *arguments],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    if done.returncode:
        raise BackupError(
            f"{program} failed ({done.returncode}) for {url.host}/{url.database}; is the server up "
            "and the program of its version?"
        )


def _newest(program: str) -> Optional[str]:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
    return str(found[-1]) if found else None


def _pack(path: Path, members: Dict[str, Path], manifest: Dict[str, Any]) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        with tarfile.open(fileobj=file, mode="w:gz") as archive:
            text = json.dumps(manifest, indent=2).encode()
            entry = tarfile.TarInfo(_MANIFEST)
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text))
            for name, member in members.items():
                archive.add(member, arcname=name)
        file.flush()
        os.fsync(file.fileno())


def _unpack(path: Path, folder: Path) -> Dict[str, Any]:
    """Unpack the members that the manifest names and return it. Raises BackupError."""
    try:
        with tarfile.open(path, "r:gz") as archive:
            first = archive.extractfile(_MANIFEST)
            manifest = json.load(first) if first else {}
            if manifest.get("version") != _VERSION:
                raise BackupError(f"{path.name} is no backup of this program's version.")
            for name, digest in manifest["sha256"].items():
                if name.startswith("/") or ".." in Path(name).parts:
                    raise BackupError(f"{path.name} is damaged: it holds a strange name.")
                target = folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                member = archive.extractfile(name)
                if member is None:
                    raise BackupError(f"{path.name} is damaged: {name} is missing.")
                with open(target, "wb") as file:
                    shutil.copyfileobj(member, file)
                if _digest(target) != digest:
                    raise BackupError(f"{path.name} is damaged: the checksum of {name} is wrong.")
    except (tarfile.TarError, zlib.error, EOFError, OSError, KeyError, ValueError) as error:
        raise BackupError(f"{path.name} cannot be read ({type(error).__name__}).") from error
    return manifest


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
