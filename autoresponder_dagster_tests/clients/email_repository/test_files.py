import mailbox
import os
import tracemalloc
from datetime import UTC, date, datetime

import pytest

from autoresponder_dagster.clients.email_repository import FileRepository, iter_messages
from autoresponder_dagster.errors import ConfigurationError, LookupFailedError
from autoresponder_dagster.schemas import EmailMessage
from autoresponder_dagster_tests.clients.email_repository.letters import letter

DAY = date(2026, 3, 31)
NEXT_DAY = date(2026, 4, 1)


def write(path, content: bytes, modified: datetime | None = None):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    if modified is not None:
        os.utime(path, (modified.timestamp(), modified.timestamp()))
    return path


def write_maildir(path, *messages: bytes):
    maildir = mailbox.Maildir(path)
    for content in messages:
        maildir.add(content)


def write_mbox(path, *messages: bytes):
    path.parent.mkdir(parents=True, exist_ok=True)
    box = mailbox.mbox(path)
    for content in messages:
        box.add(content)
    box.close()


def test_a_message_is_a_row_with_its_raw_bytes(tmp_path):
    raw = letter(received=("Tue, 31 Mar 2026 10:00:01 +0200",))
    write(tmp_path / "HospitalNews" / "2026" / "a.eml", raw)

    frame = FileRepository(tmp_path).fetch(DAY)

    assert frame.drop(columns="received_at").to_dict("records")[0] | {"inserted_at": None} == {
        "message_id": "1@mail.example",
        "inbox_source": "HospitalNews",
        "sender_email": "jane.doe@acme.example",
        "subject": "Automatic reply: News",
        "inserted_at": None,
        "source": "HospitalNews/2026/a.eml",
        "raw": raw,
    }
    assert frame["received_at"][0] == datetime(2026, 3, 31, 8, 0, 1, tzinfo=UTC)
    EmailMessage.validate(EmailMessage.typed(frame.assign(partition="2026-03-31")))


@pytest.mark.parametrize(
    ("received", "sent", "modified", "expected"),
    [
        (
            ("Wed, 1 Apr 2026 00:30:00 +0200", "Mon, 30 Mar 2026 10:00:00 +0000"),
            "Sun, 1 Jun 2025 10:00:00 +0000",
            datetime(2026, 6, 1, tzinfo=UTC),
            DAY,
        ),
        ((), "Tue, 31 Mar 2026 23:59:59 +0000", datetime(2026, 6, 1, tzinfo=UTC), DAY),
        ((), "Tue, 31 Mar 2026 22:30:00 -0200", datetime(2026, 6, 1, tzinfo=UTC), NEXT_DAY),
        (("no time at all",), "Wed, 1 Apr 2026 00:00:00 +0000", datetime(2026, 6, 1, tzinfo=UTC), NEXT_DAY),
        ((), None, datetime(2026, 3, 31, 23, 59, 59, tzinfo=UTC), DAY),
        (("broken",), "broken too", datetime(2026, 4, 1, tzinfo=UTC), NEXT_DAY),
    ],
    ids=["topmost Received", "Date", "Date in its own zone", "unreadable Received", "file time", "all unreadable"],
)
def test_a_message_belongs_to_the_utc_day_it_was_received(tmp_path, received, sent, modified, expected):
    write(tmp_path / "a.eml", letter(received=received, date=sent), modified)
    repository = FileRepository(tmp_path)

    assert {day for day in (DAY, NEXT_DAY) if len(repository.fetch(day))} == {expected}


def test_a_quiet_day_is_a_typed_empty_frame(tmp_path):
    frame = FileRepository(tmp_path).fetch(DAY)

    assert frame.empty
    EmailMessage.validate(EmailMessage.typed(frame))


def test_all_kinds_of_stores_are_found_in_one_tree_in_the_order_of_their_paths(tmp_path):
    write(tmp_path / "a.eml", letter(message_id="eml"))
    write(tmp_path / "b" / "deep" / "C.EML", letter(message_id="deep"))
    write_mbox(tmp_path / "c" / "old.mbox", letter(message_id="mbox-1"), letter(message_id="mbox-2"))
    write_maildir(tmp_path / "d", letter(message_id="maildir"))
    write_maildir(tmp_path / "d" / ".Archive", letter(message_id="maildir-sub"))
    write(tmp_path / "d" / "tmp" / "1.half", letter(message_id="being-delivered"))
    write(tmp_path / "README.txt", b"no mail")
    write(tmp_path / "._a.eml", b"what a Mac leaves behind")

    frame = FileRepository(tmp_path).fetch(DAY)

    assert frame["message_id"].tolist() == ["eml", "deep", "mbox-1", "mbox-2", "maildir-sub", "maildir"]
    assert frame["inbox_source"].tolist() == ["default", "b", "c", "c", "d", "d"]
    assert frame["source"].tolist()[:4] == ["a.eml", "b/deep/C.EML", "c/old.mbox#000001", "c/old.mbox#000002"]


def test_a_maildir_may_be_the_store_itself(tmp_path):
    write_maildir(tmp_path / "Maildir", letter())

    frame = FileRepository(tmp_path / "Maildir").fetch(DAY)

    assert frame["inbox_source"].tolist() == ["default"]
    assert frame["source"][0].startswith("new/")


@pytest.mark.parametrize("name", ["archive.mbox", "INBOX"])
def test_an_mbox_may_be_the_store_itself(tmp_path, name):
    write_mbox(tmp_path / name, letter(message_id="a"), letter("From the desk of Jane", message_id="b"))

    frame = FileRepository(tmp_path / name).fetch(DAY)

    assert frame["message_id"].tolist() == ["a", "b"]
    assert frame["source"].tolist() == [f"{name}#000001", f"{name}#000002"]
    assert frame["raw"][0].splitlines() == letter(message_id="a").splitlines()


def test_a_linked_folder_is_read_once_even_in_a_circle(tmp_path):
    write(tmp_path / "elsewhere" / "a.eml", letter())
    (tmp_path / "store" / "inbox").mkdir(parents=True)
    (tmp_path / "store" / "inbox" / "linked").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "circle").symlink_to(tmp_path / "store")

    frame = FileRepository(tmp_path / "store").fetch(DAY)

    assert frame["source"].tolist() == ["inbox/linked/a.eml"]


@pytest.mark.parametrize(
    "content", [b"", b"\x00\xff\xfe garbage", b"no header\r\n\r\nat all", b"Subject: \xff\r\n\r\n"]
)
def test_a_malformed_message_is_kept(tmp_path, content):
    write(tmp_path / "a.eml", content, datetime(2026, 3, 31, 12, tzinfo=UTC))

    frame = FileRepository(tmp_path).fetch(DAY)

    assert frame["raw"].tolist() == [content]
    assert frame["message_id"][0].startswith("sha256:")
    EmailMessage.validate(EmailMessage.typed(frame.assign(partition="2026-03-31")))


def test_a_file_name_that_is_not_utf_8_does_not_stop_the_day(tmp_path):
    (tmp_path / os.fsdecode(b"B\xfcro")).mkdir()
    write(tmp_path / os.fsdecode(b"B\xfcro") / os.fsdecode(b"\xe4.eml"), letter())

    frame = FileRepository(tmp_path).fetch(DAY)

    assert frame["source"].tolist() == ["B\ufffdro/\ufffd.eml"]


def test_a_message_that_cannot_be_read_is_named_and_never_skipped(tmp_path):
    write(tmp_path / "a.eml", letter())
    (tmp_path / "b.eml").symlink_to(tmp_path / "gone.eml")

    with pytest.raises(LookupFailedError, match=r"b\.eml could not be read \(No such file"):
        FileRepository(tmp_path).fetch(NEXT_DAY)


def test_a_store_that_vanished_is_an_error_and_not_a_quiet_day(tmp_path):
    (tmp_path / "store").mkdir()
    repository = FileRepository(tmp_path / "store")
    (tmp_path / "store").rmdir()

    with pytest.raises(LookupFailedError, match="store could not be read"):
        repository.fetch(DAY)


def test_what_is_named_mbox_and_is_none_is_refused_rather_than_read_as_empty(tmp_path):
    write(tmp_path / "a.mbox", letter())

    with pytest.raises(LookupFailedError, match=r"a\.mbox is not an mbox"):
        FileRepository(tmp_path).fetch(DAY)


def test_an_empty_mbox_holds_no_message(tmp_path):
    write(tmp_path / "a.mbox", b"")

    assert FileRepository(tmp_path).fetch(DAY).empty


def test_nothing_at_the_path_is_a_configuration_error(tmp_path):
    with pytest.raises(ConfigurationError, match="does not exist"):
        FileRepository(tmp_path / "nowhere")


def test_messages_of_several_paths_carry_the_path_as_given(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    one = write(tmp_path / "one.eml", letter(message_id="one"))
    write(tmp_path / "folder" / "sub" / "two.eml", letter(message_id="two"))

    found = list(iter_messages([one.relative_to(tmp_path), (tmp_path / "folder").relative_to(tmp_path)]))

    assert [(message.source, message.inbox_source, message.message_id) for message in found] == [
        ("one.eml", "default", "one"),
        ("folder/sub/two.eml", "sub", "two"),
    ]
    assert found[0].raw == one.read_bytes()
    assert found[0].received_at == datetime(2026, 3, 31, 8, 15, tzinfo=UTC)


def test_messages_of_a_missing_path_are_a_configuration_error(tmp_path):
    with pytest.raises(ConfigurationError, match="nowhere does not exist"):
        list(iter_messages([tmp_path / "nowhere"]))


def test_only_the_messages_of_the_day_are_held(tmp_path):
    megabyte = "x" * 1_000_000
    for number in range(12):
        write(tmp_path / f"{number}.eml", letter(megabyte, date="Wed, 1 Apr 2026 00:00:00 +0000"))
    write(tmp_path / "today.eml", letter())
    repository = FileRepository(tmp_path)

    tracemalloc.start()
    try:
        assert len(repository.fetch(DAY)) == 1
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 6_000_000
