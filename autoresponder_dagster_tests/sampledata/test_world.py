"""A generated world is a function of its seed, holds together, and labels its messages rightly."""

import csv
import io
import os
import subprocess
import sys
from collections import Counter
from datetime import date, timedelta
from email import message_from_bytes
from email.policy import default as default_policy
from hashlib import sha256
from pathlib import Path

import pytest

from autoresponder_dagster.addresses import is_role_mailbox, is_valid_email
from autoresponder_dagster.clients.cupola.mock import FixtureCupola
from autoresponder_dagster.clients.email_repository import FixtureRepository
from autoresponder_dagster.clients.multipub.mock import FixtureMultipub
from autoresponder_dagster.clients.salesforce.mock import MockSalesforce
from autoresponder_dagster.errors import ConfigurationError
from autoresponder_dagster.sampledata.corpus import received_on
from autoresponder_dagster.sampledata.systems import Systems
from autoresponder_dagster.sampledata.templates import load_texts, load_yaml
from autoresponder_dagster.sampledata.world import WorldSpec, generate_messages, write_world
from autoresponder_dagster.schemas.enums import Determination
from autoresponder_dagster_tests.sampledata.conftest import SPEC, messages_of, real_domains, rows_of
from autoresponder_dagster_tests.sampledata.test_systems import HEADERS

DIGEST = """
import hashlib, sys
from autoresponder_dagster.sampledata.systems import Systems
from autoresponder_dagster.sampledata.world import WorldSpec, generate_messages
digest, systems = hashlib.sha256(), Systems()
for message in generate_messages(WorldSpec(seed=8, messages=60, days=2), systems):
    digest.update(message.path.encode() + message.raw)
for name, content in systems.files():
    digest.update(content)
sys.stdout.write(digest.hexdigest())
"""


def digest_of(folder: Path) -> str:
    digest = sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def labels_of(world: Path) -> dict[str, dict[str, str]]:
    return {row["file"]: row for row in rows_of(world / "labels.csv")}


# -- determinism -----------------------------------------------------------------------------------------------------


def test_same_seed_gives_the_same_bytes(world, tmp_path):
    write_world(SPEC, tmp_path)

    assert digest_of(tmp_path) == digest_of(world)


def test_another_seed_gives_another_world(world, tmp_path):
    write_world(WorldSpec(SPEC.seed + 1, SPEC.messages, SPEC.days), tmp_path)

    assert digest_of(tmp_path) != digest_of(world)


def test_neither_hash_seed_nor_time_zone_nor_locale_changes_a_byte():
    digests = {
        subprocess.run(
            [sys.executable, "-c", DIGEST],
            env=os.environ | {"PYTHONHASHSEED": hash_seed, "TZ": zone, "LC_ALL": locale},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed, zone, locale in (("1", "UTC", "C"), ("2", "Asia/Tokyo", "C.UTF-8"))
    }

    assert len(digests) == 1


# -- form ------------------------------------------------------------------------------------------------------------


def test_a_world_has_as_many_messages_as_asked_for_and_progress_counts_them(tmp_path):
    seen = []
    write_world(WorldSpec(1, 37, 3), tmp_path, seen.append)

    assert len(messages_of(tmp_path)) == 37
    assert seen == list(range(1, 38))


def test_every_message_parses_and_lies_on_its_day(world):
    days = Counter()
    for path, raw in messages_of(world).items():
        day = date.fromisoformat(Path(path).parts[2])
        assert received_on(raw) == day
        assert not message_from_bytes(raw, policy=default_policy).defects
        days[day] += 1

    assert sorted(days) == [SPEC.first_day + timedelta(days=number) for number in range(SPEC.days)]
    assert max(days.values()) - min(days.values()) <= 1


def test_messages_are_of_a_realistic_size(world):
    sizes = [len(raw) for raw in messages_of(world).values()]

    assert 3_500 < sum(sizes) / len(sizes) < 6_500
    assert min(sizes) > 500


def test_no_domain_is_one_that_somebody_could_own(world, world_texts):
    tables = [(world / name).read_text(encoding="utf-8") for name in HEADERS]

    assert real_domains("\n".join([*world_texts.values(), *tables])) == set()


def test_only_wanted_messages_share_a_message_id(world):
    ids = Counter(message_from_bytes(raw)["Message-ID"] for raw in messages_of(world).values())

    assert None not in ids
    assert 1 <= sum(count - 1 for count in ids.values()) <= SPEC.messages * 0.03


def test_an_empty_world_is_a_valid_one(tmp_path):
    write_world(WorldSpec(1, 0, 5), tmp_path)

    assert FixtureRepository(tmp_path).fetch(SPEC.first_day).empty
    assert len(FixtureMultipub(tmp_path).lookup_by_emails(["a@b.example"]).subscribers) == 0
    assert len(FixtureCupola(tmp_path).lookup_by_emails(["a@b.example"])) == 0
    assert len(MockSalesforce.from_folder(tmp_path, clock=_clock).lookup_by_emails(["a@b.example"])) == 0
    assert (tmp_path / "labels.csv").read_text(encoding="utf-8").count("\n") == 1


def test_a_folder_that_holds_something_is_left_alone(tmp_path):
    (tmp_path / "precious.txt").write_text("mine", encoding="utf-8")

    with pytest.raises(ConfigurationError, match="not empty"):
        write_world(WorldSpec(1, 1, 1), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["precious.txt"]


@pytest.mark.parametrize(("messages", "days"), [(-1, 1), (1, 0)])
def test_impossible_worlds_are_refused(messages, days):
    with pytest.raises(ConfigurationError, match="at least"):
        WorldSpec(1, messages, days)


# -- systems ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("file", "header"), HEADERS.items())
def test_columns_are_those_of_the_contract(world, file, header):
    assert (world / file).read_text(encoding="utf-8").split("\n", 1)[0] == header


@pytest.mark.parametrize(
    ("file", "key"),
    [
        ("salesforce_contacts.csv", "Id"),
        ("salesforce_leads.csv", "Id"),
        ("multipub_subscribers.csv", "subsnum"),
        ("multipub_orders.csv", "order_id"),
        ("cupola_people.csv", "cupola_person_id"),
    ],
)
def test_ids_are_unique(world, file, key):
    ids = [row[key] for row in rows_of(world / file)]

    assert len(ids) == len(set(ids)) > 100


def test_converted_leads_point_to_a_contact_that_exists(world):
    contacts = {row["Id"] for row in rows_of(world / "salesforce_contacts.csv")}
    converted = [row for row in rows_of(world / "salesforce_leads.csv") if row["IsConverted"] == "true"]

    assert converted
    assert {row["ConvertedContactId"] for row in converted} - {""} <= contacts


def test_senders_are_known_in_realistic_proportions(world):
    senders = {
        address.addr_spec
        for raw in messages_of(world).values()
        for address in message_from_bytes(raw, policy=default_policy)["From"].addresses
        if not is_role_mailbox(address.addr_spec)
    }
    contacts, leads, subscribers, people = (
        {row[column] for row in rows_of(world / file)}
        for file, column in (
            ("salesforce_contacts.csv", "Email"),
            ("salesforce_leads.csv", "Email"),
            ("multipub_subscribers.csv", "email"),
            ("cupola_people.csv", "email"),
        )
    )
    active = {row["email"] for row in rows_of(world / "cupola_people.csv") if row["is_active"] == "true"}

    assert 0.70 < len(senders & (contacts | leads)) / len(senders) < 0.90
    assert 0.03 < len(senders & contacts & leads) / len(senders) < 0.20
    assert 0.18 < len(senders & subscribers) / len(senders) < 0.32
    assert 0.50 < len(senders & active) / len(senders) < 0.70
    assert (contacts | leads | people) - senders, "somebody never writes"


def test_people_have_personal_addresses(world):
    people = [row["email"] for row in rows_of(world / "cupola_people.csv")]

    assert [address for address in people if is_role_mailbox(address) or not is_valid_email(address)] == []


# -- labels ----------------------------------------------------------------------------------------------------------


def test_labels_have_the_columns_of_the_authored_corpus(world):
    assert (world / "labels.csv").read_text(encoding="utf-8").split("\n", 1)[0] == (
        "file,determination,accept,hard,language,new_email,new_title,new_org,replacement_name,replacement_email,"
        "return_date,effective_date,note"
    )


def test_every_message_has_one_label(world):
    assert sorted(labels_of(world)) == sorted(messages_of(world))


def test_labelled_facts_are_stated_in_the_message(world, world_texts):
    for file, label in labels_of(world).items():
        text = " ".join(world_texts[file].split())
        for fact in ("new_email", "new_title", "new_org", "replacement_name", "replacement_email"):
            assert label[fact] in text, (file, fact)


def test_dates_lie_where_the_determination_needs_them(world):
    labels = labels_of(world)
    for file, label in labels.items():
        day = Path(file).parts[2]
        if label["return_date"]:
            assert label["return_date"] > day
        if label["effective_date"]:
            assert (label["effective_date"] > day) == (label["note"] == "future_departure")

    assert sum(bool(label["return_date"]) for label in labels.values()) > SPEC.messages * 0.3


def test_determinations_come_in_realistic_proportions(world):
    counts = Counter(label["determination"] for label in labels_of(world).values())
    shares = {name: count / SPEC.messages for name, count in counts.items()}

    assert shares == pytest.approx(
        {
            Determination.OUT_OF_OFFICE: 0.45,
            Determination.INACTIVE: 0.20,
            Determination.UNKNOWN: 0.14,
            Determination.REPLACEMENT: 0.08,
            Determination.ACTIVE: 0.06,
            Determination.EMAIL_UPDATE: 0.05,
            Determination.TITLE_UPDATE: 0.02,
        },
        abs=0.04,
    )


def test_several_languages_are_written(world):
    languages = Counter(label["language"] for label in labels_of(world).values())

    assert set(languages) == set(load_texts())
    assert languages["en"] > SPEC.messages / 2


# -- templates -------------------------------------------------------------------------------------------------------


def test_weights_of_kinds_add_up_to_a_hundred():
    assert sum(kind["weight"] for kind in load_yaml("kinds").values()) == pytest.approx(100)


def test_kinds_and_texts_belong_together():
    kinds = set(load_yaml("kinds"))
    written = {kind for content in load_texts().values() for kind in content["texts"]} | set(
        load_yaml("delivery_reports")
    )

    assert kinds == written
    assert {kind["determination"] for kind in load_yaml("kinds").values()} == set(Determination)


def test_labels_are_csv_that_a_spreadsheet_reads(world):
    text = (world / "labels.csv").read_text(encoding="utf-8")

    assert {len(row) for row in csv.reader(io.StringIO(text))} == {13}


def test_a_world_can_be_made_without_writing_it():
    systems = Systems()
    messages = list(generate_messages(WorldSpec(2, 25, 5), systems))

    assert [message.label.file for message in messages] == [message.path for message in messages]
    assert systems.contacts


def _clock():
    raise AssertionError("nothing is written here")
