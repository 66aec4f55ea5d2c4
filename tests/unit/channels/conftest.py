import pytest
from stub_chat import running_chat


@pytest.fixture(scope="session")
def chat_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("chat")


@pytest.fixture(scope="session")
def chat(chat_folder):
    with running_chat(chat_folder, "https://clinic.example", "--generous") as address:
        yield address


@pytest.fixture
def run_chat():
    """Give what runs a server of its own, with the limits of a real one."""
    return running_chat
