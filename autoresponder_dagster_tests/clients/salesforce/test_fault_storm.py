"""The short form of ``make fault-storm``."""

import pytest

from autoresponder_dagster.schemas.enums import WriteResultCode
from autoresponder_dagster_tests.clients.salesforce.fault_storm import make_plan, run_through
from autoresponder_dagster_tests.emulators.salesforce.storm import storm_of_everything


@pytest.mark.parametrize("conditional_up_to", [1_000, 0], ids=["conditional", "collections"])
def test_the_org_ends_as_planned_in_any_weather(salesforce_org, armed, conditional_up_to):
    plan = make_plan(salesforce_org, 300)
    storm = storm_of_everything(seed=7, rate=0.08)
    report = run_through(salesforce_org, plan, storm, conditional_up_to=conditional_up_to)
    assert report.problems == []
    assert sum(report.struck.values()) >= 5
    assert sum(report.results.values()) == len(plan.updates)


def test_what_is_wrong_would_be_seen(salesforce_org, armed):
    plan = make_plan(salesforce_org, 100)
    tampered = plan.updates[5]
    salesforce_org.org.update(tampered.sobject, tampered.record_id, {"Title": "Nobody planned this"}, auto_assign=False)
    report = run_through(salesforce_org, plan, storm_of_everything(1, 0.0), conditional_up_to=1_000)
    assert any("never planned" in problem for problem in report.problems)
    plan.results[plan.updates[0].action_id] = {WriteResultCode.CONFLICT}
    again = run_through(salesforce_org, plan, storm_of_everything(1, 0.0), conditional_up_to=1_000)
    assert any("instead of conflict" in problem for problem in again.problems)
