"""How the pipeline's notifications leave."""

from email.message import EmailMessage
from typing import Protocol


class Mailer(Protocol):
    """Delivery of one notification."""

    def deliver(self, message: EmailMessage, *, key: str) -> str:
        """Deliver a message once per ``key``; return ``sent``, ``outbox`` or ``already_sent``."""
