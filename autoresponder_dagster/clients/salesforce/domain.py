"""What ``SALESFORCE_DOMAIN`` may say, and the one host that each form means.

Belongs here: names of hosts. Does not belong here: talking to them. A value that is not plainly a
Salesforce org is refused before any credential is sent anywhere.

https://help.salesforce.com/s/articleView?id=sf.domain_name_url_formats.htm
"""

import re
from urllib.parse import urlsplit

from autoresponder_dagster.errors import ConfigurationError

DEFAULT_DOMAIN = "login"
LOGIN_HOSTS = ("login.salesforce.com", "test.salesforce.com")
"""Hosts that log a user in but hold no org's data."""

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_PARTITION = r"sandbox|develop|scratch|demo|patch|trailblaze|free|stm|wsl"
_MY_DOMAIN = re.compile(rf"(?P<org>{_LABEL}(?:\.(?:{_PARTITION}|cs\d{{1,3}}))?)\.my\.salesforce\.com")
_SHORT_NAME = re.compile(rf"{_LABEL}(?:\.(?:{_PARTITION}))?")
_INSTANCE = re.compile(r"[a-z]{2,4}\d{1,4}[a-z]?")
_NOT_AN_ORG = frozenset(
    {
        *("admin", "api", "appexchange", "developer", "help", "partners", "status", "trailhead", "www"),
        *("login", "test", "my", "salesforce"),
        *("localhost", "none", "null"),
    }
)
_OTHER_SUFFIXES = (".lightning.force.com", ".my.salesforce-setup.com")
"""Hosts of the same org that serve pages, not the API."""


def normalize_domain(value: str | None) -> str:
    """Return the host that a value of ``SALESFORCE_DOMAIN`` means.

    Accepted are ``login``, ``test``, a My Domain name (``acme``, ``acme.my``, ``acme--uat``,
    ``acme--uat.sandbox``), a host (``acme.my.salesforce.com``, ``acme.lightning.force.com``) and the
    URL of one. Nothing means ``login``.

    Raises:
        ConfigurationError: "Invalid instance URL"; the value names no Salesforce org.
    """
    host = _full_host(_host_of((value or "").strip().lower() or DEFAULT_DOMAIN))
    if host in LOGIN_HOSTS:
        return host
    for suffix in _OTHER_SUFFIXES:
        if host.endswith(suffix):
            host = host.removesuffix(suffix) + ".my.salesforce.com"
    name = host.removesuffix(".salesforce.com")
    if name != host and _INSTANCE.fullmatch(name):
        return host
    if name != host and "." not in name:
        # https://yourcompany.salesforce.com: the form that older guides print for a My Domain.
        host = f"{name}.my.salesforce.com"
    match = _MY_DOMAIN.fullmatch(host)
    if match is None or match["org"] in _NOT_AN_ORG:
        raise _invalid(value)
    return host


def _host_of(text: str) -> str:
    """Return the host of a name, a host or an https URL; empty where there is more to it than a host."""
    try:
        url = urlsplit(text if "://" in text else f"https://{text}")
        port = url.port
    except ValueError:
        return ""
    is_bare_host = url.path in {"", "/"} and not (url.query or url.fragment or "@" in url.netloc)
    return (url.hostname or "") if is_bare_host and url.scheme == "https" and port in {None, 443} else ""


def _full_host(name: str) -> str:
    """Complete a short name to the host that it stands for; a full host stays as it is."""
    if name in {"login", "test"} or name.endswith(".my"):
        return f"{name}.salesforce.com"
    if _SHORT_NAME.fullmatch(name):
        is_sandbox = "--" in name and "." not in name
        return f"{name}.sandbox.my.salesforce.com" if is_sandbox else f"{name}.my.salesforce.com"
    return name


def _invalid(value: str | None) -> ConfigurationError:
    return ConfigurationError(
        f"Invalid instance URL: SALESFORCE_DOMAIN is {_shown(value)}. Use login, test, the org's My Domain "
        "(https://yourcompany.my.salesforce.com, without a path) or its sandbox "
        "(https://yourcompany--name.sandbox.my.salesforce.com)."
    )


def _shown(value: str | None) -> str:
    """Return the value for a message: short, and without what might be a password typed into a URL."""
    text = repr(value)
    return "a text with '@' in it" if "@" in text else text[:80]
