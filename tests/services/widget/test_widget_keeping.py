"""What she may do with the whole conversation: copy, save, print, begin anew, delete."""

import pytest

from bot.channels import database
from bot.channels.store import MessageStore

pytestmark = pytest.mark.services


def test_one_message_and_the_whole_chat_can_be_copied(visit, address):
    page = visit()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
    page.say("will it harm my baby?")
    row = page.element.locator("li.bot .row")
    row.hover()
    row.get_by_role("button", name="Copy this message").click()
    row.get_by_role("button", name="Copied").wait_for()
    clipboard = "() => navigator.clipboard.readText()"
    assert page.page.evaluate(clipboard).startswith("The UK pregnancy medicine service")
    page.choose("Copy the chat")
    page.wait(lambda: "The chat was copied" in page.shown())
    copied = page.page.evaluate(clipboard)
    assert "You, " in copied and "will it harm my baby?" in copied and "Symptom check, " in copied


def test_where_the_clipboard_is_closed_copying_still_works(visit):
    page = visit()
    page.say("will it harm my baby?")
    page.page.evaluate("() => (navigator.clipboard.writeText = () => Promise.reject())")
    page.choose("Copy the chat")
    page.wait(lambda: "The chat was copied" in page.shown())
    page.text.press("Control+v")
    assert "will it harm my baby?" in page.text.input_value()


def test_the_chat_can_be_saved_as_a_file(visit):
    page = visit()
    page.say("will it harm my baby?")
    with page.page.expect_download() as download:
        page.choose("Save as a file")
    assert download.value.suggested_filename == "symptom-check.txt"
    saved = download.value.path().read_text(encoding="utf-8")
    assert "will it harm my baby?" in saved and "no reason to expect harm" in saved


def test_the_chat_alone_is_printed(visit):
    page = visit()
    page.say("will it harm my baby?")
    page.page.evaluate(
        """() => {
          const shadow = document.querySelector("b12-symptom-check").shadowRoot;
          new MutationObserver(() => {
            const frame = shadow.querySelector("iframe");
            if (frame) frame.contentWindow.print = () =>
              (window.printed = frame.contentDocument.body.innerText);
          }).observe(shadow, { childList: true });
          // An observer runs after the script that prints, so the function is replaced before, too.
          const append = shadow.append;
          shadow.append = function (...nodes) {
            append.apply(this, nodes);
            for (const node of nodes)
              if (node.contentWindow) node.contentWindow.print = () =>
                (window.printed = node.contentDocument.body.innerText);
          };
        }"""
    )
    page.choose("Print")
    printed = page.page.evaluate("() => window.printed")
    assert "will it harm my baby?" in printed and "no reason to expect harm" in printed
    assert "Riverside" not in printed


def test_a_new_chat_begins_only_after_a_question(visit):
    page = visit()
    page.say("hello")
    page.choose("New chat")
    page.button("Keep this chat").click()
    assert page.messages.count() == 1
    page.choose("New chat")
    page.button("Start a new chat").click()
    page.wait(lambda: page.messages.count() == 0)
    page.say("again")
    assert page.messages.count() == 1


def test_a_deleted_chat_is_gone_here_at_the_service_and_in_other_tabs(visit, folder):
    page = visit()
    page.say("my secret")
    other = visit(context=page.context)
    other.wait(lambda: other.messages.count() == 1)
    conversation = page.token()["conversation"]
    page.choose("Delete my chat")
    page.button("Delete", exact=True).click()
    page.wait(lambda: "Your chat was deleted" in page.shown())
    assert page.messages.count() == 0
    other.wait(lambda: other.messages.count() == 0)
    store = MessageStore(database.engine(f"sqlite:///{folder}/channels.db"))
    assert store.after(conversation) == [] and store.is_deleted(conversation)
    page.say("a new one")
    assert page.token()["conversation"] != conversation


def test_deleting_without_a_network_says_so_and_keeps_the_chat(visit):
    page = visit()
    page.say("hello")
    page.context.set_offline(True)
    page.choose("Delete my chat")
    page.button("Delete", exact=True).click()
    page.element.get_by_text("It could not be deleted").wait_for()
    page.button("Keep this chat").click()
    assert page.messages.count() == 1
