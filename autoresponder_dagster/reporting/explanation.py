"""How one message was read, stage by stage, for a person who wants to follow a verdict.

Belongs here: rendering. Does not belong here: reading or deciding (``determination``).
"""

import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from autoresponder_dagster.determination.learned import Opinion
    from autoresponder_dagster.determination.reading import Reading
    from autoresponder_dagster.determination.statements import Statement
    from autoresponder_dagster.determination.verdict import Verdict

LONGEST_CUT = 12
"""Lines shown of a text that was not read as the sender's own words."""

_FACTS = (
    "new_email",
    "new_title",
    "new_org",
    "replacement_name",
    "replacement_email",
    "replacement_title",
    "return_date",
    "effective_date",
    "failed_recipient",
    "status_code",
    "bounce_reason",
)
LIKELY_SHOWN = 3
_UNPRINTABLE = "\N{REPLACEMENT CHARACTER}"


def explanation(
    source: str, verdict: "Verdict", reading: "Reading | None", opinion: "Opinion | None"
) -> RenderableType:
    """Return the stages of one message as something that rich prints.

    Args:
        source: where the message lies.
        verdict: what it was taken to say.
        reading: how it was read; null where the reader broke, which ``Verdict.parse_problem`` then says.
        opinion: what the learned reader takes it to say; null where there is no reading.
    """
    stages = [_message(verdict, reading)]
    if reading is not None:
        stages += [_own_words(reading), *_cut(verdict), _statements(verdict, reading)]
    if opinion is not None:
        stages.append(_learned(opinion))
    stages += [_facts(verdict), _verdict(verdict)]
    return Group(Rule(Text(shown(source)), align="left"), *stages)


def shown(text: str) -> str:
    """Replace what could steer a terminal or hide text; every character keeps its place."""
    return "".join(_shown_character(character) for character in text)


def _shown_character(character: str) -> str:
    if character.isprintable() or character == "\n":
        return character
    return " " if unicodedata.category(character) in {"Zs", "Zl", "Zp"} or character == "\t" else _UNPRINTABLE


def _heading(title: str, note: str = "") -> Text:
    return Text.assemble("\n", (title, "bold"), (f"  {note}" if note else "", "dim"))


def _pairs(pairs: "dict[str, str | None]") -> Table:
    """Return names and values side by side; what is null is left out."""
    grid = Table.grid(padding=(0, 2))
    for name, value in pairs.items():
        if value:
            grid.add_row(Text(name, style="dim"), Text(shown(value)))
    return grid


def _message(verdict: "Verdict", reading: "Reading | None") -> RenderableType:
    today = reading.sources.today if reading is not None else None
    return _pairs(
        {
            "about": verdict.sender_email,
            "subject": verdict.subject,
            "transport class": verdict.transport_class,
            "languages": ", ".join(verdict.stages.languages),
            "day of its dates": today.isoformat() if today is not None else None,
            "parse problem": verdict.parse_problem,
        }
    )


def _own_words(reading: "Reading") -> RenderableType:
    """Show the sentences by number, with the words of statements underlined."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(justify="right", style="dim")
    for number, sentence in enumerate(reading.sources.own.sentences):
        text = Text(shown(sentence.text))
        for statement in reading.statements:
            if statement.sentence == number:
                text.stylize("underline", statement.start, statement.end)
        grid.add_row(f"{number}", Text.assemble(("subject: ", "dim"), text) if sentence.is_subject else text)
    return Group(_heading("Own words", "what the sender wrote now, by sentence"), grid)


def _cut(verdict: "Verdict") -> Iterator[RenderableType]:
    """Show what was kept apart: nothing in it is evidence."""
    stages = verdict.stages
    for title, text in (("Signature", stages.signature), ("Footer", stages.footer), ("Quoted", stages.quoted)):
        lines = [line for line in shown(text).splitlines() if line.strip()]
        if lines:
            more = len(lines) - LONGEST_CUT
            yield _heading(title, "kept apart, no evidence")
            yield Text("\n".join(lines[:LONGEST_CUT]), style="dim")
            if more > 0:
                yield Text(f"… {more} more lines", style="dim italic")


def _statements(verdict: "Verdict", reading: "Reading") -> RenderableType:
    heading = _heading("Statements", "✓ led to the verdict")
    if not reading.statements:
        return Group(heading, Text("none found", style="dim"))
    matched = set((verdict.matched or "").split(";"))
    table = Table("", "sentence", "words", "says", "of whom", "how", "lexicon entry")
    for statement in reading.statements:
        words = reading.sources.own.sentences[statement.sentence].text[statement.start : statement.end]
        table.add_row(
            "✓" if statement.entry in matched else "",
            str(statement.sentence),
            Text(shown(words)),
            statement.means,
            statement.who,
            ", ".join(_qualities(statement)),
            statement.entry,
        )
    return Group(heading, table)


def _learned(opinion: "Opinion") -> RenderableType:
    """Show what the learned reader takes the message to say, and the words that speak most for it."""
    likely = sorted(opinion.probabilities.items(), key=lambda pair: -pair[1])[:LIKELY_SHOWN]
    return Group(
        _heading("Learned reader", "a second view; the likeliest of both is the verdict"),
        _pairs(
            {
                "says": ", ".join(f"{determination} {probability:.0%}" for determination, probability in likely),
                "because of": " | ".join(opinion.reasons),
            }
        ),
    )


def _qualities(statement: "Statement") -> list[str]:
    """Return what else holds for a statement: ``negated``, ``hedged`` and the like."""
    return [
        name.removeprefix("is_") for name in statement._fields if name.startswith("is_") and getattr(statement, name)
    ]


def _facts(verdict: "Verdict") -> RenderableType:
    facts = {name: getattr(verdict, name) for name in _FACTS}
    others = [
        " ".join(filter(None, (contact.name, contact.email and f"<{contact.email}>", contact.title)))
        for contact in verdict.alternates
    ]
    facts |= {f"to turn to ({number})": other for number, other in enumerate(others, start=1)}
    heading = _heading("Facts")
    return Group(heading, _pairs(facts)) if any(facts.values()) else Group(heading, Text("none", style="dim"))


def _verdict(verdict: "Verdict") -> RenderableType:
    return Group(
        _heading("Verdict"),
        _pairs(
            {
                "determination": verdict.determination,
                "category": verdict.category,
                "confidence": f"{verdict.confidence:.2f}",
                "rests on": verdict.evidence,
                "lexicon entries": (verdict.matched or "").replace(";", ", "),
                "reason": verdict.stages.reason if verdict.stages.reason != verdict.category else None,
            }
        ),
    )
