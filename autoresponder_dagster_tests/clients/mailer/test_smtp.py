import socket
import ssl

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from autoresponder_dagster.clients.mailer.smtp import SmtpMailer, SmtpSettings
from autoresponder_dagster.errors import ConfigurationError, SystemUnavailableError
from autoresponder_dagster_tests.clients.mailer.test_message import build


class Mailbox:
    """Keeps what the server accepts."""

    def __init__(self):
        self.received = []
        self.logins = []
        self.refuse = ()

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802  (aiosmtpd's name)
        if address in self.refuse:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802  (aiosmtpd's name)
        self.received.append((envelope.rcpt_tos, envelope.content))
        return "250 OK"

    def authenticate(self, server, session, envelope, mechanism, login):
        self.logins.append(login.login.decode())
        return AuthResult(success=login.password == b"right", handled=False)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def mailbox():
    return Mailbox()


@pytest.fixture
def serve(mailbox, authority, monkeypatch):
    """Start a mail server of some security; returns a mailer for it."""
    monkeypatch.delenv("SMTP_USERNAME", raising=False)
    monkeypatch.delenv("SMTP_PASSWORD", raising=False)
    controllers = []
    server_context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(server_context)
    client_context = ssl.create_default_context()
    authority.configure_trust(client_context)

    def start(security, folder, *, context=client_context):
        options = {
            "starttls": {"tls_context": server_context, "require_starttls": True, "auth_require_tls": True},
            "tls": {"ssl_context": server_context, "auth_require_tls": False},
            "none": {},
        }[security]
        controller = Controller(
            mailbox,
            hostname="127.0.0.1",
            port=free_port(),
            authenticator=mailbox.authenticate,
            ready_timeout=10,
            **options,
        )
        controller.start()
        controllers.append(controller)
        return SmtpMailer(SmtpSettings("127.0.0.1", controller.port, security, timeout=5), folder, context)

    yield start
    for controller in controllers:
        controller.stop()


@pytest.mark.parametrize("security", ["starttls", "tls", "none"])
def test_a_message_is_sent_once(serve, mailbox, tmp_path, security):
    mailer = serve(security, tmp_path / "sent")
    message = build(cc=["boss@publisher.example"])
    assert mailer.deliver(message, key="N04") == "sent"
    assert mailer.deliver(message, key="N04") == "already_sent"
    ((recipients, content),) = mailbox.received
    assert recipients == ["marketing@publisher.example", "boss@publisher.example"]
    assert b"Auto-Submitted: auto-generated\r\n" in content
    assert (tmp_path / "sent" / "N04.eml").is_file()


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_the_login_comes_from_the_environment(serve, mailbox, tmp_path, monkeypatch, security):
    monkeypatch.setenv("SMTP_USERNAME", "robot")
    monkeypatch.setenv("SMTP_PASSWORD", "right")
    assert serve(security, tmp_path).deliver(build(), key="N04") == "sent"
    assert mailbox.logins == ["robot"]


def test_a_refused_login_names_the_settings_and_not_the_password(serve, mailbox, tmp_path, monkeypatch):
    monkeypatch.setenv("SMTP_USERNAME", "robot")
    monkeypatch.setenv("SMTP_PASSWORD", "wrong-secret")
    with pytest.raises(ConfigurationError, match="SMTP_PASSWORD") as refused:
        serve("starttls", tmp_path).deliver(build(), key="N04")
    assert "wrong-secret" not in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_a_password_does_not_cross_the_network_in_clear(serve, mailbox, tmp_path, monkeypatch):
    monkeypatch.setenv("SMTP_USERNAME", "robot")
    monkeypatch.setenv("SMTP_PASSWORD", "right")
    with pytest.raises(ConfigurationError, match="encrypted"):
        serve("none", tmp_path).deliver(build(), key="N04")
    assert mailbox.logins == []


def test_an_unknown_certificate_is_not_trusted(serve, mailbox, tmp_path):
    with pytest.raises(SystemUnavailableError):
        serve("starttls", tmp_path, context=ssl.create_default_context()).deliver(build(), key="N04")
    assert mailbox.received == []


def test_a_refused_message_is_sent_again_later(serve, mailbox, tmp_path):
    mailer = serve("none", tmp_path)
    mailbox.refuse = ("marketing@publisher.example",)
    with pytest.raises(SystemUnavailableError):
        mailer.deliver(build(), key="N04")
    mailbox.refuse = ()
    assert mailer.deliver(build(), key="N04") == "sent"


def test_one_refused_recipient_does_not_make_the_others_get_it_twice(serve, mailbox, tmp_path, caplog):
    mailer = serve("none", tmp_path)
    mailbox.refuse = ("boss@publisher.example",)
    message = build(cc=["boss@publisher.example"])
    assert [mailer.deliver(message, key="N04") for _ in range(2)] == ["sent", "already_sent"]
    assert len(mailbox.received) == 1
    assert "refused 1 recipient" in caplog.text


def test_an_unreachable_server_is_named(tmp_path):
    with pytest.raises(SystemUnavailableError, match=r"127\.0\.0\.1:1 "):
        SmtpMailer(SmtpSettings("127.0.0.1", 1, "none"), tmp_path).deliver(build(), key="N04")


def test_the_default_is_encrypted():
    assert SmtpSettings("mail.publisher.example").security == "starttls"
    assert SmtpSettings("mail.publisher.example").port == 587
