"""The pipeline over the days of a fixtures folder, by its own plain functions and mock clients, without Dagster."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pandas as pd

from autoresponder_dagster.clients.cupola.mock import FixtureCupola
from autoresponder_dagster.clients.email_repository import FixtureRepository
from autoresponder_dagster.clients.multipub.mock import FixtureMultipub
from autoresponder_dagster.clients.salesforce.mock import MockSalesforce
from autoresponder_dagster.clients.salesforce.protocol import FieldUpdate, NewContact
from autoresponder_dagster.determination import determine_frame, mentioned_emails
from autoresponder_dagster.rules import lists
from autoresponder_dagster.rules.action_log import log_actions
from autoresponder_dagster.rules.duplicates import mark_duplicates, without_duplicates
from autoresponder_dagster.rules.identity import addresses_of_interest, count_orders, unify_contacts
from autoresponder_dagster.rules.outcomes import write_results
from autoresponder_dagster.rules.plan import plan_writes
from autoresponder_dagster.rules.policy import Policy
from autoresponder_dagster.rules.review import route_to_review
from autoresponder_dagster.rules.senders import demote_uncertain, settle_senders
from autoresponder_dagster.rules.suppression import suppress
from autoresponder_dagster.schemas import CupolaPerson, EmailMessage, PlannedWrite, SalesforceRecord, UnifiedContact
from autoresponder_dagster.schemas.enums import Disposition, Mode, SObject, WriteAction


@dataclass(frozen=True)
class Day:
    """The frames of one day; ``lists`` holds the deliverables of rules.md §7 by the name of their function."""

    messages: pd.DataFrame
    determinations: pd.DataFrame
    actions: pd.DataFrame
    review: pd.DataFrame
    suppression: pd.DataFrame
    lists: Mapping[str, pd.DataFrame]


def run_days(fixtures: Path, days: list[date], policy: Policy = Policy()) -> list[Day]:  # noqa: B008 - frozen
    """Run days in order; what is written on one is there on the next."""
    now = {"time": datetime.now(UTC)}
    org = MockSalesforce.from_folder(fixtures, clock=lambda: now["time"])
    world = _World(fixtures, org, policy)
    results = []
    for day in days:
        now["time"] = datetime.combine(day, time(), UTC) + timedelta(days=1)
        results.append(world.run(day))
    return results


class _World:
    def __init__(self, fixtures: Path, org: MockSalesforce, policy: Policy) -> None:
        self._repository = FixtureRepository(fixtures)
        self._multipub = FixtureMultipub(fixtures)
        self._cupola = FixtureCupola(fixtures)
        self._org = org
        self._policy = policy
        self._known_message_ids: set[str] = set()

    def run(self, day: date) -> Day:
        partition, policy = day.isoformat(), self._policy
        executed_at = datetime.combine(day, time(), UTC) + timedelta(days=1)
        received = mark_duplicates(self._messages(day), self._known_message_ids)
        messages = without_duplicates(received)
        self._known_message_ids |= set(messages[EmailMessage.message_id])

        addresses = addresses_of_interest(received)
        asked = addresses[UnifiedContact.email].tolist()
        subscriptions = self._multipub.lookup_by_emails(asked)
        contacts = unify_contacts(
            addresses,
            SalesforceRecord.typed(self._org.lookup_by_emails(asked).assign(partition=partition)),
            count_orders(subscriptions.subscribers, subscriptions.orders, day),
            CupolaPerson.typed(self._cupola.lookup_by_emails(asked).assign(partition=partition)),
        )
        determinations = demote_uncertain(determine_frame(messages), policy)
        senders = settle_senders(determinations, policy)
        plan = plan_writes(senders, contacts, policy)
        results = self._write(plan, partition, executed_at)
        suppression = suppress(senders, contacts, policy, run_date=day)
        return Day(
            messages=received,
            determinations=determinations,
            actions=log_actions(plan, results, suppression, sfmc_mode=Mode.MOCK),
            review=route_to_review(determinations, senders, contacts, plan, results, policy),
            suppression=suppression,
            lists={
                "inactive_people": lists.inactive_people(senders, contacts, plan, results, suppression, policy),
                "email_update_requests": lists.email_update_requests(senders, contacts, plan, results, policy),
                "alternate_contacts": lists.alternate_contacts(senders, contacts, policy),
                "inactive_new_org": lists.inactive_new_org(senders, contacts, policy),
                "inactive_no_cupola_match": lists.inactive_no_cupola_match(senders, contacts, policy),
                "multipub_audit": lists.multipub_audit(senders, contacts, policy),
                "undeliverables": lists.undeliverables(determinations),
            },
        )

    def _messages(self, day: date) -> pd.DataFrame:
        messages = self._repository.fetch(day)
        mentioned = [";".join(mentioned_emails(raw)) or None for raw in messages[EmailMessage.raw]]
        return EmailMessage.typed(messages.assign(partition=day.isoformat(), mentioned_emails=mentioned))

    def _write(self, plan: pd.DataFrame, partition: str, executed_at: datetime) -> pd.DataFrame:
        to_send = plan[plan[PlannedWrite.disposition].eq(Disposition.SEND)]
        creates = to_send[PlannedWrite.action].eq(WriteAction.CREATE_CONTACT)
        updates = [
            FieldUpdate(row.action_id, SObject(row.sobject), row.record_id, row.field, row.new_value)
            for row in to_send[~creates].itertuples()
        ]
        contacts = [
            NewContact(row.action_id, row.new_value, row.contact_name, None, row.account_name)
            for row in to_send[creates].itertuples()
        ]
        outcomes = [*self._org.update(updates), *self._org.add_contacts(contacts)]
        return write_results(
            plan,
            ((outcome.action_id, outcome.result, outcome.error_code, outcome.error_message) for outcome in outcomes),
            partition=partition,
            mode=Mode.MOCK,
            executed_at=executed_at,
        )
