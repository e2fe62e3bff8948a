"""How an evaluation is shown: tables for a terminal, and the calibration as a picture.

Belongs here: rendering. Does not belong here: counting (``determination/evaluation.py``).
"""

from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from autoresponder_dagster.errors import ConfigurationError
from autoresponder_dagster.schemas.enums import Determination

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from autoresponder_dagster.determination.evaluation import Band, Evaluation, Scored

LONGEST_QUOTE = 100
"""Characters of evidence shown beside a wrong verdict."""


def evaluation_tables(evaluation: "Evaluation") -> Iterator[Table]:
    """Yield the tables of an evaluation, in reading order."""
    yield _confusion(evaluation.confusion)
    yield _verdicts("Unsafe: wrong, state-changing and confident", [one for one in evaluation.wrong if one.is_unsafe])
    yield _verdicts("Otherwise wrong", [one for one in evaluation.wrong if not one.is_unsafe])
    yield _calibration(evaluation.bands)
    yield _shares("Language", evaluation.by_language)
    yield _shares(
        "Difficulty",
        {{"1": "hard", "0": "easy"}.get(value, value): counts for value, counts in evaluation.by_difficulty.items()},
    )
    yield _facts(evaluation.facts)
    yield _figures(evaluation)


def _table(title: str, *columns: str, text_columns: int = 1) -> Table:
    """Return an empty table whose later columns are numbers."""
    table = Table(title=title, title_justify="left", title_style="bold")
    for number, column in enumerate(columns):
        table.add_column(column, justify="left" if number < text_columns else "right")
    return table


def _percent(part: float, whole: float = 1) -> str:
    return f"{part / whole:.1%}" if whole else ""


def _confusion(counts: Mapping[tuple[str, str], int]) -> Table:
    verdicts = [str(name) for name in Determination if any(verdict == name for _, verdict in counts)]
    # A heading of several words may break, so that all seven fit side by side.
    headings = [verdict.replace("_", " ") for verdict in verdicts]
    table = _table("Confusion: label by verdict", "label", *headings, "all", "right")
    table.columns[0].no_wrap = True
    for label in Determination:
        row = {verdict: counts.get((label, verdict), 0) for verdict in verdicts}
        if total := sum(row.values()):
            cells = [str(count or "") for count in row.values()]
            table.add_row(label, *cells, str(total), _percent(row.get(label, 0), total))
    return table


def _verdicts(title: str, wrong: "list[Scored]") -> Table:
    columns = ("file", "label", "verdict", "category", "confidence", "evidence")
    table = _table(f"{title} ({len(wrong)})", *columns, text_columns=len(columns))
    for column in table.columns[:-1]:
        column.no_wrap = True
    for one in wrong:
        verdict = one.verdict
        table.add_row(
            escape(one.file),
            "|".join(sorted(one.accepted)),
            verdict.determination,
            verdict.category,
            f"{verdict.confidence:.2f}",
            escape((verdict.evidence or "")[:LONGEST_QUOTE]),
        )
    return table


def _calibration(bands: "tuple[Band, ...]") -> Table:
    table = _table("Calibration", "confidence from", "mean", "verdicts", "right", "share", "95 % interval")
    for band in bands:
        low, high = band.interval
        table.add_row(
            f"{band.low:.2f}",
            f"{band.confidence:.2f}",
            str(band.total),
            str(band.right),
            _percent(band.share),
            f"{low:.0%} to {high:.0%}",
        )
    return table


def _shares(title: str, shares: Mapping[str, tuple[int, int]]) -> Table:
    table = _table(f"Accuracy by {title.lower()}", title.lower(), "right", "all", "share")
    for value, (right, total) in shares.items():
        table.add_row(escape(value), str(right), str(total), _percent(right, total))
    return table


def _facts(facts: Mapping[str, Mapping[str, int]]) -> Table:
    table = _table(
        "Facts, where the determination is right", "fact", "stated", "right", "missed", "wrong", "spurious", "share"
    )
    for fact, counts in facts.items():
        table.add_row(fact, *(str(count) for count in counts.values()), _percent(counts["right"], counts["stated"]))
    return table


def _figures(evaluation: "Evaluation") -> Table:
    table = _table("Figures, as --min and --max name them", "figure", "value")
    for name, share in evaluation.shares.items():
        table.add_row(name, _percent(share))
    for name, count in evaluation.counts.items():
        table.add_row(name, str(count))
    return table


def calibration_plot(evaluation: "Evaluation") -> bytes:
    """Draw confidence against the share that is right, one point per band, as a PNG.

    Raises:
        ConfigurationError: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 - an optional dependency, wanted by this picture only
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            "The plot needs matplotlib. Install it with: pip install 'autoresponder-dagster[evaluate]'"
        ) from error
    figure = Figure(figsize=(7, 6), dpi=120, layout="constrained")
    _draw(figure, evaluation)
    picture = BytesIO()
    # Without the program's name and version, the same evaluation gives the same bytes.
    figure.savefig(picture, format="png", metadata={"Software": None})
    return picture.getvalue()


def _draw(figure: "Figure", evaluation: "Evaluation") -> None:
    bands = evaluation.bands
    stated = [band.confidence for band in bands]
    shares = [band.share for band in bands]
    below = [max(0.0, band.share - band.interval[0]) for band in bands]
    above = [max(0.0, band.interval[1] - band.share) for band in bands]
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="0.6", linestyle="--", label="confidence means what it says")
    axes.axvline(evaluation.write_confidence, color="tab:red", linewidth=1, label="may be written from here on")
    axes.errorbar(stated, shares, yerr=[below, above], fmt="o", capsize=3, label="verdicts, with 95 % interval")
    for band in bands:
        axes.annotate(
            f"{band.right}/{band.total}",
            (band.confidence, band.share),
            xytext=(6, -12),
            textcoords="offset points",
            fontsize=8,
        )
    axes.set(
        title=f"Calibration over {evaluation.counts['messages']} messages",
        xlabel="mean confidence of the band",
        ylabel="share that is right",
        xlim=(0, 1.03),
        ylim=(0, 1.03),
    )
    axes.legend(loc="upper left", fontsize=8)
