"""Which requests may leave the process. Deny by default.

Belongs here: the judgement of one request by its method, path, headers and body. Does not belong here:
sending it. Nothing is trusted but the request itself, so that the judgement holds whatever code made it.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_list.htm
"""

import json
import re
from collections.abc import Mapping
from enum import Enum, auto
from typing import Any
from urllib.parse import unquote, urlsplit

_DATA = re.compile(r"/services/data(?:/v\d+\.\d(?P<resource>/.*)?|/?)")
_READ_BY_GET = re.compile(
    r"/?|/(?:limits|query|queryAll|search|sobjects|ui-api/object-info|jobs/(?:query|ingest))(?:/.*)?"
)
"""Data resources whose GET only reads. Not ``tooling``: its GET ``executeAnonymous`` runs Apex."""
_COMPOSITE = re.compile(r"/composite/?")
_RETRIEVE = re.compile(r"/composite/sobjects/\w+/?")
_QUERY_JOBS = re.compile(r"/jobs/query/?")
_USERINFO_PATH = "/services/oauth2/userinfo"
_LOGIN_PATH = re.compile(r"/services/oauth2/token|/services/Soap/u/\d+\.\d")
_METHOD_OVERRIDES = ("x-http-method", "x-http-method-override", "x-method-override")
_READING_METHODS = frozenset({"GET", "HEAD"})


class Access(Enum):
    """Which requests a session lets out. Everything else is refused before a socket is opened."""

    LOGIN = auto()
    READ = auto()
    WRITE = auto()


class Effect(Enum):
    """What a request does to the org; decides how it may be repeated (salesforce.md §5.4)."""

    READS = auto()
    SETS_VALUES = auto()
    """Sets fields of existing records to absolute values: the same again changes nothing more."""
    CREATES = auto()
    """Anything else: must not be sent twice."""


def is_allowed(
    access: Access, method: str, url: str, headers: Mapping[str, str], body: bytes | str | None = None
) -> bool:
    """Tell whether a request may leave.

    ``LOGIN`` lets out the posts that obtain a token, ``READ`` only requests that cannot change
    anything, ``WRITE`` everything under the data API.
    """
    path = urlsplit(url).path
    if {".", ".."} & set(unquote(path).split("/")):
        return False
    if access is Access.LOGIN:
        return method == "POST" and _LOGIN_PATH.fullmatch(path) is not None
    if method in _READING_METHODS and path == _USERINFO_PATH:
        return True
    if _DATA.fullmatch(path) is None:
        return False
    return access is Access.WRITE or effect_of(method, url, headers, body) is Effect.READS


def effect_of(method: str, url: str, headers: Mapping[str, str], body: bytes | str | None = None) -> Effect:
    """Tell what a request does to the org; what is not recognised counts as the worst."""
    parts = urlsplit(url)
    match = _DATA.fullmatch(parts.path)
    is_override = "_httpmethod" in unquote(parts.query).lower() or any(name in headers for name in _METHOD_OVERRIDES)
    if is_override:
        return Effect.CREATES
    if match is None:
        return Effect.READS if method in _READING_METHODS and parts.path == _USERINFO_PATH else Effect.CREATES
    resource = match["resource"] or ""
    if method in _READING_METHODS:
        return Effect.READS if _READ_BY_GET.fullmatch(resource) else Effect.CREATES
    if method == "PATCH":
        return Effect.SETS_VALUES
    return _effect_of_post(resource, _json(body)) if method == "POST" else Effect.CREATES


def _effect_of_post(resource: str, content: Any) -> Effect:
    """Return the effect of a POST by its body."""
    if not isinstance(content, dict):
        return Effect.CREATES
    if _RETRIEVE.fullmatch(resource):
        return Effect.READS if content.keys() == {"ids", "fields"} else Effect.CREATES
    if _QUERY_JOBS.fullmatch(resource):
        return Effect.READS if content.get("operation") in {"query", "queryAll"} else Effect.CREATES
    if _COMPOSITE.fullmatch(resource):
        return _effect_of_composite(content.get("compositeRequest"))
    return Effect.CREATES


def _effect_of_composite(parts: Any) -> Effect:
    """Return the worst effect of the parts; none at all, or a part of another form, is the worst."""
    if not isinstance(parts, list) or not parts or not all(isinstance(part, dict) for part in parts):
        return Effect.CREATES
    effects = [
        effect_of(
            str(part.get("method")).upper(),
            str(part.get("url")),
            {str(name).lower(): "" for name in (part.get("httpHeaders") or {})},
            json.dumps(part.get("body")),
        )
        if not {".", ".."} & set(unquote(urlsplit(str(part.get("url"))).path).split("/"))
        else Effect.CREATES
        for part in parts
    ]
    return max(effects, key=lambda effect: effect.value)


def _json(body: bytes | str | None) -> Any:
    """Return the content of a body; None where it is no JSON, or not at hand (a stream)."""
    if not isinstance(body, bytes | str):
        return None
    try:
        return json.loads(body)
    except ValueError:
        return None
