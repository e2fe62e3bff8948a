"""Who is suppressed (rules.md §5 and §7)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoresponder_dagster.addresses import is_valid_email
from autoresponder_dagster.rules.policy import Policy
from autoresponder_dagster.rules.suppression import suppress
from autoresponder_dagster.schemas import SenderDetermination, SuppressionRow, UnifiedContact
from autoresponder_dagster.schemas.enums import Determination
from autoresponder_dagster_tests.rules.day import DAY, JANE, NEXT_DAY, NOON, Day, valid


def suppressed(
    sender: str = JANE,
    determination: Determination = Determination.INACTIVE,
    policy: Policy | None = None,
    **values: object,
) -> list[str]:
    day = Day(policy=policy or Policy())
    day.says(determination, sender, **values)
    return day.suppression["email_address"].tolist()


@pytest.mark.parametrize("determination", Determination)
def test_departures_only_and_their_originals_only(determination):
    departs = determination in {Determination.INACTIVE, Determination.REPLACEMENT}
    assert suppressed(determination=determination) == [JANE] * departs


@pytest.mark.parametrize(
    ("sender", "expected"),
    [
        ("jane@sub.publisher.example", []),
        ("jane@publisher.example", []),
        ("jane@notpublisher.example", ["jane@notpublisher.example"]),
        ("jane@publisher.example.org", ["jane@publisher.example.org"]),
    ],
)
def test_own_domains(sender, expected):
    assert suppressed(sender, policy=Policy(own_domains=[" @Publisher.example"])) == expected


@pytest.mark.parametrize(
    ("sender", "values"),
    [
        (JANE, {"confidence": 0.79}),
        ("info@northfield.example", {}),
        ("jane@northfield", {}),
        ("jane..doe@northfield.example", {}),
        ("=jane@northfield.example", {}),
        ("-jane@northfield.example", {}),
        ("＝jane@northfield.example", {}),
    ],
    ids=["uncertain", "role mailbox", "no domain", "invalid", "formula", "minus", "full-width formula"],
)
def test_left_out(sender, values):
    assert suppressed(sender, **values) == []


def test_a_contradiction_is_left_out():
    day = Day()
    day.says(Determination.INACTIVE)
    day.says(Determination.ACTIVE)
    assert len(day.suppression) == 0


def test_guards_hold_back_salesforce_only():
    day = Day(policy=Policy(inactive_requires_active_cupola=True))
    day.says(Determination.INACTIVE)
    for _ in range(6):
        day.record()
    assert day.plan["disposition"].eq("skip").all()
    assert day.suppression["email_address"].tolist() == [JANE]


@pytest.mark.parametrize(("policy", "active", "expected"), [("warn", 1, 1), ("defer", 1, 0), ("defer", 0, 1)])
def test_a_deferred_subscriber_is_not_suppressed(policy, active, expected):
    day = Day(policy=Policy(active_subscription=policy))
    day.says(Determination.INACTIVE)
    day.subscriber(active=active)
    assert len(day.suppression) == expected


def test_business_unit_and_date():
    policy = Policy(business_units={"DentalNews": "Dental"}, default_business_unit="Rest")
    for date_added, expected in (("partition", DAY), ("run", NEXT_DAY.isoformat())):
        day = Day(policy=policy.model_copy(update={"date_added": date_added}))
        day.says(Determination.INACTIVE, "b@northfield.example", inbox_source="DentalNews")
        day.says(Determination.REPLACEMENT, "a@northfield.example")
        rows = day.suppression[["business_unit", "email_address", "status", "date_added", "determination"]]
        assert rows.to_numpy().tolist() == [
            ["Rest", "a@northfield.example", "Unsubscribed", expected, "REPLACEMENT"],
            ["Dental", "b@northfield.example", "Unsubscribed", expected, "INACTIVE"],
        ]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.emails(), min_size=1, max_size=30, unique_by=str.lower))
def test_every_valid_address_is_suppressed_or_asked_about(addresses):
    """No address may break the import file, and none that is fit for it may be left out in silence."""
    lowered = sorted({address.lower() for address in addresses if is_valid_email(address.lower())})
    senders = SenderDetermination.from_rows(
        {
            "partition": DAY,
            "sender_email": address,
            "inbox_source": "HospitalNews",
            "message_id": address,
            "evidence_at": NOON,
            "determination": Determination.INACTIVE,
            "category": "left",
            "confidence": 1.0,
            "is_conflicting": False,
            "is_shared_mailbox": False,
            "message_count": 1,
        }
        for address in lowered
    )
    counts = dict.fromkeys(("active_orders", "recent_orders", "single_issue_orders"), 0)
    contacts = UnifiedContact.from_rows({"email": address, "cupola_state": "NO_ROW", **counts} for address in lowered)
    rows = valid(SuppressionRow, suppress(senders, contacts, Policy(), NEXT_DAY))
    unsafe = [address for address in lowered if address[0] in "=+-@"]
    assert sorted([*rows["email_address"], *unsafe]) == lowered


def test_a_quiet_day():
    frame = suppress(SenderDetermination.from_rows([]), UnifiedContact.from_rows([]), Policy(), NEXT_DAY)
    assert len(valid(SuppressionRow, frame)) == 0
