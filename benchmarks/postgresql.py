"""A PostgreSQL server of our own on loopback, for as long as it is needed."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from sqlalchemy import create_engine, text

from bot.service.processes import free_port


class Cluster:
    """One server with its data in a folder of its own."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.programs, self.folder, self.port = programs, folder, free_port()
        self.address = f"postgresql://care@127.0.0.1:{self.port}/postgres"
        # The server refuses to run as root.
        self._user = {}
        if os.geteuid() == 0:
            self._user = {"user": "postgres", "group": "postgres"}
            shutil.chown(folder, "postgres", "postgres")

    def create(self) -> None:
        """Make the data folder and start."""
        data = str(self.folder / "data")
        self._run(str(self.programs / "initdb"), "-D", data, "-A", "trust", "-U", "care")
        self.control("start")

    def control(self, *arguments: str) -> None:
        """Run pg_ctl: ``start``, ``stop``, ``restart``, with its own options."""
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1"
        place = ("-D", str(self.folder / "data"), "-w", "-t", "120", "-l", str(self.folder / "log"))
        self._run(str(self.programs / "pg_ctl"), *place, "-o", options, *arguments)

    def empty(self) -> None:
        """Drop everything that was stored."""
        engine = create_engine(self.address, future=True)
        with engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        engine.dispose()

    def _run(self, *command: str) -> None:
        subprocess.run(
            command, check=True, cwd=self.folder, stdout=subprocess.DEVNULL, **self._user
        )


def programs() -> Path:
    """Return the folder of PostgreSQL's programs. Raises FileNotFoundError without one."""
    found = shutil.which("pg_ctl")
    folders = [Path(found).parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not folders:
        raise FileNotFoundError("There is no PostgreSQL here; `apt-get install postgresql`.")
    return folders[-1]


@contextlib.contextmanager
def cluster():
    """Give a running server, and remove it with its data afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="care-postgresql-"))
    server = Cluster(programs(), folder)
    try:
        server.create()
        yield server
    finally:
        with contextlib.suppress(subprocess.CalledProcessError):
            server.control("-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)
