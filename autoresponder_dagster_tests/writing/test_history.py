"""Everything about a person, in all modes."""

from autoresponder_dagster.ledger import LedgerDatabase, WriteLedger
from autoresponder_dagster.schemas.enums import Mode
from autoresponder_dagster.writing.history import history_of
from autoresponder_dagster_tests.ledger.plans import JANE, MONDAY, NINE, TEN, plan_of, row

ORG = "00D000000000001AAA"


def test_a_person_has_what_was_done_and_declined_in_every_mode(database: LedgerDatabase) -> None:
    live, rehearsed = (WriteLedger(database, mode, ORG) for mode in (Mode.LIVE, Mode.READ_ONLY))
    declined = row("Chair", field="Title", action="set_title", disposition="skip", gate="LEAD_CONVERTED")
    from_elsewhere = row("Active", sender_email="jane@home.example", evidence_at=TEN, message_id="2")
    somebody_else = row(record_id="003000000000002AAA", sender_email="ann@lakeside.example")
    live.plan(MONDAY, "run", plan_of(row(), declined, from_elsewhere, somebody_else))
    rehearsed.plan(MONDAY, "rehearsal", plan_of(row(evidence_at=NINE.replace(hour=8))))

    found = history_of(database, " Jane.Doe@Northfield.example ")

    told = [(entry.mode, entry.write.field, entry.write.value) for entry in found]
    assert told[0] == (Mode.READ_ONLY, "Contact_Status__c", "Inactive"), "the oldest message"
    assert set(told[1:3]) == {(Mode.LIVE, "Contact_Status__c", "Inactive"), (Mode.LIVE, "Title", None)}
    assert told[3:] == [(Mode.LIVE, "Contact_Status__c", "Active")]
    assert {entry.write.key for entry in history_of(database, JANE)} == {entry.write.key for entry in found}
    assert history_of(database, "nobody@lakeside.example") == []
