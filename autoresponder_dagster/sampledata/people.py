"""Invented people and their organisations.

Belongs here: names and addresses. Does not belong here: what the systems know of a person (``records``), or what people
write (``author``). The names are data: ``templates/names.yaml``.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from string import Template

from autoresponder_dagster.sampledata.templates import load_yaml

RESERVED_SUFFIXES = (".example", ".example", ".test", ".example.org", ".example.net")
"""Ends of domain names that nobody can own (RFC 2606); the one that is named twice is drawn twice as often.

Not ``.invalid``: an address there is not even one in form, and would never be written.
"""

MAILBOX_PATTERNS = ("{first}.{last}", "{initial}{last}", "{initial}.{last}", "{last}.{first}")

_PEOPLE_PER_ORGANIZATION = 7
_ASCII = str.maketrans(
    {"ß": "ss", "ø": "o", "å": "a", "ä": "ae", "ö": "oe", "ü": "ue", "Å": "A", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"}
)


@dataclass(frozen=True)
class Organization:
    """An employer; ``pattern`` is how it makes mailbox names of people's names."""

    name: str
    domain: str
    language: str
    role_mailbox: str
    utc_offset: timedelta
    pattern: str


@dataclass(frozen=True)
class Person:
    """Somebody with a mailbox; ``organization`` is the name of the employer."""

    first_name: str
    last_name: str
    email: str
    title: str
    organization: str

    @property
    def name(self) -> str:
        """Given and family name."""
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(frozen=True)
class Names:
    """One language of ``names.yaml``."""

    given: list[str]
    family: list[str]
    place: list[list[str]]
    organization: list[str]
    renamed: str
    title: list[str]
    role: list[str]
    utc_offset_hours: list[int]


def load_names() -> dict[str, Names]:
    """Return the names by language."""
    return {language: Names(**names) for language, names in load_yaml("names").items()}


def slug(text: str, separator: str = "-") -> str:
    """Return text as the ASCII words of a mailbox or domain name."""
    plain = unicodedata.normalize("NFKD", text.translate(_ASCII)).encode("ascii", "ignore").decode().lower()
    return separator.join(re.findall(r"[a-z0-9]+", plain))


class Population:
    """Invents people who share organisations; no address and no domain is given out twice."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._names = load_names()
        self._organizations: dict[str, list[Organization]] = {language: [] for language in self._names}
        self._domains: set[str] = set()
        self._addresses: set[str] = set()

    def organization(self, language: str) -> Organization:
        """Return an organisation of a language, known already or new."""
        known = self._organizations[language]
        if known and self._rng.random() > 1 / _PEOPLE_PER_ORGANIZATION:
            return self._rng.choice(known)
        names = self._names[language]
        name = Template(self._rng.choice(names.organization)).substitute(place=self._place(names))
        domain = self.domain(name)
        organization = Organization(
            name=name,
            domain=domain,
            language=language,
            role_mailbox=f"{self._rng.choice(names.role)}@{domain}",
            utc_offset=timedelta(hours=self._rng.choice(names.utc_offset_hours)),
            pattern=self._rng.choice(MAILBOX_PATTERNS),
        )
        known.append(organization)
        return organization

    def person(self, organization: Organization, domain: str | None = None) -> Person:
        """Invent a person at an organisation, with a mailbox at its domain or another one."""
        names = self._names[organization.language]
        first, last = self._rng.choice(names.given), self._rng.choice(names.family)
        return Person(
            first_name=first,
            last_name=last,
            email=self.address(first, last, organization.pattern, domain or organization.domain),
            title=self._rng.choice(names.title),
            organization=organization.name,
        )

    def address(self, first: str, last: str, pattern: str, domain: str) -> str:
        """Return an address that is still free, for a person at a domain."""
        local = pattern.format(first=slug(first, "."), last=slug(last, "."), initial=slug(first)[:1])
        return self._unused(self._addresses, local, f"@{domain}")

    def domain(self, name: str) -> str:
        """Return a reserved domain that is still free and sounds like a name."""
        return self._unused(self._domains, slug(name), self._rng.choice(RESERVED_SUFFIXES))

    def another_title(self, person: Person, organization: Organization) -> str:
        """Return a title that is not the person's."""
        titles = self._names[organization.language].title
        return self._rng.choice([title for title in titles if title != person.title])

    def another_family_name(self, person: Person, organization: Organization) -> str:
        """Return a family name that is not the person's."""
        families = self._names[organization.language].family
        return self._rng.choice([family for family in families if family != person.last_name])

    def new_name(self, organization: Organization) -> str:
        """Return what an organisation might be called after a merger."""
        names = self._names[organization.language]
        return Template(names.renamed).substitute(place=self._place(names))

    def _place(self, names: Names) -> str:
        start, end = names.place
        return self._rng.choice(start) + self._rng.choice(end)

    @staticmethod
    def _unused(used: set[str], stem: str, suffix: str) -> str:
        candidate, number = f"{stem}{suffix}", 2
        while candidate in used:
            candidate, number = f"{stem}{number}{suffix}", number + 1
        used.add(candidate)
        return candidate
