"""The decorator that every asset of the house wears.

It gives an asset the daily partition, the column schema, the schema check, its deliverable files and the
common metadata, so that the asset itself is only: read inputs, call a rule or a client, return the frame.
Concepts: https://docs.dagster.io/guides/build/assets, https://docs.dagster.io/guides/test/asset-checks.
"""

import functools
import inspect
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_origin

import dagster as dg
import pandas as pd
from pandera.typing import DataFrame

from autoresponder_dagster.automation.partitions import daily
from autoresponder_dagster.errors import AutoResponderError
from autoresponder_dagster.io.csv_files import to_csv_bytes
from autoresponder_dagster.reporting.preview import preview
from autoresponder_dagster.resources.storage import Storage
from autoresponder_dagster.schemas.base import FrameModel
from autoresponder_dagster.schemas.bridge import SCHEMA_CHECK, enforce, table_schema

DATA_ENGINEERING = "team:data-engineering"
CRM_OPERATIONS = "team:crm-operations"
MARKETING_OPERATIONS = "team:marketing-operations"


@dataclass(frozen=True)
class Materialized:
    """What an asset function returns: its frame, what to tell about it, and further check results."""

    frame: pd.DataFrame
    metadata: Mapping[str, Any] = field(default_factory=dict)
    checks: Sequence[dg.AssetCheckResult] = ()


@dataclass(frozen=True)
class DeliverableFiles:
    """The files that an asset owns in a day's folder.

    Attributes:
        pattern: glob of every file that the asset may own, so that stale ones are removed.
        render: content by relative path, from the validated frame and the asset's context.
    """

    pattern: str
    render: Callable[[pd.DataFrame, dg.AssetExecutionContext], Mapping[str, bytes]]


def csv_file(name: str) -> DeliverableFiles:
    """Return the plain case: the whole frame as one CSV file."""
    return DeliverableFiles(pattern=name, render=lambda frame, _: {name: to_csv_bytes(frame)})


def frame_asset(  # noqa: PLR0913  (the parts of an asset)
    *,
    model: type[FrameModel],
    group: str,
    kinds: set[str],
    owners: Sequence[str] = (DATA_ENGINEERING,),
    files: DeliverableFiles | None = None,
    check_specs: Sequence[tuple[str, str]] = (),
    deps: Sequence[str] = (),
    code_version: str | None = None,
    pool: str | None = None,
) -> Callable[[Callable[..., Materialized]], dg.AssetsDefinition]:
    """Turn a function that returns ``Materialized`` into a daily asset with a validated frame.

    Args:
        model: schema of the frame.
        group: asset group.
        kinds: what the asset rests on, shown as tags in the graph.
        owners: who answers for it.
        files: deliverables written from the validated frame.
        check_specs: name and description of further checks that the function reports.
        deps: assets that only have to run before.
        code_version: changes when the logic that decides the frame changes.
        pool: Dagster pool that limits concurrent runs of the asset.
    """

    def decorate(function: Callable[..., Materialized]) -> dg.AssetsDefinition:
        @functools.wraps(function)
        def compute(context: dg.AssetExecutionContext, storage: Storage, **inputs: Any) -> Iterator[Any]:
            partition = _single_day(context)
            try:
                result = function(context, **inputs)
            except AutoResponderError as error:
                # The message is written for operators; a stack trace would only hide it.
                raise dg.Failure(description=str(error), allow_retries=False) from error
            yield from enforce(model, result.frame)
            yield from result.checks
            metadata: dict[str, Any] = {
                "dagster/row_count": len(result.frame),
                "preview": preview(model, result.frame),
                **result.metadata,
            }
            metadata["modes"] = storage.effective_modes.label
            if files is not None:
                written = storage.deliverables.replace(partition, files.pattern, files.render(result.frame, context))
                metadata["files"] = [str(path) for path in written]
            yield dg.Output(result.frame, metadata=metadata)

        # Dagster reads inputs and resources from the signature: the function's own, and the storage.
        own = map(_as_dagster_sees_it, inspect.signature(function).parameters.values())
        wanted = inspect.Parameter("storage", inspect.Parameter.KEYWORD_ONLY, annotation=Storage)
        compute.__signature__ = inspect.Signature([*own, wanted])  # type: ignore[attr-defined]
        name = function.__name__
        return dg.asset(
            name=name,
            partitions_def=daily,
            group_name=group,
            kinds=kinds,
            owners=list(owners),
            deps=list(deps),
            code_version=code_version,
            pool=pool,
            metadata={"dagster/column_schema": table_schema(model), "schema": model.__name__},
            check_specs=_check_specs(name, model, check_specs),
        )(compute)

    return decorate


def _as_dagster_sees_it(parameter: inspect.Parameter) -> inspect.Parameter:
    """Return an input typed by its model as a plain frame: Dagster has no type for a pandera generic."""
    is_frame = get_origin(parameter.annotation) is DataFrame
    return parameter.replace(annotation=pd.DataFrame) if is_frame else parameter


def _check_specs(asset: str, model: type[FrameModel], further: Sequence[tuple[str, str]]) -> list[dg.AssetCheckSpec]:
    schema = f"The frame satisfies {model.__name__}; otherwise nothing is stored."
    with warnings.catch_warnings():
        # Checks by partition are in preview; without them each run leaves a check without its day
        # (autoresponder_dagster_tests/upstream pins what we use of it).
        warnings.simplefilter("ignore", dg.PreviewWarning)
        return [
            dg.AssetCheckSpec(SCHEMA_CHECK, asset=asset, partitions_def=daily, blocking=True, description=schema),
            *(
                dg.AssetCheckSpec(name, asset=asset, partitions_def=daily, description=description)
                for name, description in further
            ),
        ]


def _single_day(context: dg.AssetExecutionContext) -> str:
    if len(context.partition_keys) != 1:
        raise dg.Failure(
            description=(
                f"This run covers {len(context.partition_keys)} days. Launch the backfill as one run per day "
                "(the default): outcomes, checks and files are kept by day."
            ),
            allow_retries=False,
        )
    return str(context.partition_key)
