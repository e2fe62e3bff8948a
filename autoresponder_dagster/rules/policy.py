"""Every number and switch of the business rules, with the documented default (rules.md).

A new switch goes here, with its meaning; the Dagster face in ``resources/policy.py`` and the
configuration reference follow from it.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Policy(BaseModel):
    """What the pipeline may do on its own. The defaults are the documented behaviour."""

    model_config = ConfigDict(frozen=True)

    min_write_confidence: float = Field(0.80, ge=0, le=1, description="A write needs at least this confidence.")
    min_review_confidence: float = Field(
        0.50, ge=0, le=1, description="Below this confidence a determination counts as UNKNOWN."
    )
    llm_may_authorize_writes: bool = Field(
        False,
        description=(
            "Let the second reader lift a verdict that quotes of the message bear out to min_write_confidence. Off: "
            "what it finds goes to Human Review and never writes."
        ),
    )
    inactive_requires_active_cupola: bool = Field(
        False, description="Set a record inactive only where CUPOLA has an active row for the sender."
    )
    reactivate_requires_active_cupola: bool = Field(
        False, description="Reactivate a record only where CUPOLA has an active row for the sender."
    )
    reactivate_disqualified_leads: bool = Field(True, description="Reactivate Leads whose Status is Disqualified.")
    inactivate_disqualified_leads: bool = Field(True, description="Overwrite the Status Disqualified by Inactive.")
    auto_add_replacements: bool = Field(
        False, description="Create a Contact (and its Account where missing) for a named replacement."
    )
    active_subscription: Literal["warn", "defer"] = Field(
        "warn",
        description=(
            "What to do with an INACTIVE sender who holds an active Multipub subscription: warn writes and "
            "suppresses and puts the sender on the follow-up list; defer holds both back for Human Review."
        ),
    )
    max_records_per_address: int = Field(
        5, ge=1, description="More Salesforce records than this on one address go to Human Review."
    )
    role_names: list[str] = Field(
        [],
        description="Mailbox names that stand for a role, not for a person. Empty: the list in addresses.py. "
        "Names put together as those of offices are (bauverwaltung@) always count.",
    )
    own_domains: list[str] = Field([], description="The publisher's own domains: never suppressed.")
    business_units: dict[str, str] = Field({}, description="Business unit of the suppression file by inbox source.")
    default_business_unit: str = Field("Marketing", description="Business unit of every other inbox source.")
    date_added: Literal["partition", "run"] = Field(
        "partition", description="Date of the suppression rows: the partition's day or the day of the run."
    )
    max_writes_per_run: int = Field(
        5_000, ge=1, description="A run sends at most this many writes to Salesforce; the rest is deferred."
    )
    max_error_ratio: float = Field(
        0.10,
        ge=0,
        le=1,
        description="A run of which Salesforce rejects a larger share (and at least five) stops; the rest is deferred.",
    )
