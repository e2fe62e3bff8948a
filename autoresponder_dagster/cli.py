"""The ``autoresponder`` command: the same job and the same functions as in Dagster, from a shell.

Belongs here: options, progress and tables. Does not belong here: logic.
"""

import json
import os
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

import pandas as pd
import typer
import yaml
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from autoresponder_dagster.clients.email_repository import FixtureRepository, iter_messages
from autoresponder_dagster.clients.email_repository.received import ReceivedMessage, to_frame
from autoresponder_dagster.clients.salesforce.connect import SalesforceSettings, open_salesforce
from autoresponder_dagster.clients.salesforce.mock import MockSalesforce
from autoresponder_dagster.clients.salesforce.preflight import Preflight, Severity
from autoresponder_dagster.determination import determine as determine_message
from autoresponder_dagster.determination import determine_frame
from autoresponder_dagster.determination.evaluation import evaluate as evaluate_scored
from autoresponder_dagster.determination.evaluation import read_labels, score
from autoresponder_dagster.determination.learned import opinion_on
from autoresponder_dagster.determination.reading import read
from autoresponder_dagster.determination.verdict import Stages
from autoresponder_dagster.errors import AutoResponderError, ConfigurationError
from autoresponder_dagster.files import write_atomically
from autoresponder_dagster.io.csv_files import to_csv_bytes
from autoresponder_dagster.io.warehouse import stored_frames, to_parquet_bytes
from autoresponder_dagster.ledger import DEFAULT_PATH, LedgerDatabase, WriteLedger, deployment_url
from autoresponder_dagster.modes import default_mode
from autoresponder_dagster.reporting.evaluation import calibration_plot, evaluation_tables
from autoresponder_dagster.reporting.explanation import explanation
from autoresponder_dagster.reporting.writes import history_table, undo_table
from autoresponder_dagster.sampledata.world import WorldSpec, write_world
from autoresponder_dagster.schemas import DeterminationRow, EmailMessage, PlannedWrite
from autoresponder_dagster.schemas.enums import Mode
from autoresponder_dagster.writing.history import history_of
from autoresponder_dagster.writing.undo import Verdict
from autoresponder_dagster.writing.undo import undo as take_back

if TYPE_CHECKING:
    from autoresponder_dagster.automation.launch import DayOutcome
    from autoresponder_dagster.resources.systems import Salesforce

LEADING_COLUMNS = (
    "source",
    "determination",
    "category",
    "confidence",
    "evidence",
    "new_email",
    "new_title",
    "new_org",
    "replacement_name",
    "replacement_email",
    "return_date",
    "effective_date",
    "language",
)
"""What ``determine`` writes first; the other columns of ``DeterminationRow`` follow."""
SUMMARY_SECTIONS = {
    "Messages": "messages",
    "Determination": "determination",
    "Action": "action",
    "Result": "result",
    "Review reason": "review",
    "Suppression": "suppression",
}
"""What ``run`` prints: sections of ``run_summary.json`` by title."""
PAGE_WIDTH = 140
"""Columns of what is printed to something that is not a terminal."""
BATCH_SIZE = 500
"""Messages that ``determine`` holds in memory at once."""

CONFIG_OPTION = typer.Option(
    help="Run config in YAML, as in the Launchpad, for what has no option of its own.", dir_okay=False
)

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Turns each day's e-mail auto-replies into safe CRM hygiene.",
)
out = Console()
err = Console(stderr=True)


@contextmanager
def _clear_errors() -> Iterator[None]:
    """Print an error that is meant for an operator as one line, without a stack trace."""
    try:
        yield
    except AutoResponderError as error:
        err.print(f"[bold red]Error:[/] {escape(str(error))}", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from None


def _print_counts(title: str, counts: Mapping[str, int]) -> None:
    table = Table(title, "Count", min_width=48)
    table.columns[1].justify = "right"
    for key, count in sorted(counts.items()):
        table.add_row(key, str(count))
    out.print(table)


def _page() -> Console:
    """Return where wide tables go: the terminal, or a file or log, which has no width of its own."""
    return out if out.is_terminal else Console(width=PAGE_WIDTH)


def _progress() -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=err,
        transient=True,
    )


@app.command()
def run(
    partition: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day to run. Default: the latest day with mail.")
    ] = None,
    first: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day of a range.")
    ] = None,
    last: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day of a range.")] = None,
    mode: Annotated[
        Mode | None, typer.Option(help="Mode of every system. Default: AUTORESPONDER_MODE, else mock.")
    ] = None,
    fixtures: Annotated[Path, typer.Option(help="Folder of the fixture files of mock systems.")] = Path("data/sample"),
    output: Annotated[Path, typer.Option(help="Base folder of the deliverables.")] = Path("data/output"),
    config: Annotated[Path | None, CONFIG_OPTION] = None,
    export_org: Annotated[
        Path | None, typer.Option(help="Write the mock org's Contacts and Leads after the run to this folder, as CSV.")
    ] = None,
) -> None:
    """Run the daily job for one day or a range, in this process."""
    with _clear_errors():
        effective = mode or default_mode()
        if export_org is not None and effective is not Mode.MOCK:
            raise ConfigurationError("--export-org writes the mock org; it needs --mode mock.")
        days = _days(partition, first, last, effective, fixtures)
        _run_days(days, effective, fixtures.resolve(), output.resolve(), export_org, _resources_of(config))


def _days(
    partition: datetime | None, first: datetime | None, last: datetime | None, mode: Mode, fixtures: Path
) -> list[date]:
    if partition is not None and (first is not None or last is not None):
        raise ConfigurationError("Give either --partition, or --from and --to.")
    if (first is None) != (last is None):
        raise ConfigurationError("A range needs both --from and --to.")
    if first is not None and last is not None:
        if last < first:
            raise ConfigurationError(f"--to {last:%Y-%m-%d} lies before --from {first:%Y-%m-%d}.")
        return [first.date() + timedelta(days=offset) for offset in range((last - first).days + 1)]
    if partition is not None:
        return [partition.date()]
    return [_latest_day(mode, fixtures)]


def _latest_day(mode: Mode, fixtures: Path) -> date:
    if mode is not Mode.MOCK:
        raise ConfigurationError(f"In {mode} mode name the day: --partition YYYY-MM-DD.")
    latest = FixtureRepository(fixtures).latest_day()
    if latest is None:
        raise ConfigurationError(f"There is no message in {fixtures}; name the day: --partition YYYY-MM-DD.")
    return latest


def _run_days(
    days: list[date],
    mode: Mode,
    fixtures: Path,
    output: Path,
    export_org: Path | None,
    resources: Mapping[str, Any],
) -> None:
    # Dagster is imported here, so that commands without the graph start at once. The first partition is
    # fixed when the graph is imported, and an older day than the default may be asked for.
    os.environ.setdefault("AUTORESPONDER_START_DATE", min(days[0], date(2026, 1, 1)).isoformat())
    import dagster as dg

    from autoresponder_dagster.automation.launch import Launch, launch_day
    from autoresponder_dagster.build import build_defs

    definitions = build_defs()
    with tempfile.TemporaryDirectory(prefix="autoresponder-") as scratch, ExitStack() as stack:
        # A mock world lives for one command: frames and an org of an earlier one must not leak into it.
        is_mock = mode is Mode.MOCK
        instance = (
            dg.DagsterInstance.get()
            if os.environ.get("DAGSTER_HOME") and not is_mock
            else dg.DagsterInstance.ephemeral()
        )
        stack.enter_context(instance)
        launch = Launch(
            mode=mode,
            fixtures=fixtures,
            output_dir=output,
            warehouse_dir=Path(scratch) / "warehouse" if is_mock else Path("data/warehouse").resolve(),
            mock_org_dir=Path(scratch) / "org" if is_mock else None,
            resources=resources,
        )
        outcomes: list[DayOutcome] = []
        with _progress() as progress:
            task = progress.add_task("", total=len(days))
            for day in days:
                progress.update(task, description=f"Running {day}")
                outcomes.append(launch_day(definitions, instance, day.isoformat(), launch))
                progress.advance(task)
                # Later days build on earlier ones: newer evidence must not be written before older.
                if outcomes[-1].failures:
                    break
        if export_org is not None:
            _export_org(Path(scratch) / "org", fixtures, export_org)
    _report(outcomes, len(days))


def _export_org(org: Path, fixtures: Path, export_org: Path) -> None:
    # A range without a write leaves the org as the fixtures have it. Nothing is written here: no clock is asked.
    MockSalesforce.from_folder(org if org.exists() else fixtures, clock=lambda: datetime.now(UTC)).export(export_org)
    out.print(f"Mock org: {export_org}", highlight=False)


def _report(outcomes: "list[DayOutcome]", asked: int) -> None:
    _print_summaries([outcome.folder for outcome in outcomes if not outcome.failures])
    for outcome in outcomes:
        for path in sorted(outcome.folder.rglob("*")):
            if path.is_file():
                out.print(str(path), highlight=False, soft_wrap=True)
    for outcome in outcomes:
        for check in outcome.failed_checks:
            err.print(f"[yellow]{outcome.partition}: check failed: {check}[/]", highlight=False, soft_wrap=True)
        for failure in outcome.failures:
            err.print(f"[bold red]{outcome.partition}: {escape(failure)}[/]", highlight=False, soft_wrap=True)
    if outcomes[-1].failures:
        if left := asked - len(outcomes):
            err.print(f"{left} later day(s) were not run.", highlight=False)
        raise typer.Exit(1)


def _print_summaries(folders: list[Path]) -> None:
    documents = [json.loads((folder / "run_summary.json").read_text("utf-8")) for folder in folders]
    for title, section in SUMMARY_SECTIONS.items():
        counts: Counter[str] = Counter()
        for document in documents:
            counts.update(document.get(section, {}))
        _print_counts(title, counts)


@app.command()
def determine(
    paths: Annotated[list[Path], typer.Argument(help=".eml and .mbox files, Maildirs, or folders of them.")],
    output: Annotated[Path | None, typer.Option(help="File of the verdicts: .csv or .parquet.")] = None,
    *,
    explain: Annotated[bool, typer.Option("--explain", help="Print how each message was read.")] = False,
) -> None:
    """Read messages and write one verdict per message, or explain it, without asking any other system."""
    with _clear_errors():
        if output is None and not explain:
            raise ConfigurationError("Name the file of the verdicts with --output, or ask for --explain.")
        if output is not None and output.suffix not in {".csv", ".parquet"}:
            raise ConfigurationError(f"--output {output} must end with .csv or .parquet.")
        if explain:
            for message in iter_messages(paths):
                _explain(message)
        if output is not None:
            _write_verdicts(paths, output)


def _write_verdicts(paths: list[Path], output: Path) -> None:
    verdicts = _determine_all(paths)
    content = to_csv_bytes(verdicts) if output.suffix == ".csv" else to_parquet_bytes(verdicts)
    write_atomically(output, content)
    counts = verdicts["determination"].value_counts().sort_index()
    _print_counts("Determination", {str(name): int(count) for name, count in counts.items()})
    out.print(str(output), highlight=False, soft_wrap=True)


def _explain(message: ReceivedMessage) -> None:
    verdict = determine_message(message.raw, received_at=message.received_at)
    # A message that broke a stage has a verdict, but nothing to show of the stages.
    reading = read(message.raw, None, message.received_at) if verdict.stages != Stages() else None
    opinion = opinion_on(reading) if reading is not None else None
    _page().print(explanation(message.source, verdict, reading, opinion))


def _determine_all(paths: list[Path]) -> pd.DataFrame:
    messages = iter_messages(paths)
    frames = []
    with _progress() as progress:
        task = progress.add_task("Reading messages", total=None)
        while batch := list(islice(messages, BATCH_SIZE)):
            received = to_frame(batch)
            verdicts = determine_frame(EmailMessage.typed(received.assign(partition="")))
            frames.append(verdicts.drop(columns=["partition", "inbox_source"]).assign(source=received["source"]))
            progress.advance(task, len(batch))
    verdicts = pd.concat(frames or [DeterminationRow.from_rows([]).assign(source="")], ignore_index=True)
    return verdicts[[*LEADING_COLUMNS, *(name for name in verdicts.columns if name not in LEADING_COLUMNS)]]


@app.command()
def evaluate(
    folder: Annotated[Path, typer.Argument(help="Folder of .eml files with their labels.csv.")],
    plot: Annotated[Path | None, typer.Option(help="Write a picture of the calibration to this .png file.")] = None,
    at_least: Annotated[
        list[str] | None, typer.Option("--min", help="FIGURE=VALUE: fail where a figure is lower. May be repeated.")
    ] = None,
    at_most: Annotated[
        list[str] | None, typer.Option("--max", help="FIGURE=VALUE: fail where a figure is higher. May be repeated.")
    ] = None,
) -> None:
    """Compare the verdicts on labelled messages with their labels; exit with 1 where a threshold is missed."""
    with _clear_errors():
        labels = read_labels(folder)
        with _progress() as progress:
            scored = [score(folder, label) for label in progress.track(labels, description="Reading messages")]
        evaluation = evaluate_scored(scored)
        figures = {**evaluation.shares, **evaluation.counts}
        limits = [(limit, 1) for limit in at_least or []] + [(limit, -1) for limit in at_most or []]
        misses = [miss for limit, sign in limits if (miss := _missed(limit, sign, figures))]
        page = _page()
        for table in evaluation_tables(evaluation):
            page.print(table)
        if plot is not None:
            write_atomically(plot, calibration_plot(evaluation))
            out.print(str(plot), highlight=False, soft_wrap=True)
    for miss in misses:
        err.print(f"[bold red]{miss}[/]", highlight=False, soft_wrap=True)
    if misses:
        raise typer.Exit(1)


def _missed(limit: str, sign: int, figures: Mapping[str, float]) -> str | None:
    """Return in words how a figure misses a limit (``FIGURE=VALUE``), from below (1) or from above (-1)."""
    name, _, value = limit.partition("=")
    if name not in figures:
        raise ConfigurationError(f"There is no figure {name!r}. The figures are: {', '.join(figures)}.")
    try:
        bound = float(value)
    except ValueError:
        raise ConfigurationError(f"{limit!r} is not FIGURE=VALUE, such as accuracy=0.95.") from None
    if (figures[name] - bound) * sign >= 0:
        return None
    return f"{name} is {figures[name]:.4g}, {'below' if sign > 0 else 'above'} {bound:.4g}."


@app.command()
def preflight(
    *,
    mode: Annotated[
        Mode, typer.Option(help="live also looks whether live writes are armed for this org.")
    ] = Mode.READ_ONLY,
    config: Annotated[Path | None, CONFIG_OPTION] = None,
    fields: Annotated[bool, typer.Option(help="List the custom fields and picklists of Contact and Lead.")] = True,
) -> None:
    """Look whether Salesforce is ready for what a run will write. Changes nothing.

    Exit code 1 where something prevents live writes.
    """
    with _clear_errors():
        if mode is Mode.MOCK:
            raise ConfigurationError("A mock org needs no preflight. Use --mode read_only or --mode live.")
        report = _salesforce(mode, _resources_of(config)).check()
        _print_preflight(report, with_fields=fields)
    if report.errors:
        err.print(f"[bold red]Not ready:[/] {len(report.errors)} finding(s) prevent live writes.", highlight=False)
        raise typer.Exit(1)
    out.print("[bold green]Ready.[/]")


def _salesforce(mode: Mode, resources: Mapping[str, Any]) -> "Salesforce":
    """Build the resource that a run with this config would use."""
    from pydantic import ValidationError

    from autoresponder_dagster.resources.modes import RunMode
    from autoresponder_dagster.resources.systems import Salesforce

    settings = resources.get("salesforce", {}).get("config", {})
    unknown = settings.keys() - Salesforce.model_fields.keys()
    if unknown:
        raise ConfigurationError(f"The resource salesforce has no setting {', '.join(sorted(unknown))}.")
    try:
        return Salesforce(run_mode=RunMode(mode=mode.value), **settings)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise ConfigurationError(f"The run config of salesforce is not valid. {problems}.") from None


def _resources_of(config: Path | None) -> Mapping[str, Any]:
    """Read the resources of a run config in YAML, as it stands in the Launchpad.

    Raises:
        ConfigurationError: the file is missing, is no YAML or has another form.
    """
    if config is None:
        return {}
    try:
        content = yaml.safe_load(config.read_text(encoding="utf-8")) or {}
    except (OSError, yaml.YAMLError) as error:
        raise ConfigurationError(f"{config} could not be read as YAML. {error}") from None
    resources = content.get("resources") if isinstance(content, dict) and content.keys() == {"resources"} else None
    if not isinstance(resources, dict) or not all(
        isinstance(each, dict) and isinstance(each.get("config"), dict) for each in resources.values()
    ):
        raise ConfigurationError(
            f"{config} is no run config. It must say `resources:`, below it the name of each resource, below that "
            "`config:` and its settings, as in the Launchpad."
        )
    return resources


def _print_preflight(report: Preflight, *, with_fields: bool) -> None:
    colors = {Severity.OK: "green", Severity.WARNING: "yellow", Severity.ERROR: "bold red"}
    table = Table("Check", "", "Found", "How to fix it", title="Salesforce")
    for finding in report.findings:
        color = colors[finding.severity]
        table.add_row(finding.check, f"[{color}]{finding.severity}[/]", escape(finding.found), escape(finding.cure))
    _page().print(table)
    if with_fields and report.fields:
        table = Table("Object", "Field", "Label", "Type", "May be set", "Values", title="Custom fields and picklists")
        for each in report.fields:
            values = ", ".join(each.values)
            is_set = "yes" if each.is_updateable else "no"
            table.add_row(each.sobject, each.name, escape(each.label), each.type, is_set, escape(values))
        _page().print(table)


LedgerPath = Annotated[Path, typer.Option(help="SQLite file, where AUTORESPONDER_LEDGER_URL is not set.")]


@app.command()
def history(
    whom: Annotated[str, typer.Argument(metavar="EMAIL|RECORD_ID", help="Address of a sender, or id of a record.")],
    ledger: LedgerPath = DEFAULT_PATH,
    warehouse: Annotated[Path, typer.Option(help="Base folder of the frames, for the evidence.")] = Path(
        "data/warehouse"
    ),
) -> None:
    """Show everything the pipeline did, or declined to do, for a person: why was this record changed?"""
    with _clear_errors(), closing(LedgerDatabase.open(deployment_url(ledger))) as database:
        entries = history_of(database, whom)
        days = {entry.write.partition for entry in entries}
        _page().print(history_table([(entry.mode, entry.write) for entry in entries], _evidence(warehouse, days)))
    if not entries:
        out.print("The ledger knows nothing of it.")


def _evidence(warehouse: Path, days: Iterable[str]) -> dict[tuple[str, str], str]:
    """Return the sentence that each message's verdict rests on, by day and message id."""
    columns = [PlannedWrite.message_id, PlannedWrite.evidence]
    return {
        (day, message_id): evidence
        for day in days
        for frame in stored_frames(warehouse, "salesforce_write_plan", day)
        for message_id, evidence in frame[columns].dropna().itertuples(index=False)
    }


@app.command()
def undo(
    partition: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Take back the writes of this day.")
    ] = None,
    run_id: Annotated[str | None, typer.Option("--run", help="Take back the writes of this run.")] = None,
    write: Annotated[str | None, typer.Option(help="Take back this write: its key, as history shows it.")] = None,
    ledger: LedgerPath = DEFAULT_PATH,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done. Changes nothing.")] = False,
) -> None:
    """Put previous values back into Salesforce, where a record still holds what the pipeline wrote.

    Live only. Exit code 1 where a write that should have been taken back was not.
    """
    with _clear_errors(), closing(LedgerDatabase.open(deployment_url(ledger))) as database:
        if sum(choice is not None for choice in (partition, run_id, write)) != 1:
            raise ConfigurationError("Give one of --partition, --run and --write.")
        org = open_salesforce(
            Mode.READ_ONLY if dry_run else Mode.LIVE,
            clock=lambda: datetime.now(UTC),
            settings=SalesforceSettings(on_unavailable="fail"),
        )
        writes = WriteLedger(database, Mode.LIVE, org.org_id)
        if partition is not None:
            chosen = writes.of_partition(f"{partition:%Y-%m-%d}")
        else:
            chosen = writes.of_run(run_id) if run_id is not None else list(writes.find([write or ""]).values())
        originals = [each for each in chosen if each.reverts is None]
        results = take_back(originals, f"undo-{uuid4()}", writes, org, dry_run=dry_run)
        rows = [(done.write, f"{done.verdict}. {done.reason}".removesuffix(". ")) for done in results]
        _page().print(undo_table(rows))
        _print_counts("Undo", Counter(done.verdict.value for done in results))
    if any(done.verdict is Verdict.NOT_SENT for done in results):
        raise typer.Exit(1)


@app.command("sample-data")
def sample_data(
    seed: Annotated[int, typer.Option(help="The same seed gives the same world.")] = 1,
    messages: Annotated[int, typer.Option(min=0, help="Number of messages.")] = 1_000,
    days: Annotated[int, typer.Option(min=1, help="Number of days over which they arrive.")] = 5,
    out_dir: Annotated[Path, typer.Option("--out", help="Folder to write the world to.")] = Path("data/world"),
) -> None:
    """Make up a world of messages and mock systems, for demos and benchmarks."""
    with _clear_errors(), _progress() as progress:
        task = progress.add_task("Writing messages", total=messages)
        write_world(WorldSpec(seed, messages, days), out_dir, lambda done: progress.update(task, completed=done))
    out.print(str(out_dir), highlight=False, soft_wrap=True)
