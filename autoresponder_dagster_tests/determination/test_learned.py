"""The learned reader and the second look: its weights are data, its view is traceable, both are heard."""

from base64 import b64encode
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresponder_dagster.determination import determine, second_look
from autoresponder_dagster.determination.features import Features, features, of_sentence, without_endings
from autoresponder_dagster.determination.learned import (
    INTERCEPTS,
    STEPS,
    ZERO,
    Opinion,
    apply,
    opinion_on,
    read_weights,
    weights,
    weights_text,
)
from autoresponder_dagster.determination.reading import read
from autoresponder_dagster.determination.verdict import CERTAIN, DOUBTFUL, WRITE_CONFIDENCE, base_verdict
from autoresponder_dagster.schemas.enums import STATE_CHANGING, Category, Determination
from autoresponder_dagster_tests.determination.messages import build

SENDER = "Ann Lee <ann.lee@acme.example>"


def small_network(*determinations, **features):
    """Return the text of a network whose units each speak for one determination alone.

    A feature has a weight for each unit that sees the message, then one for each that sees a sentence.
    """
    count = len(determinations)
    rows = [(STEPS, *["1"] * 2 * count), (INTERCEPTS, *["0"] * 2 * count)]
    rows += [(name, "0", *("1" if other == name else "0" for other in determinations * 2)) for name in determinations]
    rows += [
        (name.replace("_", " "), b64encode(bytes(ZERO + weight for weight in weights)).decode())
        for name, weights in sorted(features.items())
    ]
    return "".join("\t".join(row) + "\n" for row in rows)


SMALL = small_network(
    "ACTIVE", "INACTIVE", hung_up=(-1, 30, 0, 0), up_my=(0, 10, 0, 0), boots=(-1, 20, 0, 0), back=(40, -2, 0, 0)
)
NOTE = small_network("EMAIL_UPDATE", "INACTIVE", note=(10, -10, 0, 0))
APART = small_network("ACTIVE", "INACTIVE", gone=(0, 0, 0, 40), here=(0, 0, 30, -30), retired=(0, 0, 0, 60))


def reading(body, **headers):
    return read(build(body, sender=SENDER, **headers), None, None)


def test_the_weights_file_has_one_row_per_feature():
    names = [line.split("\t")[0] for line in weights_text().splitlines()]
    model = weights()
    assert names[:2] == [STEPS, INTERCEPTS]
    assert tuple(names[2:9]) == model.determinations == tuple(sorted(Determination))
    assert names[9:] == sorted(model.of_message) == list(model.of_message) == list(model.of_sentence)
    assert model.outputs.shape == (len(model.steps), len(Determination))


@pytest.mark.parametrize("half", ["whole", "apart"])
@given(names=st.lists(st.sampled_from(sorted(weights().of_message)), unique=True, max_size=2_000))
def test_packed_weights_add_up_exactly(half, names):
    model = weights()
    add, steps = getattr(model, half), model.steps[: model.half] if half == "whole" else model.steps[model.half :]
    each = np.rint([add([name]) / steps for name in names]).sum(axis=0) if names else np.zeros(model.half)
    assert (np.rint(add(names) / steps) == each).all()


@given(st.lists(st.sampled_from(["^", "i", "have", "left", "the", "firm", "%person", "$"]), max_size=12).map(tuple))
def test_what_training_counts_in_a_sentence_is_found(words):
    model = weights()
    assert model.sentence(words).features == model.of_message.keys() & of_sentence(words)


def test_a_sentence_counts_by_words_pairs_stems_and_company():
    (sentence,) = features(reading("I have retired.", subject="")).sentences
    assert sentence == ("^own", "i", "have", "retired", "$")
    pairs = {"^own i", "i have", "have retired", "retired $", "have retir~", "retir~ $"}
    assert set(of_sentence(sentence)) == {
        *sentence,
        "retir~",
        *pairs,
        "with_first_person:have",
        "with_first_person:retir~",
    }


def test_a_word_is_told_apart_by_what_its_sentence_holds():
    found = features(reading("Tom Fry has the keys until 20 October 2026. Please bring coffee.")).all()
    assert {"with_somebody:keys", "with_day_to_come:keys", "with_nothing:coffe~"} <= found
    assert "with_nothing:keys" not in found


def test_the_first_sentences_below_the_subject_count_as_such():
    found = features(reading("Dear all. I have retired. My thanks to everybody.", subject="Farewell")).of_message
    assert {"lead:dear", "lead:retir~"} <= found
    assert not {"lead:thanks", "lead:farew~"} & found


def test_names_addresses_and_days_become_what_they_are():
    found = features(
        reading(
            "Ann Lee left on 3 September 2026. Write to Tom Fry (tom.fry@acme.example), ann.lee@other.example or "
            "office@acme.example until 20 October 2026.",
            subject="Automatic reply: News",
        )
    )
    assert found.sentences[0] == ("^", "%sender", "left", "on", "#past", "$") or "%sender" in found.sentences[1]
    words = {word for sentence in found.sentences for word in sentence}
    assert {"%sender", "%person", "#past", "#soon", "@person", "@own_elsewhere", "@role"} <= words
    assert not any("ann" in word or "fry" in word or "2026" in word for word in words)


def test_words_of_the_subject_are_told_apart():
    sentences = features(reading("Hello.", subject="I have left Acme")).sentences
    assert sentences[0][:3] == ("subject:i", "subject:have", "subject:left")


def test_a_long_word_is_known_by_its_stem_too():
    assert without_endings(["retirement", "left", "%person", "subject:retired"]) == [
        "retir~",
        "left",
        "%person",
        "subject:retir~",
    ]
    assert "my retir~" in features(reading("I enjoy my retirement.")).all()


def test_the_order_of_names_and_addresses_is_seen():
    assert "then:%person>@person" in features(reading("Tom Fry, tom.fry@acme.example, has my desk.")).of_message


def test_who_is_named_beside_the_sender_is_seen():
    left = "I have left Acme. "
    alone = features(reading(left)).of_message
    replaced = features(reading(left + "Tom Fry, tom.fry@acme.example, has taken over.")).of_message
    assert {"contacts:0", "successors:0", "another:False"} <= alone
    assert {"contacts:1", "first_contact:name+mail", "successors:1", "another:True"} <= replaced


def test_an_opinion_names_its_sentence_and_its_words():
    model = read_weights(SMALL)
    message = reading("Dear all. I hung up my boots. Kind wishes to everybody.")
    opinion = apply(model, features(message))
    assert opinion.determination == Determination.INACTIVE
    assert sum(opinion.probabilities.values()) == pytest.approx(1)
    assert opinion.reasons == ("hung up", "boots", "up my")
    text = [
        sentence.text
        for sentence in reading("Dear all. I hung up my boots. Kind wishes to everybody.").sources.own.sentences
    ]
    assert text[opinion.sentence] == "I hung up my boots."


def test_of_what_sees_one_sentence_at_a_time_the_strongest_sentence_counts():
    model = read_weights(APART)
    message = reading("We are here. She is gone. We are here and glad.")
    told = apply(model, features(message))
    alone = apply(model, features(reading("She is gone.")))
    assert told.units[3] == alone.units[3] > 0
    assert told.determination == Determination.INACTIVE
    assert message.sources.own.sentences[told.sentence].text == "She is gone."
    assert told.reasons[0] == "gone"


def test_what_english_taught_holds_in_other_languages():
    message = reading("Bonjour, je suis en retraite depuis le mois de mai. Bien cordialement, Ann Lee")
    assert any("retired" in words for words in features(message).in_english)
    opinion = apply(read_weights(APART), features(message))
    assert opinion.determination == Determination.INACTIVE
    assert "retraite" in message.sources.own.sentences[opinion.sentence].text
    assert opinion.reasons[0] == "retired"


def test_a_message_without_known_words_gets_the_prior():
    opinion = apply(read_weights(SMALL), features(reading("Zzz.")))
    assert opinion.probabilities == {Determination.ACTIVE: 0.5, Determination.INACTIVE: 0.5}
    assert opinion.reasons == ()


def opinion(**probabilities):
    rest = (1 - sum(probabilities.values())) / (len(Determination) - len(probabilities))
    every = {one: probabilities.get(one.value, rest) for one in Determination}
    model = weights()
    return Opinion(
        max(every, key=lambda one: every[one]),
        every,
        model,
        Features((), frozenset()),
        units=np.zeros(len(model.steps)),
    )


def look(monkeypatch, verdict, view, body="I have left Acme.", **headers):
    message = reading(body, **headers)
    monkeypatch.setattr(second_look, "opinion_on", lambda _: view)
    return second_look.second_look(message, verdict(message))


def sure(message):
    return base_verdict(message)._replace(
        determination=Determination.INACTIVE,
        category=Category.LEFT,
        confidence=CERTAIN,
        matched="en.left",
    )


def unsure(message):
    return sure(message)._replace(confidence=DOUBTFUL, matched=message.statements[0].entry)


@pytest.mark.parametrize(
    ("verdict", "view", "determination", "is_written"),
    [
        pytest.param(sure, {"INACTIVE": 0.95}, "INACTIVE", True, id="both see it"),
        pytest.param(sure, {"INACTIVE": 0.3, "REPLACEMENT": 0.3}, "INACTIVE", False, id="sure, but little support"),
        pytest.param(sure, {"OUT_OF_OFFICE": 0.99}, "OUT_OF_OFFICE", False, id="contradicted"),
        pytest.param(unsure, {"INACTIVE": 0.99}, "INACTIVE", True, id="a doubt removed"),
        pytest.param(unsure, {"INACTIVE": 0.7}, "INACTIVE", False, id="a doubt that stays"),
        pytest.param(unsure, {"ACTIVE": 0.999}, "ACTIVE", True, id="a doubtful one overruled"),
        pytest.param(base_verdict, {"EMAIL_UPDATE": 0.999}, "EMAIL_UPDATE", False, id="nothing understood"),
        pytest.param(base_verdict, {"INACTIVE": 0.999}, "INACTIVE", True, id="the learned reader and some statement"),
        pytest.param(base_verdict, {"REPLACEMENT": 0.999}, "REPLACEMENT", False, id="nothing understood, successor"),
        pytest.param(base_verdict, {"UNKNOWN": 0.9}, "UNKNOWN", False, id="nothing said"),
    ],
)
def test_a_change_is_written_where_both_together_find_it_likely(monkeypatch, verdict, view, determination, is_written):
    seen = look(monkeypatch, verdict, opinion(**view))
    assert seen.determination == determination
    assert (seen.determination in STATE_CHANGING and seen.confidence >= WRITE_CONFIDENCE) is is_written


def test_what_only_the_learned_reader_sees_comes_with_its_sentence_and_facts(monkeypatch):
    found = Features(((), ("kindly", "note")), frozenset())
    view = replace(opinion(EMAIL_UPDATE=0.99), model=read_weights(NOTE), found=found, units=np.array([1.0, 0, 0, 0]))
    seen = look(monkeypatch, base_verdict, view, "Hello there. Kindly note ann.lee@acme-group.example for your files.")
    assert (seen.category, seen.new_email) == (Category.ADDRESS_CHANGED, "ann.lee@acme-group.example")
    assert seen.evidence is not None
    assert seen.matched == "learned.email_update"


@pytest.mark.parametrize(
    ("body", "seen", "is_written"),
    [
        pytest.param("I have left Acme.", "INACTIVE", True, id="a statement supports it"),
        pytest.param("I have left Acme. Tom Fry has taken over.", "REPLACEMENT", True, id="somebody is named"),
        pytest.param("I have left Acme. Somebody has taken over.", "REPLACEMENT", False, id="nobody is named"),
        pytest.param("My job has changed, and my address stays.", "TITLE_UPDATE", False, id="no title"),
        pytest.param("This address ends in May.", "EMAIL_UPDATE", False, id="no address"),
    ],
)
def test_a_change_needs_a_statement_and_its_facts(monkeypatch, body, seen, is_written):
    verdict = look(monkeypatch, base_verdict, opinion(**{seen: 0.9999}), body)
    assert verdict.determination == seen
    assert (verdict.confidence >= WRITE_CONFIDENCE) is is_written


@pytest.mark.parametrize(("body", "is_written"), [("I have left Acme.", True), ("Greetings from the beach.", False)])
def test_in_what_a_person_wrote_a_statement_must_support_a_change(monkeypatch, body, is_written):
    view = opinion(INACTIVE=0.9999)
    assert look(monkeypatch, base_verdict, view, body).confidence >= WRITE_CONFIDENCE
    letter = look(monkeypatch, base_verdict, view, body, auto=False, subject="Re: Directory")
    assert (letter.confidence >= WRITE_CONFIDENCE) is is_written


def test_a_role_mailbox_is_nobody_who_left(monkeypatch):
    monkeypatch.setattr(second_look, "opinion_on", lambda _: opinion(INACTIVE=0.9999))
    verdict = determine(build("Tom Fry is said to have left.", sender="Office <office@acme.example>"))
    assert not (verdict.determination in STATE_CHANGING and verdict.confidence >= WRITE_CONFIDENCE)


def test_in_a_language_without_examples_the_learned_reader_has_no_say():
    message = reading("Ludzu rakstiet uz janis.berzins@piemers.example, paldies par sapratni un jauku dienu.")
    assert opinion_on(message).familiarity < second_look.FAMILIAR
    said = base_verdict(message)
    assert second_look.second_look(message, said) == said


def test_whether_a_last_day_has_come_is_not_the_learned_readers_to_say(monkeypatch):
    monkeypatch.setattr(second_look, "opinion_on", lambda _: opinion(UNKNOWN=0.999))
    seen = determine(build("My last day is October 14.", sender=SENDER))
    assert (seen.determination, seen.effective_date) == (Determination.INACTIVE, "2026-10-14")


def test_whether_a_departure_is_to_come_is_not_either(monkeypatch):
    monkeypatch.setattr(second_look, "opinion_on", lambda _: opinion(INACTIVE=0.9999))
    assert determine(build("I am retiring on 30 November 2026.", sender=SENDER)).category == Category.FUTURE_DEPARTURE


def test_a_message_without_words_is_not_looked_at(monkeypatch):
    monkeypatch.setattr(second_look, "opinion_on", lambda _: pytest.fail("nothing to weigh"))
    assert determine(build("12 !?", subject="")).determination == Determination.UNKNOWN


def test_the_same_reading_gives_the_same_opinion():
    message = reading("I have left Acme. Tom Fry, tom.fry@acme.example, has taken over.")
    assert opinion_on(message) == opinion_on(message)
