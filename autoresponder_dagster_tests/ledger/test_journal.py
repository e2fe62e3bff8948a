"""What the ledger lets happen, and what it never does."""

from datetime import timedelta

import pytest

from autoresponder_dagster.ledger import LedgerDatabase, Settlement, WriteLedger, WriteState
from autoresponder_dagster.schemas.enums import Mode
from autoresponder_dagster_tests.ledger.conftest import ORG
from autoresponder_dagster_tests.ledger.plans import JANE, MONDAY, NINE, TEN, TUESDAY, plan_of, row

STATUS = "Contact_Status__c"
NO_TIME = timedelta(0)


def enter(ledger: WriteLedger, *rows: dict, partition: str = MONDAY, run: str = "run") -> list[str]:
    """Plan rows; returns their keys in order."""
    plan = plan_of(*rows)
    return [ledger.plan(partition, run, plan)[action_id] for action_id in plan["action_id"]]


def state(ledger: WriteLedger, key: str) -> WriteState:
    return ledger.find([key])[key].state


def apply(ledger: WriteLedger, key: str, previous: str | None = "Active") -> None:
    assert ledger.claim([key]) == {key}
    assert ledger.begin({key: previous}) == {key}
    ledger.settle([Settlement(key, WriteState.APPLIED)])


def test_a_write_goes_through_its_states(ledger: WriteLedger) -> None:
    [key] = enter(ledger, row())
    assert state(ledger, key) is WriteState.PLANNED
    ledger.claim([key])
    assert state(ledger, key) is WriteState.CLAIMED
    ledger.begin({key: "Active"})
    assert state(ledger, key) is WriteState.SENDING
    ledger.settle([Settlement(key, WriteState.APPLIED)])
    write = ledger.find([key])[key]
    assert (write.state, write.previous, write.attempts, write.run_id) == (WriteState.APPLIED, "Active", 1, "run")
    assert write.evidence_at == NINE


def test_what_was_applied_is_not_opened_again(ledger: WriteLedger) -> None:
    [key] = enter(ledger, row())
    apply(ledger, key)
    assert enter(ledger, row(), run="second") == [key]
    assert state(ledger, key) is WriteState.APPLIED
    assert ledger.claim([key]) == set()
    assert ledger.find([key])[key].run_id == "run", "the run that applied it"


@pytest.mark.parametrize("outcome", ["rejected", "conflict", "deferred", "intercepted", "superseded"])
def test_what_was_not_carried_out_is_planned_again_when_the_day_is_run_again(ledger: WriteLedger, outcome: str) -> None:
    [key] = enter(ledger, row())
    ledger.claim([key])
    ledger.begin({key: "Active"})
    ledger.settle([Settlement(key, WriteState(outcome), "CODE", "words")])
    assert ledger.find([key])[key].error_code == "CODE"
    enter(ledger, row(), run="second")
    write = ledger.find([key])[key]
    assert (write.state, write.error_code, write.run_id) == (WriteState.PLANNED, None, "second")


def test_newest_evidence_wins_whatever_day_is_run_first(ledger: WriteLedger) -> None:
    newer = row("Active", action="reactivate", evidence_at=TEN, message_id="2@mail.example", partition=TUESDAY)
    [new] = enter(ledger, newer, partition=TUESDAY)
    apply(ledger, new, "Inactive")
    [old] = enter(ledger, row())
    assert state(ledger, old) is WriteState.SUPERSEDED
    assert ledger.claim([old]) == set()


def test_messages_of_one_moment_are_ordered_by_their_id(ledger: WriteLedger) -> None:
    [b] = enter(ledger, row("Active", message_id="b"))
    apply(ledger, b, "Inactive")
    [a] = enter(ledger, row("Inactive", message_id="a"), partition=TUESDAY)
    [c] = enter(ledger, row("Inactive", message_id="c"), partition=TUESDAY)
    assert (state(ledger, a), state(ledger, c)) == (WriteState.SUPERSEDED, WriteState.PLANNED)


def test_evidence_that_is_overtaken_between_plan_and_claim_is_not_sent(ledger: WriteLedger) -> None:
    [old] = enter(ledger, row())
    [new] = enter(ledger, row("Active", evidence_at=TEN, message_id="2"), partition=TUESDAY)
    apply(ledger, new, "Inactive")
    assert ledger.claim([old]) == set()
    assert state(ledger, old) is WriteState.SUPERSEDED


def test_news_that_the_record_bears_out_already_keeps_older_news_away(ledger: WriteLedger) -> None:
    enter(ledger, row("Active", evidence_at=TEN, message_id="2", disposition="noop"), partition=TUESDAY)
    [old] = enter(ledger, row("Inactive"))
    assert state(ledger, old) is WriteState.SUPERSEDED


def test_what_the_plan_took_for_so_is_looked_at_again_where_the_ledger_knows_better(ledger: WriteLedger) -> None:
    [old] = enter(ledger, row("Inactive"))
    apply(ledger, old)
    later = row("Active", evidence_at=TEN, message_id="2", disposition="noop")
    [new] = enter(ledger, later, partition=TUESDAY)
    assert state(ledger, new) is WriteState.PLANNED, "the ledger wrote Inactive after the plan had looked"


def test_what_the_plan_took_for_so_is_looked_at_again_while_another_write_is_on_its_way(ledger: WriteLedger) -> None:
    [old] = enter(ledger, row("Inactive"))
    ledger.claim([old])
    [new] = enter(ledger, row("Active", evidence_at=TEN, message_id="2", disposition="noop"), partition=TUESDAY)
    assert state(ledger, new) is WriteState.PLANNED


def test_a_record_that_one_writer_has_is_closed_to_the_others(database: LedgerDatabase, ledger: WriteLedger) -> None:
    status, title = enter(ledger, row(), row("Director", field="Title", action="set_title"))
    other = WriteLedger(database, Mode.LIVE, ORG)
    assert ledger.claim([status]) == {status}
    assert other.claim([title]) == set(), "the same record"
    ledger.begin({status: "Active"})
    assert other.claim([title]) == set()
    ledger.settle([Settlement(status, WriteState.APPLIED)])
    assert other.claim([title]) == {title}


def test_several_fields_of_a_record_travel_together(ledger: WriteLedger) -> None:
    keys = enter(ledger, row(), row("Director", field="Title", action="set_title"))
    assert ledger.claim(keys) == set(keys)


def test_of_two_messages_about_one_field_only_the_newer_is_sent(ledger: WriteLedger) -> None:
    old, new = enter(ledger, row(), row("Active", evidence_at=TEN, message_id="2"))
    assert ledger.claim([old, new]) == {new}
    ledger.begin({new: "Inactive"})
    ledger.settle([Settlement(new, WriteState.NOOP)])
    assert ledger.claim([old]) == set()
    assert state(ledger, old) is WriteState.SUPERSEDED


def test_a_dead_writers_marks_are_taken_over_and_it_finds_itself_shut_out(database: LedgerDatabase) -> None:
    dead = WriteLedger(database, Mode.LIVE, ORG, lease=NO_TIME)
    heir = WriteLedger(database, Mode.LIVE, ORG)
    sent, claimed = enter(dead, row(), row(record_id="003000000000002AAA"))
    dead.claim([sent, claimed])
    dead.begin({sent: "Active"})

    [found] = heir.take_over()

    assert (found.key, found.previous) == (sent, "Active")
    assert state(heir, claimed) is WriteState.PLANNED, "nothing was sent"
    assert heir.take_over() == [], "it is the heir's now"
    dead.settle([Settlement(sent, WriteState.REJECTED)])
    assert state(heir, sent) is WriteState.SENDING, "a writer that comes back from the dead decides nothing"
    assert dead.begin({claimed: "Active"}) == set()
    heir.settle([Settlement(sent, WriteState.APPLIED)])
    assert state(heir, sent) is WriteState.APPLIED


def test_a_living_writers_marks_are_its_own(database: LedgerDatabase, ledger: WriteLedger) -> None:
    [key] = enter(ledger, row())
    ledger.claim([key])
    ledger.begin({key: "Active"})
    assert WriteLedger(database, Mode.LIVE, ORG).take_over() == []


def test_what_the_new_plan_does_not_have_is_given_up_unless_it_was_applied(ledger: WriteLedger) -> None:
    kept, applied, dropped = enter(
        ledger, row(), row(record_id="003000000000002AAA"), row(record_id="003000000000003AAA")
    )
    apply(ledger, applied)
    enter(ledger, row())
    assert [state(ledger, key) for key in (kept, applied, dropped)] == [
        WriteState.PLANNED,
        WriteState.APPLIED,
        WriteState.SUPERSEDED,
    ]
    assert ledger.find([dropped])[dropped].error_code == "NOT_PLANNED_ANY_MORE"


def test_what_is_held_back_is_remembered_without_its_value(ledger: WriteLedger) -> None:
    [key] = enter(ledger, row("jane@new.example", field="Email", disposition="skip", gate="DOMAIN_CHANGE"))
    write = ledger.find([key])[key]
    assert (write.state, write.gate, write.value) == (WriteState.SKIPPED, "DOMAIN_CHANGE", None)
    enter(ledger, row("jane@new.example", field="Email"))
    write = ledger.find([key])[key]
    assert (write.state, write.gate, write.value) == (WriteState.PLANNED, None, "jane@new.example")


def test_modes_and_orgs_never_meet(database: LedgerDatabase, ledger: WriteLedger) -> None:
    [key] = enter(ledger, row("Active", evidence_at=TEN, message_id="2"))
    apply(ledger, key, "Inactive")
    for other in (WriteLedger(database, Mode.READ_ONLY, ORG), WriteLedger(database, Mode.LIVE, "00D000000000002AAA")):
        assert other.of_partition(MONDAY) == []
        [elsewhere] = enter(other, row())
        assert state(other, elsewhere) is WriteState.PLANNED, "the other realm's evidence does not count"
        assert len(other.of_record(JANE)) == 1


def test_an_undone_write_is_reverted_and_its_message_and_older_ones_stay_away(ledger: WriteLedger) -> None:
    [key] = enter(ledger, row())
    apply(ledger, key)
    [original] = ledger.of_partition(MONDAY)
    assert ledger.standing([original]) == [original]

    [revert] = ledger.plan_reverts("undo", [original])
    apply(ledger, revert, "Inactive")

    assert state(ledger, key) is WriteState.REVERTED
    assert ledger.find([revert])[revert].value == "Active"
    enter(ledger, row())
    assert ledger.claim([key]) == set(), "the same message does not redo it"
    [older] = enter(ledger, row(evidence_at=NINE.replace(hour=8), message_id="0"), partition="2026-11-08")
    assert state(ledger, older) is WriteState.SUPERSEDED
    [newer] = enter(ledger, row(evidence_at=TEN, message_id="2"), partition=TUESDAY)
    assert state(ledger, newer) is WriteState.PLANNED


def test_an_interrupted_undo_is_planned_again_under_the_same_key(ledger: WriteLedger) -> None:
    [key] = enter(ledger, row())
    apply(ledger, key)
    originals = ledger.of_partition(MONDAY)
    [revert] = ledger.plan_reverts("undo", originals)
    ledger.claim([revert])
    ledger.settle([Settlement(revert, WriteState.DEFERRED)])
    assert ledger.plan_reverts("again", originals) == [revert]
    assert state(ledger, revert) is WriteState.PLANNED


def test_a_write_stands_until_newer_evidence_sets_or_confirms_the_field(ledger: WriteLedger) -> None:
    [key] = enter(ledger, row())
    apply(ledger, key)
    enter(ledger, row(evidence_at=TEN, message_id="2", disposition="noop"), partition=TUESDAY)
    [original] = ledger.of_partition(MONDAY)
    assert ledger.standing([original]) == []


def test_undoing_the_newer_write_lets_the_older_one_stand_again(ledger: WriteLedger) -> None:
    [old] = enter(ledger, row())
    apply(ledger, old)
    [new] = enter(ledger, row("Active", evidence_at=TEN, message_id="2"), partition=TUESDAY)
    apply(ledger, new, "Inactive")
    [revert] = ledger.plan_reverts("undo", ledger.of_partition(TUESDAY))
    apply(ledger, revert, "Active")
    [original] = ledger.of_partition(MONDAY)
    assert ledger.standing([original]) == [original]


def test_one_message_read_anew_replaces_its_own_earlier_reading(ledger: WriteLedger) -> None:
    [first] = enter(ledger, row("Directr", field="Title", action="set_title"))
    apply(ledger, first, "Manager")
    [second] = enter(ledger, row("Director", field="Title", action="set_title"))
    assert state(ledger, second) is WriteState.PLANNED
    apply(ledger, second, "Directr")
    assert [write.key for write in ledger.standing(ledger.of_partition(MONDAY))] == [second]


def test_records_are_found_again_by_sender_and_day(ledger: WriteLedger) -> None:
    enter(ledger, row(), row(sender_email="ann@lakeside.example", record_id="003000000000002AAA"))
    known = ledger.records_of(MONDAY, [" Jane.Doe@northfield.example", "nobody@lakeside.example"])
    assert known == {" Jane.Doe@northfield.example": [("Contact", JANE)]}
    assert ledger.records_of(TUESDAY, ["jane.doe@northfield.example"]) == {}
    assert [write.record_id for write in ledger.of_sender("ANN@lakeside.example")] == ["003000000000002AAA"]
    assert [write.record_id for write in ledger.of_record(JANE[:15])] == [JANE]


def test_a_day_is_unfinished_from_its_plan_to_its_end(database: LedgerDatabase, ledger: WriteLedger) -> None:
    enter(ledger, row())
    [day] = database.unfinished(Mode.LIVE)
    assert (day.partition, day.reason, day.run_id) == (MONDAY, "interrupted", "run")
    ledger.finish(MONDAY, "deferred", "run")
    assert [day.reason for day in database.unfinished(Mode.LIVE)] == ["deferred"]
    assert database.unfinished(Mode.READ_ONLY) == []
    ledger.finish(MONDAY, None, "run")
    assert database.unfinished(Mode.LIVE) == []


def test_a_creation_is_one_by_itself(ledger: WriteLedger) -> None:
    create = {"record_id": None, "field": None, "action": "create_contact"}
    keys = enter(ledger, row("ann@lakeside.example", **create), row("bob@lakeside.example", **create))
    assert ledger.claim(keys) == set(keys)
    ledger.begin(dict.fromkeys(keys))
    ledger.settle(Settlement(key, WriteState.APPLIED) for key in keys)
    assert [state(ledger, key) for key in keys] == [WriteState.APPLIED] * 2


def test_what_is_put_off_says_why(ledger: WriteLedger) -> None:
    [key] = enter(ledger, row())
    ledger.defer([key], "MAX_WRITES_PER_RUN", "Enough for one run.")
    write = ledger.find([key])[key]
    assert (write.state, write.error_code) == (WriteState.DEFERRED, "MAX_WRITES_PER_RUN")
