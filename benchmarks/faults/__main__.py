"""``python -m benchmarks.faults``: every fault on both databases, as a table."""

import argparse
import contextlib
import dataclasses
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.faults.clinic import Clinic
from benchmarks.faults.on_files import ON_FILES
from benchmarks.faults.on_files import disk_full as disk
from benchmarks.faults.on_servers import ON_SERVERS
from benchmarks.faults.page import HEAD, patients_page
from benchmarks.faults.scenarios import SCENARIOS, SHORT, Result, Size, disk_full
from benchmarks.faults.world import World
from benchmarks.postgresql import Cluster, cluster, programs
from bot.service.training import ensure_model


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__)
    parser.add_argument("--short", action="store_true", help="a few of everything")
    parser.add_argument("--only", action="append", help="names of faults, such as clock_jumps")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), help="one database only")
    parser.add_argument("--kills", type=int, help="other than 200")
    parser.add_argument("--burst", type=int, help="emergencies meanwhile, other than 500")
    parser.add_argument("--write", type=Path, help="where the table goes (default: printed)")
    parser.add_argument(
        "--patients", action="store_true", help="what patients get meanwhile, over the web channel"
    )
    options = parser.parse_args()
    # Whoever stops this stops what it started, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if options.patients:
        return patients(options)
    size = SHORT if options.short else Size()
    given = {name: getattr(options, name) for name in ("kills", "burst") if getattr(options, name)}
    size = dataclasses.replace(size, **given)
    results = []
    for kind in ("sqlite", "postgresql"):
        if options.database in (None, kind):
            for scenario in SCENARIOS:
                if not options.only or scenario.__name__ in options.only:
                    results.append(run(scenario, size, kind))
                    if options.write:
                        write(results, options.write)
    return 0 if all(result.ok for result in results) else 1


def patients(options) -> int:
    """Run the faults as patients meet them, all on one clinic for each kind of database."""
    lines: list = []
    for kind, faults in (("postgresql", ON_SERVERS), ("sqlite", ON_FILES)):
        chosen = [f for f in faults if not options.only or f.__name__ in options.only]
        if not chosen or options.database not in (None, kind):
            continue
        with contextlib.ExitStack() as stack:
            folder = stack.enter_context(_folder(192, kind == "sqlite" and disk in chosen))
            server = stack.enter_context(cluster()) if kind == "postgresql" else None
            clinic = Clinic(folder, ensure_model(), server)
            stack.callback(clinic.close)
            clinic.start("benchmarks.faults.poisoned" if kind == "sqlite" else "bot.nlu.server")
            for fault in chosen:
                lines.append(_patients_line(fault, clinic))
                print(lines[-1], flush=True)
                if options.write:
                    options.write.write_text(patients_page(lines))
    return 0 if all(line.endswith("| yes |") for line in lines) else 1


def _patients_line(fault, clinic: Clinic) -> str:
    try:
        seen = fault(clinic)
    except Exception as error:
        return f"| {fault.__name__} | {clinic.name} | {type(error).__name__}: {error} | | | | NO |"

    def told(answer) -> str:
        return f"{answer.kind}, {answer.seconds:.1f} s"

    return (
        f"| {seen.fault} | {seen.where} | {told(seen.question)} | {told(seen.emergency)} | "
        f"{seen.alert} | {told(seen.afterwards)} | {'yes' if seen.ok else 'NO'} |"
    )


def run(scenario, size: Size, kind: str) -> Result:
    """Run one fault on a new database and return its line."""
    started = time.monotonic()
    with contextlib.ExitStack() as stack:
        small = scenario is disk_full
        folder = stack.enter_context(_folder(32 if kind == "sqlite" else 160, small))
        server = None
        if kind == "postgresql":
            server = stack.enter_context(_small_cluster(folder) if small else cluster())
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="faults-")))
        stores = tempfile.TemporaryDirectory(prefix="faults-") if small else None
        world = World(folder, server, Path(stack.enter_context(stores)) if stores else None)
        stack.callback(world.close)
        try:
            result = scenario(world, size)
        except Exception as error:
            result = Result(
                scenario.__name__, world.name, f"{type(error).__name__}: {error}", False
            )
    result = dataclasses.replace(result, seconds=time.monotonic() - started)
    print(_line(result), flush=True)
    return result


def write(results, path: Path) -> None:
    """Write the table."""
    path.write_text(HEAD + "".join(_line(one) + "\n" for one in results))


def _line(result: Result) -> str:
    held = "yes" if result.ok else "NO"
    return (
        f"| {result.fault} | {result.database} | {result.counts} | {held} | {result.seconds:.0f} |"
    )


@contextlib.contextmanager
def _folder(megabytes: int, small: bool):
    """A folder; for a full disk one on a small file system of its own (needs root)."""
    with tempfile.TemporaryDirectory(prefix="faults-") as name:
        if not small:
            yield Path(name)
            return
        if os.geteuid() != 0:
            raise PermissionError("A full disk needs root, to mount a small file system.")
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", name], check=True
        )
        try:
            yield Path(name)
        finally:
            subprocess.run(["umount", "-l", name], check=True)


@contextlib.contextmanager
def _small_cluster(folder: Path):
    server = Cluster(programs(), folder)
    server.create()
    try:
        yield server
    finally:
        with contextlib.suppress(subprocess.CalledProcessError):
            server.control("-m", "immediate", "stop")


if __name__ == "__main__":
    sys.exit(main())
