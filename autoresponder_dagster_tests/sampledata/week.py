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
from autoresponder_dagster.rules.outcomes import Outcome, write_results
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


@dataclass(frozen=True)
class Mail:
    """The messages of one day and what each says, before any policy."""

    day: date
    messages: pd.DataFrame
    determinations: pd.DataFrame


def read_days(fixtures: Path, days: list[date]) -> list[Mail]:
    """Read the messages of days in order; a message of an earlier day is marked as a duplicate on a later one."""
    repository = FixtureRepository(fixtures)
    known_message_ids: set[str] = set()
    mail = []
    for day in days:
        fetched = repository.fetch(day)
        mentioned = [";".join(mentioned_emails(raw)) or None for raw in fetched[EmailMessage.raw]]
        messages = mark_duplicates(
            EmailMessage.typed(fetched.assign(partition=day.isoformat(), mentioned_emails=mentioned)), known_message_ids
        )
        unique = without_duplicates(messages)
        known_message_ids |= set(unique[EmailMessage.message_id])
        mail.append(Mail(day, messages, determine_frame(unique)))
    return mail


def run_days(fixtures: Path, mail: list[Mail], policy: Policy) -> list[Day]:
    """Run days in order; what is written on one is there on the next."""
    now = {"time": datetime.now(UTC)}
    world = _World(fixtures, MockSalesforce.from_folder(fixtures, clock=lambda: now["time"]), policy)
    results = []
    for received in mail:
        now["time"] = datetime.combine(received.day, time(), UTC) + timedelta(days=1)
        results.append(world.run(received, now["time"]))
    return results


class _World:
    def __init__(self, fixtures: Path, org: MockSalesforce, policy: Policy) -> None:
        self._multipub = FixtureMultipub(fixtures)
        self._cupola = FixtureCupola(fixtures)
        self._org = org
        self._policy = policy

    def run(self, mail: Mail, executed_at: datetime) -> Day:
        partition, policy = mail.day.isoformat(), self._policy
        addresses = addresses_of_interest(mail.messages)
        asked = addresses[UnifiedContact.email].tolist()
        subscriptions = self._multipub.lookup_by_emails(asked)
        contacts = unify_contacts(
            addresses,
            SalesforceRecord.typed(self._org.lookup_by_emails(asked).assign(partition=partition)),
            count_orders(subscriptions.subscribers, subscriptions.orders, mail.day),
            CupolaPerson.typed(self._cupola.lookup_by_emails(asked).assign(partition=partition)),
        )
        determinations = demote_uncertain(mail.determinations, policy)
        senders = settle_senders(determinations, policy)
        plan = plan_writes(senders, contacts, policy)
        results = self._write(plan, partition, executed_at)
        suppression = suppress(senders, contacts, policy, run_date=mail.day)
        return Day(
            messages=mail.messages,
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
        old_values = to_send.set_index(PlannedWrite.action_id)[PlannedWrite.old_value].to_dict()
        outcomes = [*self._org.update(updates), *self._org.add_contacts(contacts)]
        ended = {
            outcome.action_id: Outcome(
                outcome.result, outcome.error_code, outcome.error_message, old_values[outcome.action_id], executed_at
            )
            for outcome in outcomes
        }
        return write_results(plan, ended, partition=partition, mode=Mode.MOCK)
