"""Which combinations of modes are refused, and how a run's data is named (rules.md §2)."""

import pytest

from autoresponder_dagster.errors import ConfigurationError, LiveNotArmedError, UnsafeModeError
from autoresponder_dagster.modes import EffectiveModes, default_mode
from autoresponder_dagster.schemas.enums import Mode

ARMED = {"AUTORESPONDER_ALLOW_LIVE": "1"}


def modes(base: str, **exceptions: str) -> EffectiveModes:
    systems = ("email_repository", "salesforce", "multipub", "cupola", "sfmc", "notifier")
    return EffectiveModes(**{system: Mode(exceptions.get(system, base)) for system in systems})


@pytest.mark.parametrize("base", ["live", "read_only", "mock"])
def test_one_mode_names_its_data(base: str) -> None:
    assert modes(base).label == base


def test_exceptions_are_named_whatever_switch_made_them() -> None:
    assert modes("mock", salesforce="read_only").label == "mock+salesforce-read_only"
    everything_but_salesforce = dict.fromkeys(("email_repository", "multipub", "cupola", "sfmc", "notifier"), "mock")
    assert modes("read_only", **everything_but_salesforce).label == "mock+salesforce-read_only"


@pytest.mark.parametrize("source", ["email_repository", "cupola", "multipub"])
def test_live_salesforce_with_a_mock_source_is_refused_even_when_armed(source: str) -> None:
    with pytest.raises(UnsafeModeError, match=source):
        modes("live", **{source: "mock"}).require_safe(ARMED)


@pytest.mark.parametrize("source", ["email_repository", "cupola", "multipub"])
def test_live_salesforce_with_a_read_only_source_is_fine(source: str) -> None:
    modes("live", **{source: "read_only"}).require_safe(ARMED)


@pytest.mark.parametrize("environ", [{}, {"AUTORESPONDER_ALLOW_LIVE": "0"}, {"AUTORESPONDER_ALLOW_LIVE": "true"}])
@pytest.mark.parametrize("writer", ["salesforce", "sfmc"])
def test_a_live_writer_needs_an_armed_environment(environ: dict[str, str], writer: str) -> None:
    with pytest.raises(LiveNotArmedError, match="AUTORESPONDER_ALLOW_LIVE=1"):
        modes("read_only", **{writer: "live"}).require_safe(environ)
    modes("read_only", **{writer: "live"}).require_safe(ARMED)


@pytest.mark.parametrize("base", ["read_only", "mock"])
def test_modes_that_write_nothing_need_no_arming(base: str) -> None:
    modes(base).require_safe({})


def test_default_mode() -> None:
    assert default_mode({}) is Mode.MOCK
    assert default_mode({"AUTORESPONDER_MODE": ""}) is Mode.MOCK
    assert default_mode({"AUTORESPONDER_MODE": "read_only"}) is Mode.READ_ONLY
    with pytest.raises(ConfigurationError, match="AUTORESPONDER_MODE='lvie' is not a mode"):
        default_mode({"AUTORESPONDER_MODE": "lvie"})
