"""Notifications over SMTP (RFC 5321), once per key."""

import logging
import os
import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Literal

from autoresponder_dagster.clients.mailer.outbox import message_path
from autoresponder_dagster.errors import ConfigurationError, SystemUnavailableError
from autoresponder_dagster.files import write_atomically

_LOGGER = logging.getLogger(__name__)

USERNAME = "SMTP_USERNAME"
PASSWORD = "SMTP_PASSWORD"  # noqa: S105  (the name of the variable)


@dataclass(frozen=True)
class SmtpSettings:
    """Where the mail server is. Holds no secret: user name and password come from the environment.

    ``security`` is ``starttls`` (port 587), ``tls`` (port 465) or ``none`` (a relay in the same network).
    """

    host: str
    port: int = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    timeout: float = 30.0


class SmtpMailer:
    """Sends each message once: what the server has accepted is kept in a folder, by key.

    A process that dies between the acceptance and the note of it sends again; the message then has the
    same Message-ID.

    Args:
        settings: the mail server.
        sent_folder: keeps the messages that were accepted.
        context: how certificates are checked; by default against the system's authorities.
    """

    def __init__(self, settings: SmtpSettings, sent_folder: Path, context: ssl.SSLContext | None = None) -> None:
        self._settings = settings
        self._sent_folder = sent_folder
        self._context = context or ssl.create_default_context()

    def deliver(self, message: EmailMessage, *, key: str) -> str:
        """Send a message; returns ``sent``, or ``already_sent`` where the server has accepted this key before.

        Raises:
            ConfigurationError: a password would cross the network in clear, or is refused.
            SystemUnavailableError: the server cannot be reached, or refused the message for everybody.
            ValueError: the key is no plain file name.
        """
        path = message_path(self._sent_folder, key)
        if path.is_file():
            return "already_sent"
        try:
            self._send(message)
        except smtplib.SMTPAuthenticationError as error:
            raise ConfigurationError(
                f"The mail server refused the login (code {error.smtp_code}). Check {USERNAME} and {PASSWORD}."
            ) from None
        except (OSError, smtplib.SMTPException) as error:
            raise SystemUnavailableError(
                f"The mail server {self._settings.host}:{self._settings.port} did not take the notification "
                f"({type(error).__name__})."
            ) from None
        write_atomically(path, message.as_bytes(policy=SMTP))
        return "sent"

    def _send(self, message: EmailMessage) -> None:
        settings = self._settings
        username, password = os.environ.get(USERNAME), os.environ.get(PASSWORD)
        if username and settings.security == "none":
            raise ConfigurationError(f"{USERNAME} is set, but the connection is not encrypted. Use starttls or tls.")
        if settings.security == "tls":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                settings.host, settings.port, timeout=settings.timeout, context=self._context
            )
        else:
            connection = smtplib.SMTP(settings.host, settings.port, timeout=settings.timeout)
        with connection:
            if settings.security == "starttls":
                connection.starttls(context=self._context)
            if username:
                connection.login(username, password or "")
            refused = connection.send_message(message)
        if refused:
            _LOGGER.error(
                "The mail server refused %d recipient(s) of a notification; the others have it.", len(refused)
            )
