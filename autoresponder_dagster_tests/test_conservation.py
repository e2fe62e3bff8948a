"""Nothing gets lost: every message that enters a partition is accounted for in its outputs."""

import csv
import json
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import dagster as dg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from autoresponder_dagster.automation.launch import DayOutcome, Launch, launch_day
from autoresponder_dagster.build import build_defs
from autoresponder_dagster.determination import read_envelope
from autoresponder_dagster.schemas.enums import Mode
from autoresponder_dagster_tests.world import LEFT, World, read_csv

DAY = "2026-11-09"
RECEIVED = b"Received: from mail.example by mx.example-press.com; Mon, 9 Nov 2026 10:00:00 +0000\r\n"
REAL_CORPUS = Path(__file__).parents[2] / "shared" / "corpus" / "real"

BODIES = [
    LEFT,
    "I am out of the office until November 20, 2026.",
    "Please note my new e-mail address: j.doe@northfield-clinic.example",
    "My new title is Chief Nursing Officer.",
    "Thank you for your message. I have received it and will reply tomorrow.",
    "I have left. Please write to my successor Ann Poe, ann.poe@northfield.example.",
    "Please remove me from your list.",
    "",
]
SENDERS = [
    "jane.doe@northfield.example",
    "joe@harbor.test",
    "info@harbor.test",
    "=1+1@harbor.test",
    "not an address",
    "",
]


@pytest.fixture(scope="module")
def definitions() -> dg.Definitions:
    return build_defs()


def run_mock(definitions: dg.Definitions, folder: Path) -> DayOutcome:
    launch = Launch(Mode.MOCK, folder / "fixtures", folder / "output", folder / "warehouse")
    with dg.DagsterInstance.ephemeral() as instance:
        outcome = launch_day(definitions, instance, DAY, launch)
    assert outcome.failures == ()
    return outcome


def rows_of_day(sender: str, body: str, number: int, message_id: int | None) -> dict[str, str]:
    return {
        "Id": str(number),
        "SenderEmail": sender,
        "Body": body,
        "ReceivedDate": f"{DAY}T{number % 24:02d}:00:00Z",
        "MessageId": "" if message_id is None else f"<{message_id}@mail.example>",
    }


messages = st.lists(
    st.tuples(st.sampled_from(SENDERS), st.sampled_from(BODIES) | st.text(max_size=80), st.none() | st.integers(0, 12)),
    max_size=25,
)
raw_files = st.lists(st.binary(max_size=300), max_size=6)


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stored=messages, files=raw_files)
@example(stored=[], files=[])
def test_messages_in_are_messages_out(
    definitions: dg.Definitions, stored: list[tuple[str, str, int | None]], files: list[bytes]
) -> None:
    world = World()
    for number, (sender, body, message_id) in enumerate(stored):
        row = rows_of_day(sender, body, number, message_id)
        world.email(sender, body, row["ReceivedDate"], **row)
    world.contact(SENDERS[0])
    world.lead(SENDERS[1])
    world.person(SENDERS[0])
    with TemporaryDirectory() as name:
        folder = Path(name)
        inbox = world.write(folder / "fixtures") / "email_repository" / "Inbox"
        inbox.mkdir(parents=True)
        for number, content in enumerate(files):
            (inbox / f"{number}.eml").write_bytes(RECEIVED + content)
        outcome = run_mock(definitions, folder)

        determinations = read_csv(outcome.folder / "determinations.csv")
        counts = json.loads((outcome.folder / "run_summary.json").read_text("utf-8"))
        ids = Counter(row["message_id"] for row in determinations)
        assert counts["messages"]["received"] == len(stored) + len(files)
        assert counts["messages"]["received"] == len(determinations) + counts["messages"]["duplicates"]
        assert set(ids.values()) <= {1}
        assert sum(counts["determination"].values() if "determination" in counts else []) == len(determinations)
        stated = {f"{message_id}@mail.example" for _, _, message_id in stored if message_id is not None}
        assert stated <= set(ids)

        # What a message leads to is attributed to a message of the day, in every other output.
        for output in ("action_log.csv", "output_document_human_review.csv", "output_document_undeliverables.csv"):
            assert {row["message_id"] for row in read_csv(outcome.folder / output)} <= set(ids), output


@pytest.mark.skipif(not REAL_CORPUS.is_dir(), reason="the real messages lie beside the checkout and may not be copied")
def test_real_messages_are_accounted_for_and_the_living_are_left_alone(
    definitions: dg.Definitions, tmp_path: Path
) -> None:
    """Every door is open: each sender is known to Salesforce and active in CUPOLA."""
    with (REAL_CORPUS / "manifest.csv").open(encoding="utf-8", newline="") as file:
        labels = {row["file"]: row for row in csv.DictReader(file)}
    world = World()
    inbox = tmp_path / "fixtures" / "email_repository" / "Real"
    inbox.mkdir(parents=True)
    senders: dict[str, set[str]] = {}
    for name in labels:
        raw = (REAL_CORPUS / name).read_bytes()
        (inbox / name).write_bytes(RECEIVED + raw.lstrip(b"\r\n"))
        envelope = read_envelope(RECEIVED + raw.lstrip(b"\r\n"))
        if envelope.sender_email:
            senders.setdefault(envelope.sender_email, set()).add(name)
    for sender in senders:
        world.contact(sender)
        world.lead(sender)
        world.person(sender)
    world.write(tmp_path / "fixtures")
    (tmp_path / "fixtures" / "emails.csv").unlink()

    outcome = run_mock(definitions, tmp_path)

    determinations = read_csv(outcome.folder / "determinations.csv")
    counts = json.loads((outcome.folder / "run_summary.json").read_text("utf-8"))["messages"]
    assert counts["received"] == len(labels)
    assert len(determinations) + counts["duplicates"] == len(labels)

    departed_or_changed = {"INACTIVE", "REPLACEMENT", "EMAIL_UPDATE", "TITLE_UPDATE"}
    may_change = {
        sender
        for sender, names in senders.items()
        if any({labels[name]["label"], labels[name]["alt_label"]} & departed_or_changed for name in names)
    }
    written = {
        row["sender_email"]
        for row in read_csv(outcome.folder / "action_log.csv")
        if row["result"] == "applied" and row["action"] != "reactivate"
    }
    suppressed = {
        row["Email Address"] for path in outcome.folder.glob("*_NoLongerThere_*.csv") for row in read_csv(path)
    }
    assert written - may_change == set()
    assert suppressed - may_change == set()
