"""Messages for the tests: built here, so that a test shows only what matters to it."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import parseaddr


def build(
    body: str,
    *,
    sender: str = "John Marrow <jmarrow@harbor.example>",
    subject: str = "Automatic reply: Directory",
    date: str = "Wed, 14 Oct 2026 09:00:00 +0000",
    auto: bool = True,
    html: str | None = None,
    **headers: str,
) -> bytes:
    """Return a message as bytes; ``auto`` marks it as RFC 3834 does."""
    message = EmailMessage()
    name, address = parseaddr(sender)
    message["From"] = Address(name, addr_spec=address)
    message["To"] = "directory@press.example"
    message["Subject"] = subject
    message["Date"] = date
    message["Message-ID"] = "<1@harbor.example>"
    if auto:
        message["Auto-Submitted"] = "auto-replied"
    for header, value in headers.items():
        message[header.replace("_", "-")] = value
    if body:
        message.set_content(body)
    if html is not None:
        if body:
            message.add_alternative(html, subtype="html")
        else:
            message.set_content(html, subtype="html")
    return message.as_bytes()


def delivery_report(
    text: str,
    *,
    action: str = "failed",
    status: str = "5.1.1",
    diagnostic: str = "smtp; 550 5.1.1 User unknown",
    final: str = "jmarrow@harbor.example",
    original: str | None = None,
) -> bytes:
    """Return an RFC 3464 report."""
    recipient = f"Original-Recipient: rfc822; {original}\n" if original else ""
    return (
        "From: Mail Delivery System <MAILER-DAEMON@mx.harbor.example>\n"
        "To: directory@press.example\n"
        "Subject: Undelivered Mail Returned to Sender\n"
        "Date: Wed, 14 Oct 2026 09:00:00 +0000\n"
        "Message-ID: <2@mx.harbor.example>\n"
        "Auto-Submitted: auto-replied\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n'
        "MIME-Version: 1.0\n\n"
        f"--b\nContent-Type: text/plain\n\n{text}\n"
        "--b\nContent-Type: message/delivery-status\n\n"
        "Reporting-MTA: dns; mx.harbor.example\n\n"
        f"{recipient}Final-Recipient: rfc822; {final}\nAction: {action}\nStatus: {status}\n"
        f"Diagnostic-Code: {diagnostic}\n\n"
        "--b\nContent-Type: text/rfc822-headers\n\n"
        "Subject: Directory: John Marrow has left Harbor\nTo: jmarrow@harbor.example\n"
        "--b--\n"
    ).encode()
