"""The way in: ``open_sfmc`` builds the form that a mode asks for (rules.md §2 and §7)."""

import json

from autoresponder_dagster.clients.sfmc.mock import MockSfmc
from autoresponder_dagster.errors import ConfigurationError
from autoresponder_dagster.schemas.enums import Mode

MAPPING_SETTING = "SFMC_SUPPRESSION_LIST_MAPPING"


def open_sfmc(mode: Mode, *, enable_rest_upsert: bool = False, mapping_json: str = "") -> MockSfmc | None:
    """Open Marketing Cloud in a mode; None where the REST upsert is off (the default).

    Args:
        mode: read_only is the mock: a suppression cannot be tried without being made.
        enable_rest_upsert: whether addresses are sent at all; the suppression files are written in any case.
        mapping_json: the text of ``SFMC_SUPPRESSION_LIST_MAPPING``; see ``parse_mapping``.

    Raises:
        ConfigurationError: the mapping is malformed, or live was asked for.
    """
    if not enable_rest_upsert:
        return None
    if mode is Mode.LIVE:
        raise ConfigurationError(
            "This version does not send suppressions to Marketing Cloud over REST. Set enable_rest_upsert to false "
            "and import the *_NoLongerThere_*.csv files, or set the mode of sfmc to mock."
        )
    return MockSfmc(parse_mapping(mapping_json))


def parse_mapping(text: str) -> dict[str, str]:
    """Read the map from account name to the key of its suppression list; an empty text is an empty map.

    Raises:
        ConfigurationError: the text is not one JSON object of texts.
    """
    try:
        mapping = json.loads(text or "{}")
    except ValueError:
        mapping = None
    if not isinstance(mapping, dict) or not all(isinstance(key, str) and key for key in mapping.values()):
        raise ConfigurationError(
            f"{MAPPING_SETTING} must be a JSON object from account name to Data Extension key, "
            'such as {"News": "News-Suppression"}.'
        )
    return mapping
