"""The decision table of rules.md §4, §5 and §9, row by row.

``decision_table.csv`` is written from the rules, not from the code: when a row fails, one of the two is wrong.
Each row is a sender of its own, and all rows of a policy are one day, so that no sender disturbs another.

Columns: the switches, what the message says and how certainly, the record and its status, the Multipub
record, the CUPOLA state; then what is planned (``action:disposition:gate``), what Human Review is asked,
whether the address is suppressed, and the lists that name the sender.
"""

import csv
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from autoresponder_dagster.rules.policy import Policy
from autoresponder_dagster.schemas.enums import Category, Determination, SObject
from autoresponder_dagster_tests.rules.day import FACTS, Day, text

with Path(__file__).with_name("decision_table.csv").open(newline="", encoding="utf-8") as file:
    TABLE = list(csv.DictReader(file))

POLICIES = {
    "default": Policy(),
    "defer": Policy(active_subscription="defer"),
    "inactive_requires_active_cupola": Policy(inactive_requires_active_cupola=True),
    "reactivate_requires_active_cupola": Policy(reactivate_requires_active_cupola=True),
    "keep_disqualified_on_departure": Policy(inactivate_disqualified_leads=False),
    "leave_disqualified_on_return": Policy(reactivate_disqualified_leads=False),
    "auto_add_replacements": Policy(auto_add_replacements=True),
}
CONFIDENCE = {"certain": 0.80, "uncertain": 0.79, "doubtful": 0.49}
STATUS = {
    SObject.CONTACT: {"active": "Active", "inactive": "Inactive", "unset": None},
    SObject.LEAD: {
        "active": "Working - Contacted",
        "inactive": "Inactive",
        "disqualified": "Disqualified",
        "unset": None,
    },
}


def address(number: int) -> str:
    return f"person{number:04d}@northfield.example"


def facts(number: int, case: Mapping[str, str]) -> dict[str, str]:
    """Return the facts of a case, so that no two senders name the same address."""
    usual = dict(FACTS.get(Determination(case["determination"]), {}))
    for key in ("new_email", "replacement_email"):
        if key in usual:
            usual[key] = f"other{number:04d}@northfield.example"
    if case["category"] == Category.NEW_EMPLOYER:
        usual["new_org"] = "Southfield Clinic"
    return usual


@cache
def day_of(policy: str) -> Day:
    day = Day(policy=POLICIES[policy])
    for number, case in enumerate(TABLE):
        if case["policy"] == policy:
            _add(day, number, case)
    return day


def _add(day: Day, number: int, case: Mapping[str, str]) -> None:
    sender = address(number)
    values = facts(number, case) | ({"category": case["category"]} if case["category"] else {})
    day.says(Determination(case["determination"]), sender, confidence=CONFIDENCE[case["confidence"]], **values)
    if case["record"] != "none":
        sobject = SObject(case["record"])
        day.record(sobject, sender, status=STATUS[sobject][case["status"]])
    if case["multipub"] != "none":
        day.subscriber(sender, active=int(case["multipub"] == "active"))
    if case["cupola"] != "NO_ROW":
        day.person(sender, is_active=case["cupola"] != "INACTIVE_ROW")
    if case["cupola"] == "AMBIGUOUS":
        day.person(sender, organization="Southfield Clinic")


def joined(frame: pd.DataFrame, columns: list[str], key: str = "sender_email") -> dict[str, str]:
    """Return the sorted cells of each sender's rows, columns joined by a colon and rows by a blank."""
    cells: dict[str, list[str]] = defaultdict(list)
    for sender, *row in frame[[key, *columns]].itertuples(index=False):
        cells[sender].append(":".join(filter(None, map(text, row))))
    return {sender: " ".join(sorted(rows)) for sender, rows in cells.items()}


@cache
def outcomes_of(policy: str) -> dict[str, dict[str, str]]:
    """Return what became of each sender, by column of the table."""
    day = day_of(policy)
    lists = day.lists
    undeliverable = day.determinations.merge(lists["undeliverables"]["message_id"])
    named = [
        *(frame[["email"]].assign(name=name) for name, frame in lists.items() if "email" in frame),
        undeliverable.rename(columns={"sender_email": "email"})[["email"]].assign(name="undeliverables"),
    ]
    rows = pd.concat(named).merge(lists["multipub_audit"].assign(name="multipub_audit"), how="left")
    return {
        "plan": joined(day.plan, ["action", "disposition", "gate"]),
        "review": joined(day.review, ["reason"]),
        "suppressed": dict.fromkeys(day.suppression["email_address"], "Yes"),
        "subscription_warning": joined(lists["inactive_people"], ["subscription_warning"], "email"),
        "lists": joined(rows, ["name", "outcome"], "email"),
    }


@pytest.mark.parametrize("number", range(len(TABLE)))
def test_row(number: int) -> None:
    case, sender = TABLE[number], address(number)
    outcomes = outcomes_of(case["policy"])
    found = {column: by_sender.get(sender, "") for column, by_sender in outcomes.items()}
    found["suppressed"] = found["suppressed"] or "No"
    assert found == {column: case[column] for column in found}


@pytest.mark.parametrize("policy", POLICIES)
def test_every_frame_of_the_day_passes_its_model(policy: str) -> None:
    day_of(policy).validate()


def test_the_table_covers_every_value() -> None:
    assert {case["policy"] for case in TABLE} == set(POLICIES)
    assert {case["determination"] for case in TABLE} == set(Determination)
    assert {case["cupola"] for case in TABLE} == {"ACTIVE_ROW", "INACTIVE_ROW", "NO_ROW", "AMBIGUOUS"}
    columns = ("policy", "determination", "category", "confidence", "record", "status", "multipub", "cupola")
    cases = [tuple(case[column] for column in columns) for case in TABLE]
    assert len(cases) == len(set(cases))
