"""What a second reader is shown, and what of its answer may change a verdict."""

from datetime import UTC, date, datetime

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from autoresponder_dagster.determination.second_opinion import (
    KINDS,
    Answer,
    Facts,
    Limits,
    Outcome,
    Question,
    outcome_counts,
    questions,
    second_opinion,
    with_second_opinions,
)
from autoresponder_dagster.rules.policy import Policy
from autoresponder_dagster.rules.senders import demote_uncertain
from autoresponder_dagster.schemas import DeterminationRow, EmailMessage
from autoresponder_dagster.schemas.enums import Category, Determination
from autoresponder_dagster_tests.determination.messages import build

SENDER = "jmarrow@harbor.example"
LIMITS = Limits(0.5, 0.8)
AUTHORIZING = Limits(0.5, 0.8, may_authorize_writes=True)
NOTHING = dict.fromkeys(Facts.model_fields)


def verdict(determination="UNKNOWN", category="unclear", confidence=0.5, **values):
    row = {
        "partition": "2026-10-14",
        "message_id": "1@harbor.example",
        "sender_email": SENDER,
        "inbox_source": "Directory",
        "received_at": datetime(2026, 10, 14, 9, tzinfo=UTC),
        "determination": determination,
        "category": category,
        "confidence": confidence,
        "transport_class": "automatic_reply",
    }
    return dict.fromkeys(DeterminationRow.columns()) | row | values


def question(own_words="", *, subject="", signature="", day=date(2026, 10, 14), month_first=None):
    return Question(SENDER, "John Marrow", day, subject, own_words, signature, month_first)


def answer(determination, category, evidence, **facts):
    return Answer(determination=determination, category=category, evidence=evidence, facts=Facts(**NOTHING | facts))


def left(evidence="I have left Harbor.", **facts):
    return answer("INACTIVE", "left", evidence, **facts)


def outcome(changes):
    return changes["matched"].rpartition("second_reader:")[2]


# ── What is asked ────────────────────────────────────────────────────────────────────────────────


def asked_about(*verdicts, raw=None, limits=LIMITS):
    raw = raw or build("I moved on to other things.")
    verdicts = [{**values, "message_id": f"{number}@harbor.example"} for number, values in enumerate(verdicts)]
    messages = EmailMessage.from_rows(
        {**{name: row[name] for name in row if name in EmailMessage.columns()}, "source": "a.eml", "raw": raw}
        for row in verdicts
    )
    return questions(DeterminationRow.from_rows(verdicts), messages, limits)


@pytest.mark.parametrize(
    ("determination", "category", "confidence"),
    [
        ("UNKNOWN", "unclear", 0.5),
        ("UNKNOWN", "human_message", 0.5),
        ("UNKNOWN", "third_person", 0.6),
        ("UNKNOWN", "mailbox_unmonitored", 0.8),
        ("INACTIVE", "left", 0.79),
        ("OUT_OF_OFFICE", "absence", 0.75),
        ("ACTIVE", "human_message", 0.55),
        ("REPLACEMENT", "left", 0.3),
    ],
)
def test_doubtful_verdicts_are_asked_about(determination, category, confidence):
    assert len(asked_about(verdict(determination, category, confidence))) == 1


@pytest.mark.parametrize(
    "settled",
    [
        verdict("INACTIVE", "left", 0.8),
        verdict("UNKNOWN", "unclear", 0.5, sender_email=None),
        verdict("INACTIVE", "left", 0.6, transport_class="delivery_report"),
        *(
            verdict("UNKNOWN", category, 0.5)
            for category in (
                *("undeliverable", "delayed", "delivered", "feedback_report", "read_receipt", "challenge_response"),
                *("acknowledgement", "mailing_list", "unsubscribe_request", "future_departure", "spam"),
                *("undetermined_sender", "parse_problem", "empty"),
            )
        ),
    ],
    ids=lambda row: f"{row['determination']}-{row['category']}-{row['transport_class']}",
)
def test_settled_verdicts_are_not(settled):
    assert asked_about(settled) == {}


def test_the_write_threshold_of_the_policy_counts():
    assert len(asked_about(verdict("INACTIVE", "left", 0.85), limits=Limits(0.5, 0.9))) == 1


def test_a_message_without_own_words_is_not_asked_about():
    quoted_only = build("> I no longer work here.\n> Regards", auto=False, subject="Re: Directory")

    assert asked_about(verdict(), raw=quoted_only) == {}


def test_questions_come_in_the_order_of_the_verdicts():
    asked = asked_about(verdict(), verdict("INACTIVE", "left", 0.9), verdict("ACTIVE", "still_here", 0.6))

    assert list(asked) == ["0@harbor.example", "2@harbor.example"]


def test_a_question_holds_own_words_and_signature_but_no_quoted_mail():
    raw = build(
        "I moved on.\n\nKind regards,\nJohn Marrow\n\n-----Original Message-----\nFrom: News\nOur own mailing.",
        subject="Automatic reply: John Marrow has left",
    )

    [shown] = asked_about(verdict(), raw=raw).values()

    assert shown.own_words == "I moved on."
    assert shown.subject == ""
    assert "John Marrow" in shown.signature
    assert shown.day == date(2026, 10, 14)
    assert (shown.sender_email, shown.sender_name) == (SENDER, "John Marrow")
    assert "mailing" not in shown.text


# ── What an answer may change ────────────────────────────────────────────────────────────────────


def test_an_unknown_becomes_a_verdict_for_human_review():
    changes = second_opinion(
        verdict(matched="en.left.3"), question("Hello.\nI have left Harbor.\nBye."), left(), LIMITS
    )

    assert changes["determination"] == "INACTIVE"
    assert changes["category"] == "left"
    assert changes["evidence"] == "I have left Harbor."
    assert 0.5 <= changes["confidence"] < 0.8
    assert changes["matched"] == "en.left.3;second_reader:used"


def test_two_readers_who_agree_are_surer_than_one_but_not_sure_enough_to_write():
    alone = second_opinion(verdict(), question("I have left Harbor."), left(), LIMITS)
    both = second_opinion(verdict("INACTIVE", "left", 0.6), question("I have left Harbor."), left(), LIMITS)

    assert alone["confidence"] < both["confidence"] == 0.79


@given(
    review=st.floats(0, 1),
    write=st.floats(0, 1),
    agrees=st.booleans(),
    may_write=st.booleans(),
)
def test_without_the_switch_no_confidence_reaches_the_write_threshold(review, write, agrees, may_write):
    confidence = Limits(review, write).confidence(agrees=agrees, may_write=may_write)

    assert confidence is None or review <= confidence < write


def test_where_the_thresholds_leave_no_room_the_first_verdict_stands():
    changes = second_opinion(verdict(), question("I have left Harbor."), left(), Limits(0.8, 0.8))

    assert set(changes) == {"matched"}


@pytest.mark.parametrize(
    ("given_answer", "expected"),
    [
        (None, Outcome.NO_ANSWER),
        (answer("UNKNOWN", "unclear", ""), Outcome.NO_VERDICT),
        (left("I was fired last year."), Outcome.UNSUPPORTED),
    ],
)
def test_otherwise_the_first_verdict_stands_and_the_row_says_so(given_answer, expected):
    first = verdict("INACTIVE", "retired", 0.6, new_org="Brightwater", matched="en.retired.1")

    changes = second_opinion(first, question("I have left Harbor."), given_answer, LIMITS)

    assert changes == {"matched": f"en.retired.1;second_reader:{expected}"}


def test_a_verdict_without_matched_entries_gets_the_note_alone():
    assert second_opinion(verdict(matched=pd.NA), question("Hi."), None, LIMITS) == {
        "matched": "second_reader:no_answer"
    }


# ── Evidence ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("own_words", "quote"),
    [
        ("I have\nleft Harbor.", "I have left Harbor."),
        ("I have left Harbor.", "  I  have\tleft Harbor. "),
        ("私は退職しました。", "退職しました"),
        ("他已离职。", "已离职"),
    ],
)
def test_evidence_is_compared_after_whitespace(own_words, quote):
    assert outcome(second_opinion(verdict(), question(own_words), left(quote), LIMITS)) == Outcome.USED


@pytest.mark.parametrize(
    "quote",
    [
        "",
        " ",
        ".",
        "I",
        "i have left harbor.",
        "I have left Harbor!",
        "I have left Harbor for good.",
        "have lef",
        "ave left Harbor",
        "I have left ... Harbor.",
    ],
)
def test_evidence_that_is_no_quote_drops_the_answer(quote):
    changes = second_opinion(verdict(), question("I have left Harbor."), left(quote), LIMITS)

    assert changes == {"matched": "second_reader:unsupported"}


def test_signature_is_no_evidence():
    shown = question("Hello.", signature="Retired since 2020")

    assert outcome(second_opinion(verdict(), shown, left("Retired since 2020"), LIMITS)) == Outcome.UNSUPPORTED


def test_no_quote_spans_subject_and_body():
    shown = question("left.", subject="John has")

    assert outcome(second_opinion(verdict(), shown, left("John has left."), LIMITS)) == Outcome.UNSUPPORTED


def test_a_reviewer_sees_the_whole_sentence_around_a_quote():
    shown = question("Hello.\nIt is not true that I have left Harbor.")

    changes = second_opinion(verdict(), shown, left("I have left Harbor"), LIMITS)

    assert changes["evidence"] == "It is not true that I have left Harbor."


def test_evidence_stays_within_its_column():
    long = "I have left Harbor " + "and am glad of it " * 20

    changes = second_opinion(verdict(), question(long), left(long), LIMITS)

    assert len(changes["evidence"]) <= 200
    assert long.startswith(changes["evidence"])


# ── Facts ────────────────────────────────────────────────────────────────────────────────────────


def facts_of(determination, category, own_words, *, signature="", first=None, limits=LIMITS, **facts):
    shown = question(own_words, signature=signature)
    changes = second_opinion(
        first or verdict(), shown, answer(determination, category, own_words.splitlines()[0], **facts), limits
    )
    return {name: changes[name] for name in ("determination", *NOTHING) if changes.get(name)}


def test_facts_are_read_from_their_quotes():
    assert facts_of(
        "REPLACEMENT",
        "new_employer",
        "I left on 2 October for Brightwater.\nMy successor is Dana Reyes, Editor, Dana.Reyes@harbor.example.",
        new_org="Brightwater",
        replacement_name="Dana Reyes",
        replacement_email="Dana.Reyes@harbor.example",
        replacement_title="Editor",
        effective_date="2 October",
    ) == {
        "determination": "REPLACEMENT",
        "new_org": "Brightwater",
        "replacement_name": "Dana Reyes",
        "replacement_email": "dana.reyes@harbor.example",
        "replacement_title": "Editor",
        "effective_date": "2026-10-02",
    }


def test_a_fact_may_stand_in_the_signature():
    found = facts_of(
        "EMAIL_UPDATE",
        "address_changed",
        "Please use the address below.",
        signature="John Marrow\njohn@harbor.example",
        new_email="john@harbor.example",
    )

    assert found["new_email"] == "john@harbor.example"


def test_an_address_written_around_robots_is_read():
    found = facts_of(
        "EMAIL_UPDATE",
        "address_changed",
        "Write to john [at] harbor [dot] example from now on.",
        new_email="john [at] harbor [dot] example",
    )

    assert found["new_email"] == "john@harbor.example"


@pytest.mark.parametrize(
    "invented",
    [
        "john.marrow@harbor.example",
        "marrow@harbor.example",  # cut out of a longer one
        SENDER,
        "harbor.example",
        "a.marrow@harbor.example or b@harbor.example",
    ],
)
def test_an_invented_address_is_dropped_and_an_address_change_with_it(invented):
    own_words = f"My address changed from {SENDER}, see a.marrow@harbor.example or b@harbor.example."

    assert facts_of("EMAIL_UPDATE", "address_changed", own_words, new_email=invented) == {}


def test_a_successor_who_is_nowhere_in_the_message_leaves_a_departure():
    found = facts_of(
        "REPLACEMENT",
        "left",
        "I have left Harbor.",
        replacement_name="Mallory Price",
        replacement_email="mallory@attacker.example",
    )

    assert found == {"determination": "INACTIVE"}


@pytest.mark.parametrize("no_person", ["info@harbor.example", SENDER])
def test_a_role_mailbox_or_the_sender_is_no_successor(no_person):
    own_words = f"I have left Harbor, write to {no_person}."

    assert facts_of("REPLACEMENT", "left", own_words, replacement_email=no_person) == {"determination": "INACTIVE"}


def test_the_sender_does_not_succeed_the_sender():
    own_words = "John Marrow has left Harbor."

    assert facts_of("REPLACEMENT", "left", own_words, replacement_name="John Marrow") == {"determination": "INACTIVE"}


def test_the_cover_of_an_absence_is_no_replacement():
    own_words = "I am away until 3 November, Dana Reyes covers for me."

    assert facts_of(
        "OUT_OF_OFFICE", "absence", own_words, return_date="until 3 November", replacement_name="Dana Reyes"
    ) == {"determination": "OUT_OF_OFFICE", "return_date": "2026-11-03"}


@pytest.mark.parametrize("quote", ["2026-11-03", "soon", "away", "3 November 2031"])
def test_a_date_that_is_not_quoted_or_is_none_is_dropped(quote):
    own_words = "I am away until 3 November, back soon."

    assert facts_of("OUT_OF_OFFICE", "absence", own_words, return_date=quote) == {"determination": "OUT_OF_OFFICE"}


def test_a_departure_that_lies_ahead_is_none():
    own_words = "My last day is 31 October."

    assert facts_of("INACTIVE", "left", own_words, effective_date="31 October") == {}
    assert facts_of("INACTIVE", "left", "My last day was 14 October.", effective_date="14 October") != {}


def test_a_title_change_needs_its_title():
    own_words = "I am now the Managing Editor of it all."

    assert facts_of("TITLE_UPDATE", "title_changed", own_words, new_title="Managing Editor")
    assert facts_of("TITLE_UPDATE", "title_changed", own_words, new_title="Chief Executive") == {}
    assert facts_of("TITLE_UPDATE", "title_changed", own_words) == {}


def test_an_endless_fact_is_dropped():
    own_words = "I have left for " + "Long " * 50 + "Ltd."

    assert facts_of("INACTIVE", "left", own_words, new_org="Long " * 49 + "Long") == {"determination": "INACTIVE"}


def test_where_both_agree_the_first_readers_facts_fill_the_gaps():
    first = verdict("INACTIVE", "left", 0.6, effective_date="2026-09-01", new_org="Brightwater")

    found = facts_of("INACTIVE", "left", "I joined Northwind.", first=first, new_org="Northwind")

    assert found == {"determination": "INACTIVE", "effective_date": "2026-09-01", "new_org": "Northwind"}


def test_where_they_differ_no_fact_of_the_first_is_mixed_in():
    first = verdict("OUT_OF_OFFICE", "absence", 0.75, return_date="2026-11-03")

    assert facts_of("INACTIVE", "left", "I have left Harbor.", first=first) == {"determination": "INACTIVE"}


# ── The switch ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("first", [verdict(), verdict("INACTIVE", "left", 0.6)], ids=["unknown", "agrees"])
def test_the_switch_lifts_a_supported_verdict_to_exactly_the_write_threshold(first):
    changes = second_opinion(first, question("I have left Harbor."), left(), AUTHORIZING)

    assert changes["confidence"] == 0.8


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (verdict("OUT_OF_OFFICE", "absence", 0.75), left()),
        (verdict(), left(new_org="Invented Ltd")),
        (verdict(), answer("REPLACEMENT", "left", "I have left Harbor.", replacement_name="Invented Person")),
        (verdict("INACTIVE", "left", 0.6, new_org="Brightwater"), left(new_org="Harbor")),
    ],
    ids=["readers contradict", "a fact was dropped", "the successor was dropped", "facts contradict"],
)
def test_the_switch_lifts_nothing_that_something_speaks_against(first, second):
    changes = second_opinion(first, question("I have left Harbor."), second, AUTHORIZING)

    assert 0.5 <= changes["confidence"] < 0.8


def test_the_switch_changes_nothing_about_what_words_must_bear_out():
    changes = second_opinion(verdict(), question("Good morning."), left(), AUTHORIZING)

    assert changes == {"matched": "second_reader:unsupported"}


# ── Forms and frames ─────────────────────────────────────────────────────────────────────────────


def test_every_determination_but_unknown_has_its_kind():
    assert set(KINDS) == set(Determination) - {Determination.UNKNOWN}
    assert {name for kind in KINDS.values() for name in (*kind.facts, *kind.needs)} == set(Facts.model_fields)


@pytest.mark.parametrize(("determination", "category"), [("INACTIVE", "absence"), ("ACTIVE", "left")])
def test_a_category_of_another_determination_is_no_answer(determination, category):
    with pytest.raises(ValidationError):
        answer(determination, category, "I have left Harbor.")


def test_the_policys_defaults_are_the_documented_ones():
    policy = Policy()

    assert (policy.min_review_confidence, policy.min_write_confidence) == (0.5, 0.8)
    assert policy.llm_may_authorize_writes is False


def test_a_frame_keeps_its_order_and_the_rows_that_nobody_asked_about():
    frame = DeterminationRow.from_rows(
        [
            verdict("INACTIVE", "left", 0.95, message_id="a", matched="en.left.1"),
            verdict(message_id="b"),
            verdict("ACTIVE", "human_message", 0.55, message_id="c"),
        ]
    )
    asked = {"b": question("I have left Harbor."), "c": question("Thanks!")}

    result = with_second_opinions(frame, asked, [left(), None], LIMITS)

    DeterminationRow.validate(result)
    assert result["message_id"].tolist() == ["a", "b", "c"]
    assert result["determination"].tolist() == ["INACTIVE", "INACTIVE", "ACTIVE"]
    assert result["matched"].tolist() == ["en.left.1", "second_reader:used", "second_reader:no_answer"]
    pd.testing.assert_frame_equal(result.iloc[[0]], frame.iloc[[0]])
    assert outcome_counts(result) == {"used": 1, "no_verdict": 0, "unsupported": 0, "no_answer": 1}
    assert demote_uncertain(result, Policy())["determination"].tolist() == result["determination"].tolist()


def test_a_quiet_day_stays_quiet():
    nothing = DeterminationRow.from_rows([])

    assert questions(nothing, EmailMessage.from_rows([]), LIMITS) == {}
    assert with_second_opinions(nothing, {}, [], LIMITS).empty
    assert sum(outcome_counts(nothing).values()) == 0


TEXT = st.text(alphabet="Ihave lft.@x私é\n\\\"'{}\x00\ud800", max_size=40)


@given(
    own_words=TEXT,
    evidence=TEXT,
    determination=st.sampled_from([*KINDS]),
    facts=st.dictionaries(st.sampled_from(sorted(NOTHING)), TEXT),
    may_authorize=st.booleans(),
)
def test_whatever_is_answered_only_words_of_the_message_come_in(
    own_words, evidence, determination, facts, may_authorize
):
    shown = question(own_words)
    given_answer = answer(determination, KINDS[determination].categories[0], evidence, **facts)

    changes = second_opinion(verdict(), shown, given_answer, Limits(0.5, 0.8, may_authorize))

    for name in ("evidence", "new_title", "new_org", "replacement_name", "replacement_title"):
        assert (changes.get(name) or "") in shown.text
    for name in ("new_email", "replacement_email"):
        assert (changes.get(name) or "") in shown.text.lower()
    assert changes.get("confidence", 0.5) <= 0.8
    assert Category(changes.get("category", "unclear"))
