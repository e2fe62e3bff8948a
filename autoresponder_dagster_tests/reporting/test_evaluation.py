"""What a reader of an evaluation sees."""

import sys
from io import BytesIO, StringIO

import pytest
from PIL import Image
from rich.console import Console

from autoresponder_dagster.determination.evaluation import Evaluation, Scored, evaluate
from autoresponder_dagster.determination.transport import TransportClass
from autoresponder_dagster.determination.verdict import Verdict
from autoresponder_dagster.errors import ConfigurationError
from autoresponder_dagster.reporting.evaluation import calibration_plot, evaluation_tables
from autoresponder_dagster.schemas.enums import Category, Determination


def scored(file, label, verdict, confidence, **facts):
    stated = {"determination": label, "language": "en", "hard": "1", "new_email": facts.pop("label_email", "")}
    return Scored(
        file,
        stated,
        Verdict(
            sender_email=None,
            subject=None,
            determination=Determination(verdict),
            category=Category.UNCLEAR,
            confidence=confidence,
            transport_class=TransportClass.AUTOMATIC_REPLY,
            **facts,
        ),
    )


@pytest.fixture
def evaluation() -> Evaluation:
    return evaluate(
        [
            scored("right.eml", "INACTIVE", "INACTIVE", 0.95),
            scored("unsafe.eml", "OUT_OF_OFFICE", "INACTIVE", 0.9, evidence="I have left [for the day]."),
            scored("missed.eml", "EMAIL_UPDATE", "UNKNOWN", 0.5),
            scored(
                "fact.eml", "EMAIL_UPDATE", "EMAIL_UPDATE", 0.95, label_email="a@b.example", new_email="c@d.example"
            ),
        ]
    )


def printed(evaluation: Evaluation) -> dict[str, str]:
    """The tables by their titles."""
    pages = {}
    for table in evaluation_tables(evaluation):
        page = StringIO()
        Console(width=140, file=page).print(table)
        pages[str(table.title)] = page.getvalue()
    return pages


def line(page: str, *cells: str) -> str:
    [found] = [row for row in page.splitlines() if all(f" {cell} " in row for cell in cells)]
    return found


def test_every_table_shows_its_counts(evaluation):
    pages = printed(evaluation)

    assert line(pages["Confusion: label by verdict"], "EMAIL_UPDATE", "2", "50.0%")
    assert line(pages["Unsafe: wrong, state-changing and confident (1)"], "unsafe.eml", "I have left [for the day].")
    assert line(pages["Otherwise wrong (1)"], "missed.eml", "EMAIL_UPDATE", "UNKNOWN", "0.50")
    assert line(pages["Calibration"], "0.95", "2", "100.0%")
    assert line(pages["Accuracy by language"], "en", "4", "50.0%")
    assert line(pages["Accuracy by difficulty"], "hard", "4", "50.0%")
    assert line(pages["Facts, where the determination is right"], "new_email", "1", "0.0%")
    assert line(pages["Figures, as --min and --max name them"], "automation_rate", "66.7%")
    assert line(pages["Figures, as --min and --max name them"], "unsafe", "1")


def test_the_plot_is_a_picture_and_the_same_each_time(evaluation):
    picture = calibration_plot(evaluation)

    assert Image.open(BytesIO(picture)).size == (840, 720)
    assert picture == calibration_plot(evaluation)
    assert picture != calibration_plot(evaluate([scored("right.eml", "INACTIVE", "INACTIVE", 0.95)]))


def test_without_matplotlib_the_cure_is_named(evaluation, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)

    with pytest.raises(ConfigurationError, match=r"autoresponder-dagster\[evaluate\]"):
        calibration_plot(evaluation)
