"""``data/sample`` is what the script makes of its sources, byte for byte, and every message of it lies in its week."""

import os
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from email.utils import format_datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresponder_dagster.clients.salesforce.mock import OWN_USER_ID
from autoresponder_dagster.sampledata.build_sample import build_sample
from autoresponder_dagster.sampledata.corpus import read_corpus, received_on, senders, shift_into_week
from autoresponder_dagster.sampledata.story import load_story, tell
from autoresponder_dagster.sampledata.world import FIRST_DAY
from autoresponder_dagster_tests.sampledata.conftest import SAMPLE, messages_of, real_domains, rows_of, texts_of
from autoresponder_dagster_tests.sampledata.test_systems import HEADERS

CORPUS = Path(os.environ.get("AUTORESPONDER_CORPUS", SAMPLE.parents[2] / "shared" / "corpus")) / "authored"
DAYS = [FIRST_DAY + timedelta(days=number) for number in range(5)]


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# -- what is tracked is what the script makes ------------------------------------------------------------------------


def test_building_the_sample_from_itself_changes_nothing(tmp_path):
    build_sample(SAMPLE, tmp_path)

    assert tree(tmp_path) == tree(SAMPLE)


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the authored corpus is not on this machine (AUTORESPONDER_CORPUS)")
def test_building_the_sample_from_the_corpus_gives_what_is_tracked(tmp_path):
    build_sample(CORPUS, tmp_path)

    assert tree(tmp_path) == tree(SAMPLE)


def test_what_the_story_no_longer_tells_goes_away(tmp_path):
    build_sample(SAMPLE, tmp_path)
    stale = tmp_path / "email_repository" / "HospitalNews" / "told-no-more.eml"
    stale.write_bytes(b"")
    build_sample(SAMPLE, tmp_path)

    assert not stale.exists()


def test_a_folder_without_a_corpus_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"001\.eml"):
        build_sample(tmp_path, tmp_path / "out")


# -- the sample ------------------------------------------------------------------------------------------------------


def test_the_sample_is_large_enough_and_every_day_has_mail():
    days = Counter(received_on(raw) for raw in messages_of(SAMPLE).values())

    assert sum(days.values()) >= 150
    assert sorted(days) == DAYS
    assert min(days.values()) >= 30


def test_one_inbox_is_quiet():
    quiet = {received_on(raw) for path, raw in messages_of(SAMPLE).items() if "/Directories/" in path}

    assert quiet
    assert quiet < set(DAYS)


def test_every_message_of_the_story_is_there_and_says_what_it_is_for():
    told = list(tell(load_story()))
    sample = messages_of(SAMPLE)

    assert len(told) >= 30
    assert all(sample[f"email_repository/{message.file}"] == message.raw for message in told)
    assert all(received_on(message.raw) == message.received_at.date() for message in told)
    readme = (SAMPLE / "README.md").read_text(encoding="utf-8")
    assert all(message.shows in readme for message in told)


def test_redeliveries_are_the_same_message_received_later():
    told = {message.file: message.raw for message in tell(load_story())}
    first = told["HospitalNews/plain-departure.eml"]
    for copy in ("second-delivery-of-plain-departure", "third-delivery-of-plain-departure"):
        again = told[f"HospitalNews/{copy}.eml"]
        assert again != first
        assert message_from_bytes(again)["Message-ID"] == message_from_bytes(first)["Message-ID"]
        assert again.split(b"\r\nReceived:", 2)[2] == first.split(b"\r\nReceived:", 2)[2]


def test_no_domain_is_one_that_somebody_could_own():
    tables = "\n".join((SAMPLE / name).read_text(encoding="utf-8") for name in HEADERS)
    own = "\n".join(texts_of(message.raw) for message in tell(load_story()) if "broken-mime" not in message.file)

    assert real_domains(own + tables) == set()


@pytest.mark.parametrize(("file", "header"), HEADERS.items())
def test_columns_are_those_of_the_contract(file, header):
    assert (SAMPLE / file).read_text(encoding="utf-8").split("\n", 1)[0] == header


def test_the_mock_org_knows_its_own_user():
    users = {row["LastModifiedById"] for row in rows_of(SAMPLE / "salesforce_contacts.csv")}

    assert OWN_USER_ID in users
    assert len(users) > 2


def test_the_systems_know_people_who_never_write():
    writers = {person.email for person in senders(messages_of(SAMPLE))}
    known = {row["email"] for row in rows_of(SAMPLE / "cupola_people.csv")}

    assert len(known - writers) >= 20
    assert len(known & writers) >= 50


# -- moving the corpus -----------------------------------------------------------------------------------------------


def eml(day: datetime, *extra: str) -> bytes:
    lines = [
        f"Received: from a.example by b.example; {format_datetime(day)}",
        f"Date: {format_datetime(day)}",
        *extra,
        "Subject: Issue of 1 Oct 2026",
        "",
        "Back on Mon, 12 Oct 2026 09:00:00 +0000.",
    ]
    return "\r\n".join(lines).encode()


@given(st.datetimes(datetime(2026, 1, 1), datetime(2026, 11, 6), timezones=st.just(UTC)))  # noqa: DTZ001 - naive bounds
def test_a_message_moves_to_its_weekday(moment):
    moved = shift_into_week(eml(moment), FIRST_DAY)
    weekday = received_on(moved).weekday()

    assert FIRST_DAY <= received_on(moved) <= FIRST_DAY + timedelta(days=4)
    assert weekday == min(moment.weekday(), 4)
    assert shift_into_week(moved, FIRST_DAY) == moved


def test_all_dates_of_the_headers_move_together_and_the_text_stays():
    raw = eml(
        datetime(2026, 10, 7, 8, 30, tzinfo=UTC),
        "Received: from x.example by a.example;\r\n\tTue, 6 Oct 2026 23:59:00 -0400",
    )
    moved = shift_into_week(raw, FIRST_DAY)

    assert b"; Wed, 11 Nov 2026 08:30:00 +0000\r\nDate: Wed, 11 Nov 2026 08:30:00 +0000" in moved
    assert b"\tTue, 10 Nov 2026 23:59:00 -0400" in moved
    assert b"Issue of 1 Oct 2026" in moved
    assert moved.endswith(b"Back on Mon, 12 Oct 2026 09:00:00 +0000.")


def test_without_a_received_header_the_date_decides():
    raw = b"Date: Sat, 03 Oct 2026 10:00:00 +0000\r\n\r\nHello."

    assert received_on(shift_into_week(raw, FIRST_DAY)) == date(2026, 11, 13)


def test_the_corpus_is_sorted_into_the_inboxes_that_were_answered(tmp_path):
    for number, mailbox in (("002", "hospitals"), ("001", "campus"), ("003", "nobody")):
        moment = datetime(2026, 10, 7, 8, 30, tzinfo=UTC)
        (tmp_path / f"{number}.eml").write_bytes(eml(moment, f"To: <{mailbox}@press.example>"))

    assert list(read_corpus(tmp_path, FIRST_DAY)) == [
        "Associations/001.eml",
        "HospitalNews/002.eml",
        "Associations/003.eml",
    ]


def test_senders_have_names_and_role_mailboxes_are_nobody():
    messages = {
        "1": b'From: "Doe, Jane (Fed)" <J.Doe@office.example>\r\n\r\n',
        "2": b"From: Max Power <max@power-plant.example>\r\n\r\n",
        "3": b"From: Max Power <max@power-plant.example>\r\n\r\n",
        "4": b"From: <info@power-plant.example>\r\n\r\n",
        "5": b"Subject: nobody\r\n\r\n",
    }
    people = list(senders(messages))

    assert [(person.first_name, person.last_name, person.email) for person in people] == [
        ("Jane", "Doe", "j.doe@office.example"),
        ("Max", "Power", "max@power-plant.example"),
    ]
    assert people[1].organization == "Power Plant"
