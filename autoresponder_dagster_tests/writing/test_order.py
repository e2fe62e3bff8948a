"""Days are run, run again, killed, mended and taken back in any order: the org ends as if all had gone well.

The model is the news itself: of each field the newest message counts. What somebody else changed, or took
back, stays.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from autoresponder_dagster.ledger import IN_FLIGHT, LedgerDatabase, WriteLedger
from autoresponder_dagster.rules.policy import Policy
from autoresponder_dagster.schemas.enums import Mode
from autoresponder_dagster.writing.execution import DayRun, execute
from autoresponder_dagster.writing.undo import Verdict, undo
from autoresponder_dagster_tests.ledger.plans import plan_of, row
from autoresponder_dagster_tests.writing.org import KilledError, MemoryOrg, dies_at

RECORDS = [f"003{number:012d}AAA" for number in range(4)]
FIELDS = ("Contact_Status__c", "Title")
DAYS = [f"2026-11-{day:02d}" for day in range(1, 11)]


@dataclass(frozen=True)
class News:
    """One message about one field of one record; ``value`` is how it is read."""

    record_id: str
    field: str
    value: str
    number: int
    day: str

    @property
    def key(self) -> tuple[str, str]:
        return self.record_id, self.field

    @property
    def evidence_at(self) -> datetime:
        return datetime.fromisoformat(self.day).replace(tzinfo=UTC) + timedelta(minutes=self.number)


class AnyOrder(RuleBasedStateMachine):
    """Commands in any order over ten days; the org is compared after each complete run of all days."""

    def __init__(self) -> None:
        super().__init__()
        self.database = LedgerDatabase.open("sqlite://")
        self.org = MemoryOrg(batch_size=2)
        for record_id in RECORDS:
            self.org.add(record_id, **dict.fromkeys(FIELDS, "start"))
        self.news: dict[str, dict[tuple[str, str], News]] = {day: {} for day in DAYS}

    def teardown(self) -> None:
        self.database.close()

    @initialize(
        drawn=st.lists(
            st.tuples(st.sampled_from(RECORDS), st.sampled_from(FIELDS), st.sampled_from("abc"), st.sampled_from(DAYS)),
            min_size=6,
            max_size=30,
        )
    )
    def mail_arrives(self, drawn: list[tuple[str, str, str, str]]) -> None:
        for number, (record_id, name, value, day) in enumerate(drawn):
            self.news[day][record_id, name] = News(record_id, name, value, number, day)

    def plan(self, day: str) -> pd.DataFrame:
        """Plan as the pipeline does: with what the org holds when the day is looked up."""
        rows = []
        for news in self.news[day].values():
            held = self.org.value(news.record_id, news.field)
            rows.append(
                row(
                    news.value,
                    record_id=news.record_id,
                    field=news.field,
                    old_value=held,
                    disposition="noop" if held == news.value else "send",
                    evidence_at=news.evidence_at,
                    message_id=str(news.number),
                    partition=day,
                )
            )
        return plan_of(*rows)

    def execute(self, day: str, plan: pd.DataFrame) -> None:
        ledger = WriteLedger(self.database, Mode.LIVE, self.org.org_id)
        execute(plan, DayRun(day, "run", Mode.LIVE), ledger, self.org, Policy())

    @rule(day=st.sampled_from(DAYS))
    def a_day_is_run(self, day: str) -> None:
        self.execute(day, self.plan(day))

    @rule(first=st.sampled_from(DAYS), second=st.sampled_from(DAYS))
    def two_days_overlap(self, first: str, second: str) -> None:
        """Both are planned before either writes."""
        plans = [(day, self.plan(day)) for day in (first, second)]
        for day, plan in plans:
            self.execute(day, plan)

    @rule(day=st.sampled_from(DAYS), step=st.sampled_from(["read", "send", "sent"]), number=st.integers(1, 3))
    def a_run_is_killed(self, day: str, step: str, number: int) -> None:
        self.org.on_call = dies_at(step, number)
        try:
            self.execute(day, self.plan(day))
        except KilledError:
            self.let_leases_run_out()
        finally:
            self.org.on_call = lambda _: None

    @rule(day=st.sampled_from(DAYS), value=st.sampled_from("abc"), data=st.data())
    def a_rule_is_mended(self, day: str, value: str, data: st.DataObject) -> None:
        """One message of the day is read as saying something else from now on."""
        if self.news[day]:
            key = data.draw(st.sampled_from(sorted(self.news[day])))
            self.news[day][key] = replace(self.news[day][key], value=value)

    def let_leases_run_out(self) -> None:
        with self.database.writing() as connection:
            connection.exec_driver_sql("UPDATE writes SET lease_until = '2000-01-01 00:00:00.000000'")

    @invariant()
    def nothing_is_written_twice_in_a_row(self) -> None:
        """A value is set again only where another value came in between."""
        last: dict[tuple[str, str], str] = {}
        for record_id, name, value in self.org.changes:
            assert last.get((record_id, name)) != value
            last[record_id, name] = value

    @rule(order=st.permutations(DAYS))
    def every_day_is_run(self, order: list[str]) -> None:
        for day in order:
            self.execute(day, self.plan(day))
        newest: dict[tuple[str, str], News] = {}
        for day in DAYS:
            for news in self.news[day].values():
                current = newest.get(news.key)
                if current is None or (current.evidence_at, str(current.number)) < (news.evidence_at, str(news.number)):
                    newest[news.key] = news
        for record_id in RECORDS:
            for name in FIELDS:
                expected = newest[record_id, name].value if (record_id, name) in newest else "start"
                assert self.org.value(record_id, name) == expected
        ledger = WriteLedger(self.database, Mode.LIVE, self.org.org_id)
        assert not [write for day in DAYS for write in ledger.of_partition(day) if write.state in IN_FLIGHT]
        sent = self.org.calls.count("send")
        for day in order:
            self.execute(day, self.plan(day))
        assert self.org.calls.count("send") == sent, "a second run of every day changes nothing"

    @precondition(lambda self: self.org.changes)
    @rule(day=st.sampled_from(DAYS))
    def an_undo_would_touch_only_what_is_ours(self, day: str) -> None:
        ledger = WriteLedger(self.database, Mode.LIVE, self.org.org_id)
        for done in undo(ledger.of_partition(day), "undo", ledger, self.org, dry_run=True):
            if done.verdict is Verdict.WOULD_REVERT:
                assert self.org.value(done.write.record_id, done.write.field) == done.write.value


TestAnyOrder = pytest.mark.timeout(600)(AnyOrder.TestCase)
TestAnyOrder.settings = settings(max_examples=10, stateful_step_count=6, deadline=None)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_any_order_at_length() -> None:
    run_state_machine_as_test(AnyOrder, settings=settings(max_examples=60, stateful_step_count=10, deadline=None))
