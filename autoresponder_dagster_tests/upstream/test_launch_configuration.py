"""How a resource's values meet run config.

Rests on it: the mode switches (docs/adr/0002), the rule that credentials are read only when a client is built,
and ``build.py``, which builds every switchable resource with ``configure_at_launch``.
"""

from enum import Enum
from typing import Any, Literal, Optional, Union

import dagster as dg
import pytest
from dagster._core.errors import DagsterInvalidConfigError, DagsterInvalidPythonicConfigDefinitionError
from pydantic import Field


class RunMode(dg.ConfigurableResource):
    mode: Literal["live", "read_only", "mock"] = "mock"


class System(dg.ConfigurableResource):
    run_mode: dg.ResourceDependency[RunMode]
    mode: Literal["inherit", "live", "read_only", "mock"] = "inherit"
    domain: str = "login"
    timeout: int = 10

    @property
    def seen(self) -> tuple[str, str, int]:
        return (self.run_mode.mode if self.mode == "inherit" else self.mode, self.domain, self.timeout)


class Flat(dg.ConfigurableResource):
    mode: Literal["live", "read_only", "mock"] = "mock"
    domain: str = "login"

    @property
    def seen(self) -> tuple[str, str]:
        return (self.mode, self.domain)


def launch(resources: dict[str, Any], run_config: dict[str, Any] | None = None) -> Any:
    """Return what an asset sees of ``resources["system"]`` in a run."""
    seen = []

    @dg.asset(required_resource_keys={"system"})
    def probe(context: dg.AssetExecutionContext) -> None:
        seen.append(context.resources.system.seen)

    config = {"resources": {name: {"config": values} for name, values in (run_config or {}).items()}}
    dg.materialize([probe], resources=resources, run_config=config)
    return seen[0]


def switchable() -> dict[str, Any]:
    run_mode = RunMode.configure_at_launch()
    return {"run_mode": run_mode, "system": System.configure_at_launch(run_mode=run_mode, domain="acme")}


@pytest.mark.parametrize(
    ("run_config", "seen"),
    [
        ({}, ("mock", "acme", 10)),
        ({"system": {"mode": "live"}}, ("live", "acme", 10)),
        ({"run_mode": {"mode": "live"}}, ("live", "acme", 10)),
        ({"run_mode": {"mode": "live"}, "system": {"mode": "mock"}}, ("mock", "acme", 10)),
        ({"system": {"timeout": 3}}, ("mock", "acme", 3)),
        ({"system": {"domain": "other"}, "run_mode": {"mode": "read_only"}}, ("read_only", "other", 10)),
    ],
)
def test_the_shape_that_we_use_takes_either_switch_and_keeps_the_other_values(run_config, seen):
    assert launch(switchable(), run_config) == seen


def test_an_io_manager_sees_the_mode_of_the_run():
    seen = []

    class ByMode(dg.ConfigurableIOManager):
        run_mode: dg.ResourceDependency[RunMode]

        def handle_output(self, context: dg.OutputContext, obj: Any) -> None:
            seen.append(self.run_mode.mode)

        def load_input(self, context: dg.InputContext) -> Any: ...

    @dg.asset
    def frame() -> int:
        return 1

    run_mode = RunMode.configure_at_launch()
    resources = {"run_mode": run_mode, "io_manager": ByMode.configure_at_launch(run_mode=run_mode)}
    dg.materialize(
        [frame], resources=resources, run_config={"resources": {"run_mode": {"config": {"mode": "read_only"}}}}
    )

    assert seen == ["read_only"]


def test_an_override_of_a_plain_instance_drops_its_other_values():
    assert launch({"system": Flat(domain="acme")}, {"system": {"mode": "live"}}) == ("live", "login")


def test_a_plain_nested_instance_ignores_its_own_key():
    run_mode = RunMode()
    resources = {"run_mode": run_mode, "system": System.configure_at_launch(run_mode=run_mode)}

    assert launch(resources, {"run_mode": {"mode": "live"}})[0] == "mock"


def test_a_literal_given_to_configure_at_launch_is_dropped():
    assert launch({"system": Flat.configure_at_launch(mode="live", domain="acme")}) == ("mock", "acme")


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Coloured(dg.ConfigurableResource):
    colour: Colour = Colour.RED

    @property
    def seen(self) -> Colour:
        return self.colour


def test_run_config_names_an_enum_by_its_member_not_its_value():
    system = Coloured.configure_at_launch()

    assert launch({"system": system}, {"system": {"colour": "BLUE"}}) is Colour.BLUE
    with pytest.raises(DagsterInvalidConfigError):
        launch({"system": system}, {"system": {"colour": "blue"}})


def test_an_unknown_mode_is_rejected_before_the_run():
    with pytest.raises(DagsterInvalidConfigError, match="mock"):
        launch(switchable(), {"system": {"mode": "dry_run"}})


def test_an_optional_literal_cannot_be_declared():
    class Inheriting(dg.ConfigurableResource):
        mode: Optional[Literal["live", "mock"]] = None  # noqa: UP045 - the spelling people try first

    with pytest.raises(DagsterInvalidPythonicConfigDefinitionError):
        launch({"system": Inheriting.configure_at_launch()})


class LiveBackend(dg.Config):
    kind: Literal["live"] = "live"
    token: str = "none"


class MockBackend(dg.Config):
    kind: Literal["mock"] = "mock"


class WithBackend(dg.ConfigurableResource):
    backend: Union[LiveBackend, MockBackend] = Field(discriminator="kind")  # noqa: UP007 - as Dagster documents it

    @property
    def seen(self) -> str:
        return self.backend.kind


def test_a_union_of_modes_needs_the_selector_spelling():
    system = WithBackend.configure_at_launch()

    assert launch({"system": system}, {"system": {"backend": {"live": {"token": "x"}}}}) == "live"
    with pytest.raises(DagsterInvalidConfigError):
        launch({"system": system}, {"system": {"backend": {"kind": "live", "token": "x"}}})


class WithToken(dg.ConfigurableResource):
    mode: Literal["live", "mock"] = "mock"
    token: str = ""

    @property
    def seen(self) -> str:
        return self.mode


def test_an_environment_variable_is_read_also_where_the_mode_does_not_need_it(monkeypatch):
    monkeypatch.delenv("UPSTREAM_TEST_TOKEN", raising=False)

    with pytest.raises(Exception, match="UPSTREAM_TEST_TOKEN"):
        launch({"system": WithToken(mode="mock", token=dg.EnvVar("UPSTREAM_TEST_TOKEN"))})


def test_config_for_a_resource_that_the_selection_does_not_use_is_accepted():
    @dg.asset
    def alone() -> None: ...

    result = dg.materialize(
        [alone], resources=switchable(), run_config={"resources": {"run_mode": {"config": {"mode": "read_only"}}}}
    )

    assert result.success


def test_launch_config_replaces_the_jobs_own_config():
    seen = []

    @dg.asset
    def probe(system: Flat) -> None:
        seen.append(system.seen)

    job = dg.define_asset_job(
        "job", config=dg.RunConfig(resources={"system": {"config": {"mode": "read_only", "domain": "acme"}}})
    )
    definitions = dg.Definitions([probe], jobs=[job], resources={"system": Flat.configure_at_launch()})
    resolved = definitions.resolve_job_def("job")

    resolved.execute_in_process()
    resolved.execute_in_process(run_config={"resources": {"system": {"config": {"domain": "other"}}}})

    assert seen == [("read_only", "acme"), ("mock", "other")]


def test_nested_resources_can_be_built_by_hand_for_a_direct_call():
    @dg.asset
    def probe(system: System) -> str:
        return system.seen[0]

    assert probe(system=System(run_mode=RunMode(mode="live"))) == "live"
