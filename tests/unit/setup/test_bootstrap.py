"""Set-up finds a Python 3.10 that really starts, and says in one sentence what is in the way."""

import importlib.util
import os
import stat
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[3]


@pytest.fixture
def bootstrap():
    spec = importlib.util.spec_from_file_location("bootstrap", PROJECT / "setup" / "bootstrap.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def script(path: Path, body: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_a_shim_that_points_nowhere_is_passed_over(bootstrap, tmp_path):
    script(
        tmp_path / "shims" / "python3.10",
        "echo 'pyenv: python3.10: command not found' >&2; exit 127",
    )
    real = script(tmp_path / "real" / "python3.10", "echo 3.10")
    path = os.pathsep.join([str(tmp_path / "shims"), str(tmp_path / "real")])
    assert bootstrap.find_python({"PATH": path}) == real


def test_a_python_of_another_version_is_passed_over(bootstrap, tmp_path):
    other = script(tmp_path / "python3.10", "echo 3.12")
    assert not bootstrap.is_wanted(other)


def test_the_path_named_by_the_user_comes_first(bootstrap, tmp_path):
    named = script(tmp_path / "mine" / "python", "echo 3.10")
    found = script(tmp_path / "bin" / "python3.10", "echo 3.10")
    environment = {"PYTHON310": named, "PATH": os.path.dirname(found)}
    assert bootstrap.find_python(environment) == named


def test_a_pyenv_version_is_found_without_a_shim(bootstrap, tmp_path):
    real = script(tmp_path / "versions" / "3.10.9" / "bin" / "python3.10", "echo 3.10")
    assert bootstrap.find_python({"PATH": "", "PYENV_ROOT": str(tmp_path)}) == real


def test_a_changed_lock_is_not_ready(bootstrap, tmp_path, monkeypatch):
    stamp = tmp_path / "stamp"
    stamp.write_text("0" * 64)
    monkeypatch.setattr(bootstrap, "STAMP", str(stamp))
    assert not bootstrap.is_ready()


def test_no_python_and_no_way_to_fetch_one_is_one_sentence_with_the_fix(
    bootstrap, monkeypatch, capsys
):
    monkeypatch.setattr(bootstrap, "is_ready", lambda: False)
    monkeypatch.setattr(bootstrap, "find_python", lambda environ=None: None)
    monkeypatch.setattr(bootstrap, "working_uv", lambda: "/bin/false")
    assert bootstrap.main() == 1
    said = capsys.readouterr().err
    assert "Python 3.10 is missing and could not be fetched." in said
    assert "pyenv install 3.10" in said


@pytest.mark.skipif(os.geteuid() == 0, reason="root can write everywhere")
def test_an_unwritable_folder_is_named(bootstrap, tmp_path, monkeypatch, capsys):
    tmp_path.chmod(0o500)
    monkeypatch.setattr(bootstrap, "PROJECT", str(tmp_path))
    assert bootstrap.main() == 1
    assert str(tmp_path) in capsys.readouterr().err


def test_the_locked_uv_carries_its_hashes(bootstrap):
    requirement = bootstrap.locked_requirement("uv")
    assert requirement.startswith("uv==")
    assert "--hash=sha256:" in requirement
    assert "uvicorn" not in requirement


def test_the_lock_names_no_index_and_no_folder_of_a_machine():
    lock = (PROJECT / "requirements" / "lock.txt").read_text()
    assert "://" not in lock
    assert "/root" not in lock and "/home" not in lock


@pytest.mark.skipif(not os.path.exists("/usr/bin/python3"), reason="no system Python")
def test_the_script_compiles_on_the_system_python(tmp_path):
    done = subprocess.run(
        ["/usr/bin/python3", "-m", "py_compile", str(PROJECT / "setup" / "bootstrap.py")],
        env={"PYTHONPYCACHEPREFIX": str(tmp_path), "PATH": ""},
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
