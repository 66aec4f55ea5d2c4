"""Makes sure of the programs outside Python that the tests use, or says what to install.

Runs on any Python 3 with the standard library only. Run it with ``make test``.
"""

import glob
import os
import shutil
import subprocess
import sys

#: program to look for -> Debian package, what needs it
NEEDED = {
    "chromium": ("chromium", "browser tests"),
    "initdb": ("postgresql", "tests on PostgreSQL"),
    "redis-server": ("redis-server", "tests of several replicas"),
    "caddy": ("caddy", "cluster and the test of its configuration"),
}
ALSO_KNOWN_AS = {"chromium": ("chromium", "chromium-browser", "google-chrome")}
#: Where Debian keeps programs that are not on the PATH.
OFF_THE_PATH = {"initdb": "/usr/lib/postgresql/*/bin/initdb"}


def is_there(program):
    """Return whether the program, or one that serves as it, is installed."""
    if glob.glob(OFF_THE_PATH.get(program, "")):
        return True
    return any(shutil.which(name) for name in ALSO_KNOWN_AS.get(program, (program,)))


def main():
    """Install what is missing when that is possible. Never fails: tests skip with a message."""
    missing = [program for program in NEEDED if not is_there(program)]
    if not missing:
        return 0
    packages = [NEEDED[program][0] for program in missing]
    if shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        print("[setup] installing " + ", ".join(packages) + " for the tests")
        sys.stdout.flush()
        quiet = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
        subprocess.run(["apt-get", "update", "-qq"], env=quiet)
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends"]
        subprocess.run(install + packages, env=quiet, stdout=subprocess.DEVNULL)
    for program in NEEDED:
        if not is_there(program):
            package, use = NEEDED[program]
            print(
                "[setup] %s is missing, so the %s are skipped. Install %s."
                % (program, use, package)
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
