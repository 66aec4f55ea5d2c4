"""What a browser asks for while she chats: of our own address, and of no other."""

import pytest
from chat_page import DESKTOP

pytestmark = pytest.mark.services


def test_a_chat_asks_no_other_site_for_anything(visit, browser, address):
    context, asked = browser.new_context(viewport=DESKTOP), []
    context.on("request", lambda request: asked.append(request.url))
    page = visit(context=context)
    page.say("will it harm my baby?")
    context.new_page().goto(f"{address}/chat/demo")
    own = (address, "data:", "blob:")
    assert len(asked) > 3
    assert [url for url in asked if not url.startswith(own)] == []
