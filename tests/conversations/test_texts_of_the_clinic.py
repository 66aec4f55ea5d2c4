"""A clinic that sets its country by a variable gets its number, also from an older model."""

import dataclasses

import pytest

from bot.settings import load_settings

pytestmark = pytest.mark.model


@pytest.mark.parametrize(("region", "number"), [("GB", "999"), ("US", "911"), ("AU", "000")])
async def test_the_emergency_number_is_that_of_the_settings(model, dead_port, region, number):
    import rasa.core.agent
    from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
    from rasa.utils.endpoints import EndpointConfig

    from bot.nlu.endpoint import ActionEndpoint
    from bot.nlu.texts import use_texts

    agent = rasa.core.agent.Agent.load(
        str(model), action_endpoint=ActionEndpoint.around(EndpointConfig(dead_port))
    )
    use_texts(agent, dataclasses.replace(load_settings(environment={}), region=region))
    output = CollectingOutputChannel()
    message = UserMessage("my throat is closing up", output, "her", input_channel="web")
    await agent.handle_message(message)
    first = output.messages[0]["text"]
    assert f"Call {number} now" in first
    assert "local emergency number" not in " ".join(m["text"] for m in output.messages)
