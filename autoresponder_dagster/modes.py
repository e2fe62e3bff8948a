"""The effective modes of a run and the combinations that are refused (rules.md §2).

Belongs here: what follows from the modes alone. Does not belong here: how a mode is chosen
(``resources/modes.py``) or what a system does in it (``clients/``).
"""

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from autoresponder_dagster.errors import ConfigurationError, LiveNotArmedError, UnsafeModeError
from autoresponder_dagster.schemas.enums import Mode

ALLOW_LIVE = "AUTORESPONDER_ALLOW_LIVE"
DEFAULT_MODE = "AUTORESPONDER_MODE"


def default_mode(environ: Mapping[str, str] = os.environ) -> Mode:
    """Return the deployment's default mode: ``AUTORESPONDER_MODE``, else mock.

    Raises:
        ConfigurationError: the variable holds something else than a mode.
    """
    value = environ.get(DEFAULT_MODE, "").strip() or Mode.MOCK
    try:
        return Mode(value)
    except ValueError:
        raise ConfigurationError(f"{DEFAULT_MODE}={value!r} is not a mode. Use one of: {', '.join(Mode)}.") from None


@dataclass(frozen=True)
class EffectiveModes:
    """The mode of every system in one run."""

    email_repository: Mode
    salesforce: Mode
    multipub: Mode
    cupola: Mode
    sfmc: Mode
    notifier: Mode

    @property
    def label(self) -> str:
        """Name of the run's data: in paths, so that frames and files of different modes never meet.

        One mode for all systems gives its name; otherwise the most common one followed by the exceptions,
        for instance ``mock+salesforce-read_only``.
        """
        modes = asdict(self)
        counts = Counter(modes.values())
        base = max((Mode.MOCK, Mode.READ_ONLY, Mode.LIVE), key=lambda mode: counts[mode])
        exceptions = [f"{system}-{mode}" for system, mode in sorted(modes.items()) if mode != base]
        return "+".join([base, *exceptions])

    @property
    def is_fully_live(self) -> bool:
        """True where every system is live."""
        return set(asdict(self).values()) == {Mode.LIVE}

    def require_safe(self, environ: Mapping[str, str] = os.environ) -> None:
        """Refuse combinations in which made-up data could reach a real system, or live writers unarmed.

        Raises:
            UnsafeModeError: a live Salesforce together with a mock source.
            LiveNotArmedError: a live writer where the environment does not allow one.
        """
        if self.salesforce == Mode.LIVE:
            sources = ("email_repository", "cupola", "multipub")
            mocked = [system for system in sources if asdict(self)[system] == Mode.MOCK]
            if mocked:
                raise UnsafeModeError(
                    f"Salesforce is live but {', '.join(mocked)} is mock: fixture people must never reach a real "
                    "org. Set the whole run to one mode (resources.run_mode.config.mode), or these systems to "
                    "live or read_only."
                )
        writers = [system for system in ("salesforce", "sfmc") if asdict(self)[system] == Mode.LIVE]
        if writers and environ.get(ALLOW_LIVE) != "1":
            raise LiveNotArmedError(
                f"{' and '.join(writers)} asked for live mode, but this process is not armed for live writes: "
                f"set {ALLOW_LIVE}=1 in the environment of the Dagster code location (run config alone never "
                "arms live writes), or use read_only."
            )


SYSTEMS = tuple(each.name for each in fields(EffectiveModes))
"""The outside systems, by the names of their resources."""
