"""Marketing Cloud in memory: it remembers what was added. It opens no socket."""

import logging
from collections.abc import Mapping

_LOGGER = logging.getLogger(__name__)


class MockSfmc:
    """Suppression lists in memory.

    Args:
        mapping: key of the suppression list (a Data Extension) by account name.
    """

    def __init__(self, mapping: Mapping[str, str]) -> None:
        self._mapping = mapping
        self.lists: dict[str, list[str]] = {}

    def check_health(self) -> bool:
        """Return true: there is nothing to log in to."""
        return True

    def add_to_suppression_list(self, account_name: str, email: str) -> bool:
        """See ``SfmcClient``. Adding an address again changes nothing."""
        key = self._mapping.get(account_name)
        if key is None:
            _LOGGER.warning("No suppression list is mapped to the account %r: skipped.", account_name)
            return False
        addresses = self.lists.setdefault(key, [])
        if email.lower() not in addresses:
            addresses.append(email.lower())
        return True
