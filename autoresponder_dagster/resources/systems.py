"""One resource per outside system: builds the client of its effective mode.

A client is built when an asset first asks for it, so that a run needs the credentials of those systems
only that it really uses, and a mock run none at all. Credentials and connection strings come from the
environment and never from run config, which is stored and shown in clear.
"""

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import pandas as pd
from pydantic import Field

from autoresponder_dagster.clients import email_repository as mail_store
from autoresponder_dagster.clients.cupola.mock import FixtureCupola
from autoresponder_dagster.clients.cupola.protocol import CupolaClient
from autoresponder_dagster.clients.cupola.sql import DOMAINS_QUERY, PEOPLE_QUERY, SqlCupola
from autoresponder_dagster.clients.mailer.message import Attachment, build_message
from autoresponder_dagster.clients.mailer.outbox import OutboxMailer
from autoresponder_dagster.clients.mailer.protocol import Mailer
from autoresponder_dagster.clients.mailer.smtp import SmtpMailer, SmtpSettings
from autoresponder_dagster.clients.multipub.mock import FixtureMultipub
from autoresponder_dagster.clients.multipub.protocol import MultipubClient
from autoresponder_dagster.clients.multipub.sql import ORDERS_QUERY, SUBSCRIBERS_QUERY, SqlMultipub
from autoresponder_dagster.clients.salesforce.connect import SalesforceSettings, check_org, open_salesforce, readiness
from autoresponder_dagster.clients.salesforce.live import LiveOptions
from autoresponder_dagster.clients.salesforce.mock import MockSalesforce
from autoresponder_dagster.clients.salesforce.preflight import Preflight
from autoresponder_dagster.clients.salesforce.protocol import SalesforceClient
from autoresponder_dagster.clients.salesforce.queries import SubscriptionLookup
from autoresponder_dagster.clients.sfmc.connect import MAPPING_SETTING, open_sfmc
from autoresponder_dagster.errors import ConfigurationError
from autoresponder_dagster.reporting.notifications import Draft
from autoresponder_dagster.resources.modes import SystemResource
from autoresponder_dagster.schemas import Notification, SuppressionRow
from autoresponder_dagster.schemas.enums import Determination, Mode, WriteResultCode


def _connection_string(variable: str) -> str:
    """Read a connection string from the environment.

    Raises:
        ConfigurationError: it is not set.
    """
    value = os.environ.get(variable, "").strip()
    if not value:
        raise ConfigurationError(f"{variable} is not set. Set it in the environment, or use mode mock.")
    return value


class EmailRepository(SystemResource):
    """The store of received auto-replies. EMAIL_REPOSITORY_CONNECTION_STRING is a path or a database URL."""

    table: str = Field(default="EmailRepository", description="Table of a SQL store; may be schema.table.")
    columns: dict[str, str] = Field(
        default={},
        description="Column names of a SQL store that differ, by documented name: {ReceivedDate: received_on}.",
    )

    def client(self) -> mail_store.EmailRepository:
        """Open the store of the effective mode."""
        if self.effective_mode is Mode.MOCK:
            return mail_store.FixtureRepository(self.fixtures)
        return mail_store.open_email_repository(
            _connection_string("EMAIL_REPOSITORY_CONNECTION_STRING"), table=self.table, columns=self.columns
        )


class Cupola(SystemResource):
    """The organisation and person database. CUPOLA_CONNECTION_STRING is a database URL. Never written."""

    people_query: str = Field(
        default="", description="SQL with the list parameter :emails. Empty: the documented default."
    )
    domains_query: str = Field(
        default="", description="SQL with the list parameter :organizations. Empty: the documented default."
    )

    def client(self) -> CupolaClient:
        """Open the database of the effective mode."""
        if self.effective_mode is Mode.MOCK:
            return FixtureCupola(self.fixtures)
        return SqlCupola(
            _connection_string("CUPOLA_CONNECTION_STRING"),
            self.people_query or PEOPLE_QUERY,
            self.domains_query or DOMAINS_QUERY,
        )


class Multipub(SystemResource):
    """The subscription database. MULTIPUB_CONNECTION_STRING is a database URL. Never written."""

    subscribers_query: str = Field(
        default="", description="SQL with the list parameter :emails. Empty: the documented default."
    )
    orders_query: str = Field(
        default="", description="SQL with the list parameter :emails. Empty: the documented default."
    )

    def client(self) -> MultipubClient:
        """Open the database of the effective mode."""
        if self.effective_mode is Mode.MOCK:
            return FixtureMultipub(self.fixtures)
        return SqlMultipub(
            _connection_string("MULTIPUB_CONNECTION_STRING"),
            self.subscribers_query or SUBSCRIBERS_QUERY,
            self.orders_query or ORDERS_QUERY,
        )


class Salesforce(SystemResource):
    """The CRM: the only system that is written. Credentials: SALESFORCE_* in the environment."""

    on_unavailable: Literal["mock", "fail"] = Field(
        default="mock",
        description=(
            "What a live run does when the org cannot be reached. mock: go on with an empty stand-in, marked "
            "degraded, every write deferred. fail: fail the run."
        ),
    )
    subscription_sobject: str = Field(
        default="", description="Object that holds subscriptions of Contacts, such as Subscription__c. Empty: none."
    )
    subscription_contact_field: str = Field(default="Contact__c", description="Its field with the Contact's id.")
    subscription_condition: str = Field(default="", description="SOQL condition of an active one.")
    whole_object_above: int = Field(
        default=50_000,
        ge=1,
        description="With more addresses than this, Contacts and Leads are read whole by a bulk job.",
    )
    conditional_up_to: int = Field(
        default=1_000,
        ge=0,
        description=(
            "Up to so many changed records a run lets Salesforce itself refuse records that were changed meanwhile "
            "(25 per call). More are read again, compared and sent as collections (200 per call)."
        ),
    )
    write_audit_fields: bool = Field(
        default=False,
        description="Also set LastAutoResponseDate__c and AutoResponseCategory__c on each record that is changed.",
    )
    log_tasks: bool = Field(
        default=False, description="Also log the auto-reply as a completed Task on each record that was changed."
    )
    mock_org_dir: str = Field(
        default="",
        description="Folder in which the mock org lives on between runs. Empty: each run starts from the fixtures.",
    )

    def client(self, partition_end: datetime) -> SalesforceClient:
        """Open the org of the effective mode."""
        kept = Path(self.mock_org_dir) if self.mock_org_dir else None
        fixtures = kept if kept is not None and kept.exists() else self.fixtures
        return open_salesforce(
            self.effective_mode, clock=lambda: self.now(partition_end), fixtures=fixtures, settings=self._settings()
        )

    def check(self) -> Preflight:
        """Connect for reading only and look whether the org is ready; what prevents it is a finding, too."""
        return check_org(self.effective_mode, self._settings())

    def preflight(self, client: SalesforceClient) -> Preflight:
        """Look whether the org of an open client is ready for what the pipeline writes; a mock org always is.

        Raises:
            LookupFailedError: the org did not answer or refused to be asked.
        """
        return readiness(client)

    def _settings(self) -> SalesforceSettings:
        subscription = (
            SubscriptionLookup(self.subscription_sobject, self.subscription_contact_field, self.subscription_condition)
            if self.subscription_sobject
            else None
        )
        return SalesforceSettings(
            on_unavailable=self.on_unavailable,
            live=LiveOptions(
                subscription=subscription,
                whole_object_above=self.whole_object_above,
                conditional_up_to=self.conditional_up_to,
                writes_audit_fields=self.write_audit_fields,
                logs_tasks=self.log_tasks,
            ),
        )

    def keep(self, client: SalesforceClient) -> None:
        """Let the mock org live on after its writes, where a folder is set for it."""
        if self.mock_org_dir and isinstance(client, MockSalesforce):
            client.export(Path(self.mock_org_dir))


class Sfmc(SystemResource):
    """Marketing Cloud over REST. Off by default: Marketing imports the suppression file."""

    enable_rest_upsert: bool = Field(
        default=False, description="Also add confirmed departures to the suppression list of their inbox source."
    )

    def upsert(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Add confirmed INACTIVE senders over REST where that is switched on (rules.md §7).

        Args:
            rows: frame of ``SuppressionRow``.

        Returns:
            The rows with ``rest_result`` filled for every sender that was tried.
        """
        client = open_sfmc(
            self.effective_mode,
            enable_rest_upsert=self.enable_rest_upsert,
            mapping_json=os.environ.get(MAPPING_SETTING, ""),
        )
        if client is None:
            return rows
        done = WriteResultCode.INTERCEPTED if self.effective_mode is Mode.READ_ONLY else WriteResultCode.APPLIED
        tried = rows[rows[SuppressionRow.determination].eq(Determination.INACTIVE)]
        columns = tried[[SuppressionRow.inbox_source, SuppressionRow.email_address]]
        results = [
            done.value if client.add_to_suppression_list(account, email) else WriteResultCode.SKIPPED.value
            for account, email in columns.itertuples(index=False)
        ]
        return SuppressionRow.typed(
            rows.assign(**{SuppressionRow.rest_result: pd.Series(results, index=tried.index, dtype="string")})
        )


class Notifier(SystemResource):
    """Messages to the teams. live sends by SMTP; read_only and mock write to the outbox folder of the day."""

    recipients: dict[str, list[str]] = Field(
        default={}, description="Recipients by notification: {N04: [marketing@example.com]}."
    )
    default_recipients: list[str] = Field(
        default=["autoresponder@localhost"], description="Recipients of a notification without any of its own."
    )
    cc: list[str] = Field(default=[], description="Further recipients of every notification.")
    override_recipient: str = Field(default="", description="For tests: everything goes here and nowhere else.")
    sender: str = Field(default="autoresponder@localhost", description="From address.")
    smtp_host: str = Field(default="localhost", description="SMTP server of live mode.")
    smtp_port: int = Field(default=587, description="Port of the SMTP server.")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="Encryption of the SMTP connection."
    )

    def deliver(
        self, partition: str, drafts: Sequence[Draft], day_folder: Path, partition_end: datetime
    ) -> list[dict[str, Any]]:
        """Deliver a day's notifications, each once per content.

        Args:
            partition: the day.
            drafts: what is to be said.
            day_folder: folder of the day's deliverables, where the outbox and the memory of what was sent are.
            partition_end: end of the day, the time of everything in a mock world.

        Returns:
            Rows of ``Notification``.
        """
        mailer = self._mailer(day_folder)
        rows = []
        for draft in drafts:
            recipients = self.recipients.get(draft.notification, self.default_recipients)
            key = f"{draft.notification}_{partition}_{draft.content_hash[:16]}"
            message = build_message(
                key=key,
                sender=self.sender,
                to=recipients,
                cc=self.cc,
                override_recipient=self.override_recipient or None,
                subject=draft.subject,
                body=draft.body,
                attachments=[Attachment(name, content) for name, content in draft.attachments.items()],
                date=self.now(partition_end),
            )
            rows.append(
                {
                    Notification.partition: partition,
                    Notification.notification: draft.notification.value,
                    Notification.recipients: self.override_recipient or ", ".join(recipients),
                    Notification.subject: draft.subject,
                    Notification.content_hash: draft.content_hash,
                    Notification.attachments: len(draft.attachments),
                    Notification.rows: draft.rows,
                    Notification.outcome: mailer.deliver(message, key=key),
                }
            )
        return rows

    def _mailer(self, day_folder: Path) -> Mailer:
        if self.effective_mode is Mode.LIVE:
            settings = SmtpSettings(self.smtp_host, self.smtp_port, self.smtp_security)
            return SmtpMailer(settings, sent_folder=day_folder / "sent")
        return OutboxMailer(day_folder / "outbox")
