"""The publisher's mailings, which the messages of a world answer.

Belongs here: what was mailed and to which mailbox answers go. Does not belong here: the answers. The mailings are data:
``templates/mailings.yaml``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from autoresponder_dagster.sampledata.mail import Original
from autoresponder_dagster.sampledata.templates import load_yaml


@dataclass(frozen=True)
class Mailing:
    """A mailing; the answers to its ``mailbox`` end up in the inbox source ``inbox``."""

    name: str
    mailbox: str
    inbox: str
    weight: float


@dataclass(frozen=True)
class Publication:
    """Everything that the publisher mails: ``items`` and ``closing`` make up an issue."""

    domain: str
    mailings: tuple[Mailing, ...]
    items: tuple[str, ...]
    closing: str

    def address_of(self, mailing: Mailing) -> str:
        """Return where answers to a mailing go."""
        return f"{mailing.mailbox}@{self.domain}"

    def issue(self, items: Iterable[str]) -> str:
        """Return the text of an issue."""
        return "\n\n".join([*items, self.closing])

    def original(self, mailing: Mailing, sent_at: datetime, number: str, text: str) -> Original:
        """Return the issue that is answered; ``text`` is what is quoted of it, empty for nothing."""
        message_id = f"<{sent_at:%Y%m%d}.{mailing.mailbox}.{number}@{self.domain}>"
        return Original(mailing=mailing.name, message_id=message_id, text=text)


def load_publication() -> Publication:
    """Return the content of ``mailings.yaml``."""
    content = load_yaml("mailings")
    mailings = tuple(Mailing(**mailing) for mailing in content["mailings"])
    return Publication(content["publisher"], mailings, tuple(content["items"]), content["closing"])
