"""What the pipeline asks of Marketing Cloud over REST (rules.md §7; off by default)."""

from typing import Protocol


class SfmcClient(Protocol):
    """Suppression of one address at a time."""

    def check_health(self) -> bool:
        """Tell whether a token can be obtained."""

    def add_to_suppression_list(self, account_name: str, email: str) -> bool:
        """Add an address to the list of an account; false where the account is not mapped to a list."""
