"""Builds the tracked sample world, ``data/sample``: the authored corpus, our own story, and the systems for both.

Belongs here: how the parts come together. Does not belong here: the parts (``corpus``, ``story``), larger worlds
(``world``).

    python -m autoresponder_dagster.sampledata.build_sample CORPUS data/sample

``CORPUS`` is any folder with the numbered messages, ``data/sample`` itself included.
"""

import shutil
from pathlib import Path
from string import Template

import typer

from autoresponder_dagster.sampledata.chance import seeded
from autoresponder_dagster.sampledata.corpus import read_corpus, senders
from autoresponder_dagster.sampledata.people import Population
from autoresponder_dagster.sampledata.records import Recorder
from autoresponder_dagster.sampledata.story import StoryMessage, enter_cast, load_story, tell
from autoresponder_dagster.sampledata.systems import Systems
from autoresponder_dagster.sampledata.templates import load_text
from autoresponder_dagster.sampledata.world import FIRST_DAY, MAILBOX_FOLDER

ONLOOKERS = 40
"""People whom the systems know, but who do not write in this week."""


def build_sample(corpus: Path, out: Path) -> None:
    """Write the sample world: mailbox, mock systems, README. The mailbox that was there before is replaced.

    Args:
        corpus: a folder with the messages ``001.eml``, ``002.eml`` and so on, at any depth.
        out: the folder of the sample; it may be ``corpus``.

    Raises:
        FileNotFoundError: the corpus holds no numbered message.
    """
    numbered = read_corpus(corpus, FIRST_DAY)
    told = list(tell(load_story()))
    mailbox = out / MAILBOX_FOLDER
    shutil.rmtree(mailbox, ignore_errors=True)
    for file, raw in [*numbered.items(), *((message.file, message.raw) for message in told)]:
        path = mailbox / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)
    _systems_of(numbered).write(out)
    (out / "README.md").write_text(_readme(told, len(numbered)), encoding="utf-8", newline="\n")


def _systems_of(numbered: dict[str, bytes]) -> Systems:
    """Return what the systems know: of the cast as it is told, of everybody else by the usual weights."""
    systems = Systems()
    recorder = Recorder(systems, FIRST_DAY)
    enter_cast(load_story(), recorder)
    for person in senders(numbered):
        recorder.enter(person, seeded(person.email))
    rng = seeded("onlookers")
    population = Population(rng)
    for _ in range(ONLOOKERS):
        recorder.enter(population.person(population.organization("en")), rng)
    return systems


def _readme(told: list[StoryMessage], corpus_size: int) -> str:
    days = sorted({message.received_at.date() for message in told})
    sections = []
    for day in days:
        rows = [
            f"| {message.received_at:%H:%M} | [{message.file}]({MAILBOX_FOLDER}/{message.file}) | {message.shows} |"
            for message in told
            if message.received_at.date() == day
        ]
        sections.append(
            "\n".join([f"### {day:%A} {day}", "", "| UTC | message | what it shows |", "|---|---|---|", *rows])
        )
    return Template(load_text("sample_readme.md")).substitute(
        size=corpus_size + len(told),
        corpus_size=corpus_size,
        story_size=len(told),
        first_day=days[0],
        last_day=days[-1],
        days="\n\n".join(sections),
    )


if __name__ == "__main__":
    typer.run(build_sample)
