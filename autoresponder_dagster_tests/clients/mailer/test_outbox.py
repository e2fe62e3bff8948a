import pytest

from autoresponder_dagster.clients.mailer.outbox import OutboxMailer
from autoresponder_dagster_tests.clients.mailer.test_message import build


def test_a_message_is_written_once(tmp_path):
    mailer = OutboxMailer(tmp_path / "outbox")
    assert mailer.deliver(build(), key="N04-2026-03-31") == "outbox"
    path = tmp_path / "outbox" / "N04-2026-03-31.eml"
    content = path.read_bytes()
    assert mailer.deliver(build(), key="N04-2026-03-31") == "already_sent"
    assert path.read_bytes() == content
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert mailer.deliver(build(body="other\n"), key="N04-2026-03-31") == "outbox"
    assert [file.name for file in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("key", ["", ".", "../N04", "a/b", "a\\b", "N04\n", ".hidden"])
def test_a_key_cannot_leave_the_folder(tmp_path, key):
    with pytest.raises(ValueError, match="file"):
        OutboxMailer(tmp_path).deliver(build(), key=key)
    assert list(tmp_path.iterdir()) == []
