"""The commands of ``python -m bot``. Each imports what it needs only when it is called.

``assess`` must start fast and without TensorFlow, so nothing heavy is imported at the top.
"""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from pathlib import Path
from typing import List, Optional

from bot.service import privacy_commands
from bot.service.privacy_commands import PrivacyError
from bot.settings import SettingsError


class CommandError(Exception):
    """The command cannot go on; the message is one plain sentence with the fix."""


def build_parser() -> argparse.ArgumentParser:
    """Return the parser with every command."""
    parser = argparse.ArgumentParser(
        prog="python -m bot",
        description="Symptom check for pregnant patients who get vitamin B12 injections.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")

    serve = commands.add_parser("serve", help="train if needed, start everything, stop on Ctrl-C")
    serve.add_argument("--patient-port", type=int, help="port of the patient page")
    serve.add_argument("--care-port", type=int, help="port of the nurse desk")
    serve.set_defaults(run=_serve)

    train = commands.add_parser("train", help="train the model if its sources changed")
    train.add_argument("--force", action="store_true", help="train even if nothing changed")
    train.set_defaults(run=_train)

    chat = commands.add_parser("chat", help="a conversation in the terminal")
    chat.set_defaults(run=_chat)

    transcripts = commands.add_parser(
        "transcripts", help="play the user paths on the running system into docs/conversations.md"
    )
    transcripts.set_defaults(run=_transcripts)

    assess = commands.add_parser(
        "assess", help='triage JSON lines {"id", "text"} from standard input'
    )
    assess.set_defaults(run=_assess)

    parse = commands.add_parser(
        "parse", help='intents of JSON lines {"id", "text"} from standard input'
    )
    parse.set_defaults(run=_parse)

    evaluate = commands.add_parser("evaluate", help="measure; report and plots go into reports/")
    evaluate.add_argument("what", nargs="?", choices=("triage", "nlu"), default="triage")
    evaluate.add_argument("--cases", type=Path, help="other cases than the test set (JSON lines)")
    evaluate.add_argument(
        "--also", type=Path, action="append", default=[], help="more labelled texts, if they exist"
    )
    evaluate.add_argument(
        "--with-diet", action="store_true", help="train the DIET baseline too (hours)"
    )
    evaluate.add_argument(
        "--real", type=Path, help="nlu: real questions by topic (set faq_real), if they exist"
    )
    evaluate.add_argument(
        "--folds", type=int, default=3, help="nlu: folds of the cross-validation, 0 for none"
    )
    evaluate.set_defaults(run=_evaluate)

    user = commands.add_parser("user", help="nurse accounts")
    user_commands = user.add_subparsers(dest="user_command", required=True, metavar="add")
    add = user_commands.add_parser("add", help="add an account; asks for the password")
    add.add_argument("name")
    add.add_argument("--role", choices=("nurse", "lead", "auditor", "admin"), default="nurse")
    add.set_defaults(run=_user_add)

    check = commands.add_parser("check", help="who would be told now, and what is set up wrongly")
    check.add_argument(
        "--production", action="store_true", help="also what only a production needs"
    )
    check.set_defaults(run=_check)

    token = commands.add_parser("token", help="tokens for programs that use the API")
    token_commands = token.add_subparsers(dest="token_command", required=True, metavar="command")
    add_token = token_commands.add_parser("add", help="make a token and print it, this once")
    add_token.add_argument("name")
    add_token.add_argument(
        "--scope", action="append", required=True, choices=("read", "acknowledge", "resolve")
    )
    add_token.set_defaults(run=_token_add)
    revoke = token_commands.add_parser("revoke", help="end a token now")
    revoke.add_argument("name")
    revoke.set_defaults(run=_token_revoke)
    listing = token_commands.add_parser("list", help="names and scopes")
    listing.set_defaults(run=_token_list)

    report = commands.add_parser("report", help="reports from the stores, as Markdown")
    report.add_argument("what", choices=("drift",), help="intents, fallbacks, levels by week")
    report.add_argument("--weeks", type=int, default=8, help="how many, with this one")
    report.set_defaults(run=_report)

    size = commands.add_parser("size", help="replicas, memory and disk for a number of messages")
    size.add_argument("--messages-per-day", type=float, required=True)
    size.add_argument(
        "--peak-factor", type=float, default=6.0, help="busiest minute over the mean (default: 6)"
    )
    size.add_argument(
        "--load", type=float, default=0.6, help="how busy a replica may be (default: 0.6)"
    )
    size.set_defaults(run=_size)

    migrate = commands.add_parser("migrate", help="bring the care database to the current schema")
    migrate.set_defaults(run=_migrate)

    privacy_commands.add(commands)
    return parser


def main(arguments: Optional[List[str]] = None) -> int:
    """Run one command and return its exit code (0 done, 1 failed with one sentence, 130 Ctrl-C)."""
    # Rasa's old libraries announce dozens of deprecations that nobody here can act on.
    warnings.simplefilter("ignore", DeprecationWarning)
    options = build_parser().parse_args(arguments)
    try:
        return options.run(options) or 0
    except (CommandError, PrivacyError, SettingsError) as error:
        print(f"{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of our output has gone (`| head`); what is still buffered has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _serve(options: argparse.Namespace) -> int:
    from bot.service.serve import serve
    from bot.settings import load_settings

    environment = dict(os.environ)
    if options.patient_port:
        environment["BOT_WEB_PATIENT_PORT"] = str(options.patient_port)
    if options.care_port:
        environment["BOT_WEB_CARE_PORT"] = str(options.care_port)
    return serve(load_settings(environment=environment))


def _train(options: argparse.Namespace) -> int:
    from bot.service.training import ensure_model

    ensure_model(force=options.force)
    return 0


def _chat(options: argparse.Namespace) -> int:
    from bot.service.chat import chat
    from bot.settings import load_settings

    return chat(load_settings())


def _transcripts(options: argparse.Namespace) -> int:
    from bot.service.transcripts import write_transcripts
    from bot.settings import load_settings

    return write_transcripts(load_settings(environment={}))


def _assess(options: argparse.Namespace) -> int:
    from bot.service.lines import assess_lines

    assess_lines(sys.stdin.buffer, sys.stdout)
    return 0


def _parse(options: argparse.Namespace) -> int:
    from bot.service.lines import parse_lines

    parse_lines(sys.stdin.buffer, sys.stdout)
    return 0


def _evaluate(options: argparse.Namespace) -> int:
    from bot.evaluation.cases import CasesError

    try:
        if options.what == "nlu":
            from bot.evaluation.nlu import evaluate_nlu

            evaluate_nlu(options.cases, real=options.real, folds=options.folds)
        else:
            from bot.evaluation.triage import evaluate_triage

            evaluate_triage(options.cases, foreign=options.also, with_diet=options.with_diet)
    except CasesError as error:
        raise CommandError(str(error)) from error
    return 0


def _user_add(options: argparse.Namespace) -> int:
    import getpass

    from bot.care.database import migrate
    from bot.desk.accounts import add_user
    from bot.settings import load_settings

    settings = load_settings()
    migrate(settings)
    if sys.stdin.isatty():
        password = getpass.getpass("Password (at least 12 characters): ")
    else:
        password = sys.stdin.readline().rstrip("\n")
    try:
        add_user(settings, options.name, password, options.role)
    except ValueError as error:
        raise CommandError(str(error)) from error
    print(f"Added {options.name} as {options.role}.")
    return 0


def _check(options: argparse.Namespace) -> int:
    from bot.service.check import check
    from bot.settings import load_settings

    return check(load_settings(), sys.stdout, production=options.production)


def _token_add(options: argparse.Namespace) -> int:
    from bot.care.database import migrate
    from bot.desk import api_tokens
    from bot.settings import load_settings

    settings = load_settings()
    migrate(settings)
    try:
        print(api_tokens.add(settings, options.name, options.scope))
    except ValueError as error:
        raise CommandError(str(error)) from error
    return 0


def _token_revoke(options: argparse.Namespace) -> int:
    from bot.desk import api_tokens
    from bot.settings import load_settings

    try:
        api_tokens.revoke(load_settings(), options.name)
    except LookupError as error:
        raise CommandError(str(error)) from error
    print(f"The token {options.name} opens nothing any more.")
    return 0


def _token_list(options: argparse.Namespace) -> int:
    from bot.desk import api_tokens
    from bot.settings import load_settings

    for token in api_tokens.listed(load_settings()):
        state = f"revoked {token.revoked_at:%Y-%m-%d}" if token.revoked_at else "valid"
        print(f"{token.name}  {', '.join(token.scopes)}  {state}")
    return 0


def _report(options: argparse.Namespace) -> int:
    from sqlalchemy.exc import SQLAlchemyError

    from bot.care.clock import now
    from bot.encryption import EncryptionError
    from bot.service.drift import drift_report
    from bot.settings import load_settings

    if options.weeks < 1:
        raise CommandError(f"--weeks is {options.weeks}; use 1 or more.")
    try:
        print(drift_report(load_settings(), weeks=options.weeks, at=now()), end="")
    except SQLAlchemyError as error:
        raise CommandError(
            f"The conversations cannot be read ({type(error).__name__}). Start the service once, "
            "or correct storage.conversation_database."
        ) from error
    except EncryptionError as error:
        raise CommandError(str(error)) from error
    return 0


def _size(options: argparse.Namespace) -> int:
    from bot.service import size

    figures = size.measured()
    try:
        found = size.size(
            options.messages_per_day,
            peak_factor=options.peak_factor,
            load=options.load,
            figures=figures,
        )
    except ValueError as error:
        raise CommandError(str(error)) from error
    print(size.report(found, figures), end="")
    return 0


def _migrate(options: argparse.Namespace) -> int:
    from bot.care.database import migrate
    from bot.settings import load_settings

    migrate(load_settings())
    print("The care database has the current schema.")
    return 0
