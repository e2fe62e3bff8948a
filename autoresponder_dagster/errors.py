"""The errors an operator can meet. One base class; every message says what is wrong and what to do.

Belongs here: error types that cross a layer. Does not belong here: errors that one module raises
and catches itself.
"""


class AutoResponderError(Exception):
    """Base class of every error that this package raises on purpose."""


class ConfigurationError(AutoResponderError):
    """A setting is missing, malformed or contradicts another one; the message names it and the cure."""


class UnsafeModeError(ConfigurationError):
    """The combination of modes could let made-up data reach a real system (rules.md §2)."""


class LiveNotArmedError(UnsafeModeError):
    """A live writer was asked for where the environment does not allow it (rules.md §2)."""


class SystemUnavailableError(AutoResponderError):
    """An outside system could not be reached or refused the login; trying again later may help."""


class LookupFailedError(AutoResponderError):
    """A lookup did not complete. Never to be read as "no row" (rules.md §2)."""


class InterceptedWriteError(AutoResponderError):
    """A mutating request was stopped at the transport because the system is read only."""

    def __init__(self, method: str, path: str) -> None:
        self.method = method
        self.path = path
        super().__init__(f"Intercepted {method} {path}: this mode does not let it out, and nothing was sent.")


class MissingPartitionError(AutoResponderError):
    """An upstream partition was never materialized in this mode."""

    def __init__(self, asset: str, partition: str, mode: str) -> None:
        self.asset = asset
        self.partition = partition
        self.mode = mode
        super().__init__(
            f"{asset} has no {mode} data for {partition}. Materialize {asset} for that day with the same "
            "modes first (data of different modes is never mixed)."
        )


class LedgerError(AutoResponderError):
    """The write ledger could not be read or written; without it nothing is written to Salesforce."""
