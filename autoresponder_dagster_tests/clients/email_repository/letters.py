"""Raw messages for the tests."""


def letter(
    body: str = "I am out of the office.",
    *,
    message_id: str | None = "1@mail.example",
    sender: str = "Jane Doe <Jane.Doe@acme.example>",
    subject: str = "Automatic reply: News",
    date: str | None = "Tue, 31 Mar 2026 08:15:00 +0000",
    received: tuple[str, ...] = (),
) -> bytes:
    """Return a message (RFC 5322); ``received`` from the topmost field down."""
    fields = [f"Received: from a.example by b.example; {moment}" for moment in received]
    fields += [f"From: {sender}", f"Subject: {subject}"]
    fields += [f"Message-ID: <{message_id}>"] if message_id else []
    fields += [f"Date: {date}"] if date else []
    return "\r\n".join([*fields, "", body, ""]).encode()
