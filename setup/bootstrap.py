"""Creates .venv with Python 3.10 and exactly the locked packages. Runs on any Python 3.

This file may use the standard library only, and no syntax newer than Python 3.6, because it runs
before anything is installed. Run it with ``make setup``.
"""

import glob
import hashlib
import os
import shutil
import subprocess
import sys

PROJECT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ENVIRONMENT = os.path.join(PROJECT, ".venv")
LOCK = os.path.join(PROJECT, "requirements", "lock.txt")
STAMP = os.path.join(ENVIRONMENT, "installed-lock.sha256")
WANTED = (3, 10)
HOW_TO_GET_PYTHON = (
    "Install it (for example `pyenv install 3.10`, `brew install python@3.10` or "
    "`apt-get install python3.10 python3.10-venv`), or set PYTHON310 to its path, "
    "and run the same command again."
)


class SetupError(Exception):
    """Set-up cannot go on; the message is one plain sentence with the fix."""


def say(text):
    """Print a progress line at once."""
    print("[setup] " + text)
    sys.stdout.flush()


def lock_digest():
    """Return the SHA-256 of the lock file, in hexadecimal."""
    with open(LOCK, "rb") as lock:
        return hashlib.sha256(lock.read()).hexdigest()


def environment_python(environment=ENVIRONMENT):
    """Return the path of the interpreter inside the environment."""
    return os.path.join(environment, "bin", "python")


def is_ready():
    """Return whether .venv already holds what the lock says."""
    try:
        with open(STAMP) as stamp:
            return stamp.read().strip() == lock_digest() and is_wanted(environment_python())
    except OSError:
        return False


def is_wanted(python):
    """Return whether ``python`` really starts and is Python 3.10.

    A pyenv shim can exist and still point nowhere, so only starting it tells.
    """
    question = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        answer = subprocess.run(
            [python, "-c", question], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=30
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return answer.returncode == 0 and answer.stdout.decode().strip() == "%d.%d" % WANTED


def candidates(environ=None):
    """Yield the places where a Python 3.10 may be, the most explicit first."""
    environ = os.environ if environ is None else environ
    home = os.path.expanduser("~")
    if environ.get("PYTHON310"):
        yield environ["PYTHON310"]
    for folder in environ.get("PATH", "").split(os.pathsep):
        yield os.path.join(folder, "python3.10")
    pyenv = environ.get("PYENV_ROOT", os.path.join(home, ".pyenv"))
    for pattern in (
        os.path.join(pyenv, "versions", "3.10*", "bin", "python3.10"),
        os.path.join(home, ".local", "share", "uv", "python", "cpython-3.10*", "bin", "python3.10"),
        os.path.join(PROJECT, "var", "python", "cpython-3.10*", "bin", "python3.10"),
        "/opt/homebrew/bin/python3.10",
        "/usr/local/bin/python3.10",
        "/usr/bin/python3.10",
    ):
        for path in sorted(glob.glob(pattern), reverse=True):
            yield path


def find_python(environ=None):
    """Return the path of a working Python 3.10, or None."""
    for path in candidates(environ):
        if os.path.exists(path) and is_wanted(path):
            return os.path.realpath(path)
    return None


def fetch_python():
    """Fetch Python 3.10 with uv into var/python and return its path. Raises SetupError."""
    say("no Python 3.10 on this machine; fetching one with uv into var/python")
    uv = working_uv() or install_uv()
    target = os.path.join(PROJECT, "var", "python")
    done = subprocess.run([uv, "python", "install", "3.10", "--install-dir", target])
    python = find_python()
    if done.returncode or not python:
        raise SetupError("Python 3.10 is missing and could not be fetched. " + HOW_TO_GET_PYTHON)
    return python


def working_uv():
    """Return a uv on the PATH that really runs from here, or None."""
    path = shutil.which("uv")
    if not path:
        return None
    try:
        done = subprocess.run([path, "--version"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    except OSError:
        return None
    return path if done.returncode == 0 else None


def install_uv():
    """Install the locked uv into var/tools with this Python and return its path."""
    tools = os.path.join(PROJECT, "var", "tools")
    requirement = os.path.join(tools, "uv.txt")
    os.makedirs(tools, exist_ok=True)
    with open(requirement, "w") as file:
        file.write(locked_requirement("uv"))
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", tools]
    done = subprocess.run(command + ["--require-hashes", "--no-deps", "-r", requirement])
    uv = os.path.join(tools, "bin", "uv")
    if done.returncode or not os.path.exists(uv):
        raise SetupError(
            "Python 3.10 is missing, and uv, which could fetch it, could not be installed. "
            + HOW_TO_GET_PYTHON
        )
    return uv


def locked_requirement(name):
    """Return the lines of the lock that pin ``name``, with their hashes."""
    lines, inside = [], False
    with open(LOCK) as lock:
        for line in lock:
            if not line.startswith((" ", "#")):
                inside = line.startswith(name + "==")
            if inside and not line.lstrip().startswith("#"):
                lines.append(line)
    return "".join(lines)


def create_environment(python):
    """Create .venv with ``python``. An environment of another Python is replaced."""
    if is_wanted(environment_python()):
        return
    say("creating .venv with " + python)
    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    done = subprocess.run([python, "-m", "venv", ENVIRONMENT])
    if done.returncode:
        raise SetupError(
            "The module venv of %s does not work; install it (Debian: "
            "`apt-get install python3.10-venv`) and run the same command again." % python
        )


def install_packages():
    """Install exactly the lock into .venv: with uv where it works, else with pip."""
    python = environment_python()
    say("installing the locked packages (a few minutes the first time)")
    bootstrap = os.path.join(ENVIRONMENT, "uv.txt")
    with open(bootstrap, "w") as file:
        file.write(locked_requirement("uv"))
    pip = [python, "-m", "pip", "install", "--disable-pip-version-check", "--require-hashes"]
    fetched = subprocess.run(pip + ["--quiet", "--no-deps", "-r", bootstrap])
    if fetched.returncode == 0:
        uv = [os.path.join(ENVIRONMENT, "bin", "uv"), "pip", "sync", "--python", python]
        if subprocess.run(uv + ["--require-hashes", LOCK]).returncode == 0:
            return
        say("uv did not succeed; going on with pip")
    if subprocess.run(pip + ["-r", LOCK]).returncode:
        raise SetupError(
            "The locked packages could not be installed (the lines above say why). Check the "
            "network and the disk, then run the same command again."
        )


def check_folder():
    """Raise SetupError when the project folder cannot be written."""
    if not os.access(PROJECT, os.W_OK):
        raise SetupError(
            "The folder %s cannot be written; clone the project into a folder that is yours."
            % PROJECT
        )


def main():
    """Make .venv ready. Returns the exit code."""
    try:
        check_folder()
        if is_ready():
            return 0
        create_environment(find_python() or fetch_python())
        install_packages()
        with open(STAMP, "w") as stamp:
            stamp.write(lock_digest())
        say("ready")
        return 0
    except SetupError as error:
        print("[setup] " + str(error), file=sys.stderr)
        return 1
    except OSError as error:
        print("[setup] %s; free or repair it and run the command again." % error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
