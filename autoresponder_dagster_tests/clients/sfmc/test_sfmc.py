import pytest

from autoresponder_dagster.clients.sfmc.connect import open_sfmc, parse_mapping
from autoresponder_dagster.errors import ConfigurationError
from autoresponder_dagster.schemas.enums import Mode

MAPPING = '{"News": "News-Suppression", "Books": "Books-Suppression"}'


@pytest.mark.parametrize("mode", Mode)
def test_nothing_is_opened_by_default(mode):
    assert open_sfmc(mode) is None


def test_live_is_refused_with_the_way_out():
    with pytest.raises(ConfigurationError, match="enable_rest_upsert"):
        open_sfmc(Mode.LIVE, enable_rest_upsert=True, mapping_json=MAPPING)


@pytest.mark.parametrize("mode", [Mode.MOCK, Mode.READ_ONLY])
def test_additions_are_remembered_once_per_list(mode):
    sfmc = open_sfmc(mode, enable_rest_upsert=True, mapping_json=MAPPING)
    assert sfmc.check_health()
    for email in ("Ann@customer.example", "bob@customer.example", "ann@customer.example"):
        assert sfmc.add_to_suppression_list("News", email)
    assert sfmc.lists == {"News-Suppression": ["ann@customer.example", "bob@customer.example"]}


def test_an_unmapped_account_is_logged_and_skipped(caplog):
    sfmc = open_sfmc(Mode.MOCK, enable_rest_upsert=True, mapping_json=MAPPING)
    assert not sfmc.add_to_suppression_list("Unknown", "ann@customer.example")
    assert sfmc.lists == {}
    assert "Unknown" in caplog.text
    assert "ann@" not in caplog.text


@pytest.mark.parametrize("text", ["[]", "{", '"x"', '{"News": 1}', '{"News": ""}', '{"News": null}'])
def test_a_malformed_mapping_is_named(text):
    with pytest.raises(ConfigurationError, match="SFMC_SUPPRESSION_LIST_MAPPING"):
        parse_mapping(text)


def test_no_mapping_maps_nothing():
    assert parse_mapping("") == {}
