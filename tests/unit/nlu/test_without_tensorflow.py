import subprocess
import sys

import pytest
import yaml

from bot.nlu.without_tensorflow import import_rasa_light
from bot.settings import PROJECT

#: What the service does on the way to its first answer.
LOAD_AND_READ = """
import asyncio, sys
from bot.nlu.without_tensorflow import import_rasa_light
assert import_rasa_light()
from rasa.core.agent import Agent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
agent = Agent.load(sys.argv[1])
read = asyncio.run(agent.parse_message("is the injection safe for my baby?"))
assert read["intent"]["name"].startswith("faq_"), read["intent"]
assert "tensorflow" not in sys.modules
"""


@pytest.mark.parametrize("network", ["DIETClassifier", "TEDPolicy", "some.package.Component"])
def test_a_configuration_with_a_network_gets_the_real_rasa(tmp_path, network):
    part = "policies" if network.endswith("Policy") else "pipeline"
    config = {"pipeline": [], "policies": [{"name": "RulePolicy"}]}
    config[part] = [*config[part], {"name": network}]
    (tmp_path / "config.yml").write_text(yaml.safe_dump(config))
    before = set(sys.modules)
    assert import_rasa_light(tmp_path / "config.yml") is False
    assert set(sys.modules) == before


@pytest.mark.model
def test_the_model_answers_without_tensorflow():
    from bot.service.training import ensure_model

    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LOAD_AND_READ, str(ensure_model())],
        cwd=PROJECT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
