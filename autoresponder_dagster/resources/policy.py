"""The business switches as a Dagster resource, settable in run config."""

import dagster as dg

from autoresponder_dagster.rules.policy import Policy


class PolicyResource(Policy, dg.ConfigurableResource):
    """Every number and switch of the business rules; the defaults are the documented behaviour."""
