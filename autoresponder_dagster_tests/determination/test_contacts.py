"""The people to turn to: where a name begins and ends, and whether it is a person's."""

import pytest

from autoresponder_dagster.determination.contacts import contacts, likely_successors
from autoresponder_dagster.determination.people import person_names
from autoresponder_dagster.determination.reading import read
from autoresponder_dagster_tests.determination.messages import build

SENDER = "Marta Quinn <mquinn@delta.example>"


def reading_of(body, sender=SENDER):
    return read(build(body, sender=sender, subject="Automatic reply"), None, None)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Write to Miss P. Hartley.", ["Miss P. Hartley"]),
        ("Seit Mai ist das mevrouw A. van Loon.", ["A. van Loon"]),
        ("Rohini Das has it now.", ["Rohini Das"]),
        ("Das macht Rohini Das.", ["Rohini Das"]),
        ("Ask Ms. Hoa Le, please.", ["Ms. Hoa Le"]),
        ("Ask Nuala Ní Cheallaigh.", ["Nuala Ní Cheallaigh"]),
        ("Today Headmaster Ned Lowe began.", ["Ned Lowe"]),
        ("Ned Lowe Interim Controller", ["Ned Lowe"]),
        ("Estate: Ned Lowe Banking: Ann Wei Lee", ["Estate", "Ned Lowe", "Ann Wei Lee"]),
        ("Mein Neffe Marco macht das.", ["Marco"]),
        ("Mein Sohn Jan Roth macht das.", ["Jan Roth"]),
        ("Es hilft Anna Vetter.", ["Anna Vetter"]),
        ("担当は堀江くんです。", ["堀江"]),
        ("室長は桐生准教授です。", ["桐生"]),
        ("同僚の横山と申します。", ["横山"]),
        ("Ask Cara Venter (cara@delta.example).", ["Cara Venter"]),
    ],
)
def test_names_in_a_text(text, names):
    assert [name for _, _, name in person_names(text) if name not in ("Mai", "Write")] == names


@pytest.mark.parametrize(
    ("body", "name", "email"),
    [
        ("I've left. Ranger Bo Orr (bo.orr@delta.example) took over.", "Bo Orr", "bo.orr@delta.example"),
        ("I've left. In my place is now Zymurgist Bo Orr (borr@delta.example).", "Bo Orr", "borr@delta.example"),
        (
            "I have left Delta. My successor is:\n\nBo Orr\nDock Captain\nborr@delta.example",
            "Bo Orr",
            "borr@delta.example",
        ),
        ("I've left. My successor is Bo Orr MRICS, borr@delta.example.", "Bo Orr", "borr@delta.example"),
        (
            "I've left. My successor is Iker Roca Sanz, iroca@delta.example.",
            "Iker Roca Sanz",
            "iroca@delta.example",
        ),
        ("I've left. My successor is Ana Clara Lopes, lopes@delta.example.", "Ana Clara Lopes", "lopes@delta.example"),
        ("I've retired. My son Edgar Quinn has it now: edgar@delta.example.", "Edgar Quinn", "edgar@delta.example"),
        ("I've retired. The shop is now run by Ed Quinn, equinn@delta.example.", "Ed Quinn", "equinn@delta.example"),
        ("I've retired. My sister Ida has the shop now: ida@delta.example.", "Ida", "ida@delta.example"),
        (
            "Z końcem maja zakończyłam pracę w Izbie. Moim następcą mianowano Marka Lisa (marek.lis@delta.example).",
            "Marek Lis",
            "marek.lis@delta.example",
        ),
        (
            "I've left for good. For now write to me, borr@delta.example.\n\nBo Orr\nInterim Warden",
            "Bo Orr",
            "borr@delta.example",
        ),
        ("退職いたしました。後任の李（lee@delta.example）に渡しました。", "李", "lee@delta.example"),
        ("I've left. Voted in was Ann West (ann.west@delta.example).", "Ann West", "ann.west@delta.example"),
        ("I've left. New head of Rural Roads: Bo Orr, borr@delta.example.", "Bo Orr", "borr@delta.example"),
        ("I've left. New man on quotas: Bo, gs@delta.example.", "Bo", "gs@delta.example"),
        (
            "I've left the Tidewater Trust. New clerk: Bo Orr, borr@delta.example. Keys: trust.key@delta.example",
            "Bo Orr",
            "borr@delta.example",
        ),
    ],
)
def test_who_is_to_be_turned_to(body, name, email):
    reading = reading_of(body)
    first = contacts(reading.sources, reading.statements)[0]
    assert (first.name, first.email) == (name, email)


@pytest.mark.parametrize(
    "body",
    [
        "I've left the Delta. The Delta office is at thedelta@delta.example.",
        "I've left. New address: marta@quinn.example. My sister Ida says hello.",
        "I've left. I was appointed Special Adviser to the board.",
        "I've left. Until somebody is found, write to the Board Secretariat, board@delta.example.",
        "I've left. Everybody else is at firstname.lastname@delta.example.",
    ],
)
def test_nobody_is_to_be_turned_to(body):
    reading = reading_of(body)
    assert [one.name for one in contacts(reading.sources, reading.statements) if one.name] == []


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ("I retired in May and will not be back here. You'll want Tilly now.", "Tilly"),
        ("I retired in May and will not be back here. Ted's the one now.", None),
        ("I retired in May and will not be back here. My clients are looked after by Tilly.", "Tilly"),
        ("I retired in May and will not be back here. Please speak to Tilly in the yard from now on.", "Tilly"),
        ("I retired in May and will not be back here. Those days in Tilly are over.", None),
        ("J'ai quitté la société en mai. Le marketing est repris par Youssef, en attendant mieux.", "Youssef"),
        ("Ho lasciato l'agenzia a metà gennaio. Per gli eventi scrivete pure a Manuela in sede.", "Manuela"),
        ("Já não trabalho nesta empresa desde maio. Falem com a Cíntia na loja.", "Cíntia"),
        ("Ya no trabajo en esta empresa desde mayo. Pónganse en contacto con Jimena en la tienda.", "Jimena"),
        ("Ik werk hier sinds mei niet meer. Voor het programma mail je nu met Abdel op kantoor.", "Abdel"),
        ("Jag arbetar inte längre här sedan i maj. Kontakta i stället Elin på kontoret.", "Elin"),
    ],
)
def test_a_successor_known_by_the_given_name(body, name):
    reading = reading_of(body)
    found = likely_successors(reading.sources, reading.statements)
    assert (found[0].name if found else None) == name


def test_whoever_writes_from_anothers_mailbox():
    """The name that the header shows is the follower's where an address in the text fits it, and the mailbox not."""
    reading = reading_of("Marta is gone, use bo.orr@delta.example.", sender="Bo Orr <mquinn@delta.example>")
    found = likely_successors(reading.sources, reading.statements)
    assert [(one.name, one.email) for one in found] == [("Bo Orr", "bo.orr@delta.example")]


@pytest.mark.parametrize(
    "matter",
    [
        "If this is about an unpaid invoice, write to Bo Orr (borr@delta.example).",
        "For open survey files only, contact Bo Orr (borr@delta.example).",
        "If you lent me a book, Bo Orr (borr@delta.example) has the list.",
        "The farewell dinner is on Friday; RSVP to Bo Orr, borr@delta.example.",
        "For my final pay, ask Bo Orr in payroll (borr@delta.example).",
        "Questions about this notice go to Bo Orr, borr@delta.example.",
        "The post has not been filled. Bo Orr (borr@delta.example) takes calls of the press.",
        "Interviews for the post are in May. Bo Orr (borr@delta.example) sends regards.",
    ],
)
def test_who_sees_to_a_leftover_matter_follows_nobody(matter):
    reading = reading_of(f"I have left Delta. {matter}")
    assert contacts(reading.sources, reading.statements) == []


@pytest.mark.parametrize(
    "matter",
    [
        "With any questions, also about an unpaid invoice, write to Bo Orr (borr@delta.example).",
        "My successor Bo Orr (borr@delta.example) also sees to unpaid invoices.",
        "The post has not been filled. Bo Orr (borr@delta.example) is acting warden.",
        "The post has not been filled. Bo Orr is acting warden. Mail: borr@delta.example",
        "Unpaid invoices go to the cashier; write to Bo Orr (borr@delta.example).",
        "Unpaid invoices: accounts@delta.example, all others: Bo Orr, borr@delta.example.",
    ],
)
def test_who_sees_to_all_follows(matter):
    reading = reading_of(f"I have left Delta. {matter}")
    assert [one.email for one in contacts(reading.sources, reading.statements)] == ["borr@delta.example"]


@pytest.mark.parametrize(
    "text",
    [
        "Ich habe Delta verlassen. Wegen offener Rechnungen wenden Sie sich an Frau Bo Orr (borr@delta.example).",
        "J'ai quitté Delta. Pour les factures impayées, contactez Bo Orr (borr@delta.example).",
        "Ya no trabajo en Delta. Por facturas pendientes, escriba a Bo Orr (borr@delta.example).",
        "Non lavoro più in Delta. Per fatture insolute scrivete a Bo Orr (borr@delta.example).",
        "Já não trabalho na Delta. Para faturas em aberto, contacte Bo Orr (borr@delta.example).",
        "Ik werk niet meer bij Delta. Voor openstaande facturen mailt u Bo Orr (borr@delta.example).",
        "Jag har slutat på Delta. För obetalda fakturor kontakta Bo Orr (borr@delta.example).",
        "Nie pracuję już w Delta. W sprawie niezapłaconych faktur proszę pisać do: Bo Orr (borr@delta.example).",
        "Non lavoro più in Delta. Il comitato (Bo Orr, Ada Lupi) avvierà la selezione del nuovo direttore.",
    ],
)
def test_leftover_matters_in_other_languages(text):
    reading = reading_of(text)
    assert contacts(reading.sources, reading.statements) == []
