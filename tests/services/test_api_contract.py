"""The API keeps what its description promises, whatever is sent (schemathesis)."""

import dataclasses
import sys
import threading
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.services

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))

import schemathesis  # noqa: E402
import uvicorn  # noqa: E402
from care.conftest import settings_in  # noqa: E402
from care.samples import raise_sample  # noqa: E402
from hypothesis import HealthCheck  # noqa: E402
from hypothesis import settings as profile  # noqa: E402
from schemathesis.specs.openapi.checks import negative_data_rejection  # noqa: E402
from test_care_postgresql import server  # noqa: E402, F401

from bot.care import database  # noqa: E402
from bot.care.app import create_app  # noqa: E402
from bot.desk import api_tokens  # noqa: E402
from bot.service.processes import free_port  # noqa: E402


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def api(tmp_path_factory, request):
    """The served application with three alerts, and a token that may do everything."""
    settings = settings_in(tmp_path_factory.mktemp("api"))
    if request.param == "postgresql":
        address = request.getfixturevalue("server")
        settings = dataclasses.replace(settings, care_database=address)
    database.migrate(settings)
    with database.transaction(settings) as session:
        ids = [raise_sample(session, conversation_id=str(number)).id for number in range(3)]
    port = free_port()
    app = create_app(settings)
    # The stream never ends, which is what it promises; test_desk_stream follows it.
    app.router.routes[:] = [r for r in app.routes if r.path != "/api/alerts/stream"]
    running = uvicorn.Server(uvicorn.Config(app, port=port, ws="none", log_config=None))
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    while not running.started:
        time.sleep(0.05)
    schema = schemathesis.openapi.from_url(f"http://127.0.0.1:{port}/api/openapi.json")
    token = api_tokens.add(settings, "contract", api_tokens.SCOPES)
    yield schema, token, ids
    app.state.feed.stop()
    running.should_exit = True
    thread.join(20)
    database.dispose(settings)


schema = schemathesis.pytest.from_fixture("described")


@pytest.fixture
def described(api):
    return api[0]


@schema.parametrize()
@profile(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_request_breaks_the_promises_of_the_description(case, api):
    _, token, ids = api
    # Half of the requests are about an alert that exists; the rest may name anything.
    if "alert_id" in (case.path_parameters or {}) and len(str(case.body)) % 2:
        case.path_parameters["alert_id"] = ids[len(str(case.body)) % 3]
    case.call_and_validate(
        headers={"Authorization": f"Bearer {token}"},
        # Replacing parts of the request, as above, makes some that were meant to be wrong right.
        excluded_checks=[negative_data_rejection],
    )
