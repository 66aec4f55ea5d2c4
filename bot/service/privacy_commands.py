"""The commands of ``python -m bot`` about patients' data: export, erase, purge, keys, backup."""

from __future__ import annotations

import argparse
import getpass
import sys
from pathlib import Path
from typing import Any

from bot.settings import load_settings


class PrivacyError(Exception):
    """The command cannot go on; the message is one plain sentence with the fix."""


def add(commands: Any) -> None:
    """Add the commands to the parser's."""
    export = commands.add_parser("export", help="write everything kept of one patient into files")
    export.add_argument("--patient", required=True, help="her pseudonym or conversation")
    export.add_argument("--folder", type=Path, default=Path("."), help="where the files go")
    export.set_defaults(run=_told(_export))

    erase = commands.add_parser("erase", help="remove one patient from every store, with proof")
    erase.add_argument("--patient", required=True, help="her pseudonym or conversation")
    erase.add_argument("--yes", action="store_true", help="do not ask")
    erase.add_argument(
        "--even-open", metavar="REASON", help="also while a nurse looks after her, and why"
    )
    erase.set_defaults(run=_told(_erase))

    purge = commands.add_parser("purge", help="remove what is older than the settings keep it")
    purge.add_argument("--dry-run", action="store_true", help="only say what it would remove")
    purge.set_defaults(run=_told(_purge))

    rotate = commands.add_parser("rotate-key", help="a new key, and everything sealed with it anew")
    rotate.set_defaults(run=_told(_rotate))

    backup = commands.add_parser("backup", help="copy every database into one archive")
    backup.add_argument("file", type=Path)
    backup.add_argument("--with-keys", action="store_true", help="the keys as well: guard it well")
    backup.set_defaults(run=_told(_backup))

    restore = commands.add_parser("restore", help="put the databases of an archive back")
    restore.add_argument("file", type=Path)
    restore.add_argument("--force", action="store_true", help="overwrite what is there")
    restore.set_defaults(run=_told(_restore))


def _export(options: argparse.Namespace) -> int:
    from bot.privacy.export import export

    paths = export(
        load_settings(), options.patient, options.folder, actor=_operator(), tell=_progress
    )
    print(f"Written, in the clear: {paths[0]} and {paths[1]}. Delete them when handed over.")
    return 0


def _erase(options: argparse.Namespace) -> int:
    from bot.privacy.erase import erase

    if not options.yes:
        question = f"Remove everything about {options.patient} for good? Type yes: "
        if not sys.stdin.isatty() or input(question).strip() != "yes":
            raise PrivacyError("Nothing was removed. Type yes when asked, or give --yes.")
    proof = erase(
        load_settings(),
        options.patient,
        actor=_operator(),
        reason=options.even_open,
        tell=_progress,
    )
    print("\n".join(proof.lines()))
    return 1 if proof.left else 0


def _purge(options: argparse.Namespace) -> int:
    from bot.privacy.purge import purge

    for name, count in purge(load_settings(), dry_run=options.dry_run, tidy=True).items():
        print(f"{count:8}  {name}")
    print("Nothing was removed: a dry run." if options.dry_run else "Removed.")
    return 0


def _rotate(options: argparse.Namespace) -> int:
    from bot.privacy.rotation import rotate

    count = rotate(load_settings(), actor=_operator(), tell=_progress)
    print(f"{count} values are sealed with the new key. Keep the old ones: backups need them.")
    return 0


def _backup(options: argparse.Namespace) -> int:
    from bot.privacy.backup import backup

    digest = backup(load_settings(), options.file, with_keys=options.with_keys, tell=_progress)
    print(f"{options.file} is written. SHA-256 {digest}")
    if not options.with_keys:
        print("It holds no keys: without encryption.key, kept elsewhere, nobody can read it.")
    return 0


def _restore(options: argparse.Namespace) -> int:
    from bot.care.database import migrate
    from bot.privacy.backup import restore

    settings = load_settings()
    manifest = restore(settings, options.file, force=options.force, tell=_progress)
    migrate(settings)
    print(f"Restored what was kept at {manifest['made_at']}. Start the services again.")
    return 0


def _told(run: Any) -> Any:
    """Return the command with the errors that a person can act on told in one sentence."""

    def told(options: argparse.Namespace) -> int:
        from sqlalchemy.exc import SQLAlchemyError

        from bot.encryption import EncryptionError

        try:
            return run(options)
        except SQLAlchemyError as error:
            if "database is locked" in str(getattr(error, "orig", "")):
                raise PrivacyError(
                    "A SQLite file is busy: another program holds it. Nothing was lost; run the "
                    "command again when the services are quiet, or stop them first."
                ) from error
            raise PrivacyError(
                f"A database does not answer ({type(error).__name__}); look at storage in "
                "settings.yml, then run the command again."
            ) from error
        except (LookupError, ValueError, RuntimeError, OSError, EncryptionError) as error:
            raise PrivacyError(str(error)) from error

    return told


def _operator() -> str:
    return f"operator {getpass.getuser()}"


def _progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
