"""What a failing check or a typed failure stores, and what retries it.

Rests on it: ``schemas/bridge.py`` (check, then raise), the permanent failures of the assets and the
``run_retries`` of ``dagster.yaml``.
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg
from dagster._core.storage.tags import WILL_RETRY_TAG


class Shelf(dg.ConfigurableIOManager):
    """Keeps what is stored where the test can see it."""

    def handle_output(self, context: dg.OutputContext, obj: Any) -> None:
        stored.append(obj)

    def load_input(self, context: dg.InputContext) -> Any:
        return stored[-1]


stored: list[Any] = []


def run(*assets: dg.AssetsDefinition, **options: Any) -> dg.ExecuteInProcessResult:
    stored.clear()
    return dg.materialize(list(assets), resources={"io_manager": Shelf()}, raise_on_error=False, **options)


@dg.asset(check_specs=[dg.AssetCheckSpec("schema", asset="checked_then_failed", blocking=True)])
def checked_then_failed() -> Iterator[Any]:
    yield dg.AssetCheckResult(passed=False, check_name="schema", metadata={"failures": 1})
    raise dg.Failure(description="The frame is bad.", metadata={"failures": 1}, allow_retries=False)


@dg.asset(check_specs=[dg.AssetCheckSpec("schema", asset="only_checked", blocking=True)])
def only_checked() -> Iterator[Any]:
    yield dg.Output("bad frame")
    yield dg.AssetCheckResult(passed=False, check_name="schema")


def test_check_then_raise_stores_nothing_and_keeps_the_check():
    @dg.asset(deps=[checked_then_failed])
    def downstream() -> None: ...

    result = run(checked_then_failed, downstream)

    assert not result.success
    assert stored == []
    assert result.get_asset_materialization_events() == []
    (evaluation,) = result.get_asset_check_evaluations()
    assert not evaluation.passed
    assert evaluation.metadata["failures"].value == 1
    (failure,) = result.get_step_failure_events()
    assert failure.step_failure_data.user_failure_data.description == "The frame is bad."
    assert not any(event.step_key == "downstream" for event in result.get_step_success_events())


def test_a_blocking_check_alone_stores_the_bad_frame_first():
    @dg.asset(deps=[only_checked])
    def downstream() -> None:
        stored.append("downstream")

    result = run(only_checked, downstream)

    assert not result.success
    assert stored == ["bad frame"]
    assert [event.step_key for event in result.get_asset_materialization_events()] == ["only_checked"]


def test_a_permanent_failure_is_not_retried_by_the_step():
    attempts = []

    @dg.asset(retry_policy=dg.RetryPolicy(max_retries=2))
    def permanent() -> None:
        attempts.append("permanent")
        raise dg.Failure(allow_retries=False)

    @dg.asset(retry_policy=dg.RetryPolicy(max_retries=2))
    def transient() -> None:
        attempts.append("transient")
        raise dg.Failure

    run(permanent, transient)

    assert attempts.count("permanent") == 1
    assert attempts.count("transient") == 3


def test_a_permanent_failure_is_still_retried_by_the_run_unless_the_instance_says_otherwise():
    @dg.asset
    def permanent() -> None:
        raise dg.Failure(allow_retries=False)

    def will_retry(**run_retries: Any) -> bool:
        with dg.instance_for_test(
            overrides={"run_retries": {"enabled": True, "max_retries": 2, **run_retries}}
        ) as instance:
            result = run(permanent, instance=instance)
            return instance.get_run_by_id(result.run_id).tags.get(WILL_RETRY_TAG) == "true"

    assert will_retry()
    assert not will_retry(retry_on_asset_or_op_failure=False)


def test_a_resource_that_fails_at_its_start_fails_the_run_before_any_step():
    class Guard(dg.ConfigurableResource):
        def setup_for_execution(self, context: dg.InitResourceContext) -> None:
            raise dg.Failure(description="Refused.", allow_retries=False)

    ran = []

    @dg.asset
    def guarded(guard: Guard) -> None:
        ran.append("guarded")

    result = dg.materialize([guarded], resources={"guard": Guard()}, raise_on_error=False)

    assert not result.success
    assert ran == []
