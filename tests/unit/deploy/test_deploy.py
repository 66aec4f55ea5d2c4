"""What can be said of deploy/ without a container engine: it parses and names what exists."""

import configparser
import http.server
import os
import re
import shutil
import subprocess
import threading
import time
from pathlib import Path

import httpx
import pytest
import yaml

from bot.care.tokens import ACTION_SECRET_VARIABLE
from bot.channels.messaging import credentials
from bot.channels.tokens import KEY_VARIABLE
from bot.encryption import VARIABLE as ENCRYPTION_VARIABLE
from bot.observability.metrics import TOKEN_VARIABLE
from bot.service.processes import free_port, port_is_free
from bot.settings import PROJECT

DEPLOY = PROJECT / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
VALUES = yaml.safe_load((DEPLOY / "helm" / "values.yaml").read_text())
TEMPLATES = "\n".join(p.read_text() for p in sorted((DEPLOY / "helm/templates").glob("*.yaml")))
ENDPOINTS = (PROJECT / "endpoints.yml").read_text()
FILES = [path for path in DEPLOY.rglob("*") if path.is_file()]
SERVICES = COMPOSE["services"]


def environment_names(settings, prefix="BOT"):
    for key, value in settings.items():
        name = f"{prefix}_{key.upper()}"
        yield name
        if isinstance(value, dict):
            yield from environment_names(value, name)


def known_names():
    names = set(environment_names(yaml.safe_load((PROJECT / "settings.yml").read_text())))
    names |= {KEY_VARIABLE, ENCRYPTION_VARIABLE, TOKEN_VARIABLE, ACTION_SECRET_VARIABLE}
    names |= set(re.findall(r"\$\{(\w+)\}", ENDPOINTS))
    for needs in credentials.CONNECTORS:
        names |= {*needs.required, *needs.any_of, *needs.optional}
    return names


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_setting_that_is_named_exists(path):
    used = set(re.findall(r"\bBOT_[A-Z_]+[A-Z]\b", path.read_text(encoding="utf-8")))
    assert used - known_names() == set()


def test_endpoints_get_all_their_variables():
    given = set(SERVICES["rasa-1"]["environment"]) | {ACTION_SECRET_VARIABLE}
    assert set(re.findall(r"\$\{(\w+)\}", ENDPOINTS)) - given == set()


def test_compose_has_two_replicas_that_share_everything_but_their_disk():
    for name, port in (("rasa", "5005"), ("care", "5055")):
        first, second = SERVICES[f"{name}-1"], SERVICES[f"{name}-2"]
        assert first["environment"] == second["environment"]
        assert first["command"][-1] == port
        assert f":{port}/health/ready" in first["healthcheck"]["test"][-1]
        assert first["volumes"][0] != second["volumes"][0]
        upstreams = SERVICES["caddy"]["environment"][f"{name.upper()}_UPSTREAMS"]
        assert upstreams == f"{name}-1:{port} {name}-2:{port}"


def test_only_the_proxy_is_published_and_nothing_of_ours_is_root_or_writable():
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["caddy"]
    for name in ("rasa-1", "rasa-2", "care-1", "care-2"):
        service = SERVICES[name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["user"] == "10001:10001"
        assert service["security_opt"] == ["no-new-privileges:true"]
    text = (DEPLOY / "Containerfile").read_text()
    assert "USER 10001:10001" in text.rsplit("FROM ", 1)[1]
    assert "--require-hashes" in text


def test_no_secret_stands_in_a_file():
    for line in (DEPLOY / "environment.example").read_text().splitlines():
        assert line.startswith("#") or not line or line.endswith("=")
    for name, value in SERVICES["rasa-1"]["environment"].items():
        assert "password" not in value.lower() or "${" in value, name


def test_each_database_is_made():
    made = set(re.findall(r"CREATE DATABASE (\w+);", (DEPLOY / "databases.sql").read_text()))
    addresses = [v for v in SERVICES["care-1"]["environment"].values() if "postgresql" in v]
    assert {address.rsplit("/", 1)[1] for address in addresses} == made


def test_caddyfile_keeps_the_inside_inside_and_the_stream_unbuffered():
    text = (DEPLOY / "Caddyfile").read_text()
    assert "@inside path /internal/* /actions /actions/* /metrics /health/*" in text
    assert text.count("import hardened") == 2
    assert "flush_interval -1" in text
    assert "Strict-Transport-Security" in text
    used = set(re.findall(r"\{\$(\w+)\}", text))
    assert used == set(SERVICES["caddy"]["environment"])
    assert text.count("{") == text.count("}")


def test_caddy_agrees():
    if shutil.which("caddy") is None:
        pytest.skip("caddy is not installed; `apt-get install caddy`")
    done = subprocess.run(
        ["caddy", "validate", "--config", str(DEPLOY / "Caddyfile"), "--adapter", "caddyfile"],
        capture_output=True,
        text=True,
        env={**os.environ, **SERVICES["caddy"]["environment"], **SITES},
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.services
def test_with_no_whole_replica_patients_are_answered_all_the_same(tmp_path):
    if shutil.which("caddy") is None:
        pytest.skip("caddy is not installed; `apt-get install caddy`")

    class Damaged(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(503)
            self.end_headers()

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"EMERGENCY: " + body)

        def log_message(self, *_):
            pass

    upstream = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Damaged)
    threading.Thread(target=upstream.serve_forever, daemon=True).start()
    sites = [f"http://127.0.0.1:{free_port()}" for _ in range(3)]
    environment = {
        **dict(zip(("PATIENT_SITE", "DESK_SITE", "INTERNAL_SITE"), sites, strict=True)),
        "RASA_UPSTREAMS": f"127.0.0.1:{upstream.server_port}",
        "CARE_UPSTREAMS": f"127.0.0.1:{free_port()}",
        **{name: str(tmp_path) for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")},
    }
    command = ["caddy", "run", "--config", str(DEPLOY / "Caddyfile"), "--adapter", "caddyfile"]
    caddy = subprocess.Popen(command, env={**os.environ, **environment}, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 30
        while port_is_free("127.0.0.1", int(sites[0].rsplit(":", 1)[1])):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        # Its own look at the replica comes first.
        time.sleep(1)
        answer = httpx.post(f"{sites[0]}/chat/messages", content=b"cant breathe", timeout=30)
        assert (answer.status_code, answer.text) == (200, "EMERGENCY: cant breathe")
        assert httpx.get(f"{sites[0]}/metrics").status_code == 404
    finally:
        caddy.terminate()
        caddy.wait(10)
        upstream.shutdown()


SITES = {"PATIENT_SITE": "chat.example.org", "DESK_SITE": "desk.example.org"}


def test_chart_ports_probes_and_values_agree():
    assert (VALUES["rasa"]["port"], VALUES["care"]["port"]) == (5005, 5055)
    for path in ("/health/live", "/health/ready"):
        assert f"path: {path}, port: http" in TEMPLATES
    for kind in ("Deployment", "PodDisruptionBudget", "HorizontalPodAutoscaler", "Ingress"):
        assert f"kind: {kind}" in TEMPLATES
    assert "readOnlyRootFilesystem: true" in TEMPLATES
    assert "runAsNonRoot: true" in TEMPLATES
    for path in re.findall(r"\.Values((?:\.\w+)+)", TEMPLATES):
        found = VALUES
        for key in path.strip(".").split("."):
            assert key in found, path
            found = found[key]
    assert "{{" not in re.sub(r"\{\{.*?\}\}", "", TEMPLATES)
    opened = re.findall(r"\{\{-? (?:if|range|with)\b", TEMPLATES)
    assert len(opened) == len(re.findall(r"\{\{-? end\b", TEMPLATES))


def test_chart_is_yaml_once_its_values_are_in():
    for path in (DEPLOY / "helm/templates").glob("*.yaml"):
        text = re.sub(r"(?m)^\s*\{\{-? (?:if|else|end|range|\$).*\}\}$", "", path.read_text())
        text = re.sub(r"\{\{-? toYaml.*?\}\}", "{}", text)
        text = re.sub(r"\{\{.*?\}\}", "x", text)
        for part in filter(None, yaml.safe_load_all(text)):
            assert {"apiVersion", "kind", "metadata", "spec"} <= set(part)


def test_ingress_lets_only_named_paths_in():
    text = (DEPLOY / "helm/templates/ingress.yaml").read_text()
    paths = {
        p for each in re.findall(r"list (.*?) \}\}", text) for p in re.findall(r'"(.*?)"', each)
    }
    assert paths == {"/chat", "/webhooks", "/widget.js", "/desk", "/api"}


def test_helm_agrees():
    if shutil.which("helm") is None:
        pytest.skip("helm is not installed; the tests above read the chart themselves")
    done = subprocess.run(
        ["helm", "template", "b12", str(DEPLOY / "helm")], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert len(list(yaml.safe_load_all(done.stdout))) == 10


@pytest.mark.parametrize("name", ["rasa", "care"])
def test_units_start_what_exists_without_rights(name):
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str
    unit.read(DEPLOY / "systemd" / f"b12-{name}.service")
    service = unit["Service"]
    module = re.search(r"-m ([\w.]+)", service["ExecStart"]).group(1)
    assert (PROJECT / Path(*module.split("."))).with_suffix(".py").is_file()
    assert "--host 127.0.0.1" in service["ExecStart"]
    assert service["NoNewPrivileges"] == "yes"
    assert service["ProtectSystem"] == "strict"
    assert service["User"] == "b12"
