"""The faults of docs/faults.md, a few of each: nothing is lost and nothing is shown twice."""

import dataclasses

import pytest

from benchmarks.faults import scenarios
from benchmarks.faults.world import World
from benchmarks.postgresql import cluster, programs

pytestmark = pytest.mark.services

#: The quick ones. The others wait for leases of killed processes, minutes each:
#: `python -m benchmarks.faults` makes them all.
FAULTS = (scenarios.database_locked, scenarios.clock_jumps)
SIZE = dataclasses.replace(scenarios.SHORT, kills=2, burst=8)


@pytest.fixture(scope="module")
def server():
    try:
        programs()
    except FileNotFoundError as error:
        pytest.skip(str(error))
    with cluster() as made:
        yield made


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_sqlite_survives(tmp_path, fault):
    held(World(tmp_path), fault)


@pytest.mark.parametrize(
    "fault", (*FAULTS, scenarios.database_restarted), ids=lambda fault: fault.__name__
)
def test_postgresql_survives(tmp_path, server, fault):
    held(World(tmp_path, server), fault)


def held(world, fault):
    try:
        result = fault(world, SIZE)
    finally:
        world.close()
    assert result.ok, result.counts
