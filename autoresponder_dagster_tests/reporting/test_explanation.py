"""What a reader of an explanation sees."""

from io import StringIO

from rich.console import Console

from autoresponder_dagster.determination import determine
from autoresponder_dagster.determination.learned import opinion_on
from autoresponder_dagster.determination.reading import read
from autoresponder_dagster.reporting.explanation import LONGEST_CUT, explanation
from autoresponder_dagster_tests.determination.messages import build

BODY = """I have left Harbor. Please contact Ann Lee, alee@harbor.example.

--
John Marrow
Harbor

On Tue, 13 Oct 2026, Directory wrote:
> I am retired.
"""


def printed(raw: bytes, reading) -> str:
    page = StringIO()
    opinion = opinion_on(reading) if reading is not None else None
    Console(width=140, file=page).print(explanation("mail/a.eml", determine(raw), reading, opinion))
    return page.getvalue()


def explained(raw: bytes) -> str:
    return printed(raw, read(raw, None, None))


def test_all_stages_are_shown():
    page = explained(build(BODY))
    statements = page[page.index("Statements") : page.index("Facts")]

    assert page.startswith("mail/a.eml ─")
    assert "automatic_reply" in page
    assert "I have left Harbor." in page[page.index("Own words") : page.index("Signature")]
    assert "John Marrow" in page[page.index("Signature") : page.index("Quoted")]
    assert "> I am retired." in page[page.index("Quoted") : page.index("Statements")]
    [departure] = [row for row in statements.splitlines() if "have left" in row]
    assert departure.startswith("│ ✓")
    assert " sender " in departure
    assert " en." in departure
    assert "retired" not in statements
    assert "alee@harbor.example" in page[page.index("Facts") : page.index("Verdict")]
    assert "REPLACEMENT" in page[page.index("Verdict") :]


def test_a_long_quote_is_cut_and_says_so():
    page = explained(build("I have left Harbor.\n\nOn Tue, Ann wrote:\n" + "> more\n" * 40))

    assert page.count("> more") < LONGEST_CUT + 1
    assert "more lines" in page


def test_nothing_in_a_message_reaches_the_terminal_as_an_order():
    page = explained(build("I have left\x1b[2J Harbor.\u202e [bold]x[/]", subject="Re: \u202ex"))

    assert "\x1b" not in page
    assert "\u202e" not in page
    assert "[bold]x[/]" in page


def test_a_message_that_broke_a_stage_has_its_problem_and_its_verdict(monkeypatch):
    def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("autoresponder_dagster.determination.read", broken)
    page = printed(b"From: a@b.example\n\nhello", None)

    assert "RuntimeError" in page
    assert "parse_problem" in page
