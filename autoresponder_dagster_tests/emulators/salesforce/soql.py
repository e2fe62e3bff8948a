"""The part of SOQL that the pipeline speaks: SELECT fields FROM object [WHERE comparisons] [LIMIT n].

https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_TOKEN = re.compile(
    r"""\s*(?:
        '(?P<text>(?:[^'\\]|\\.)*)'
      | (?P<number>-?\d+)
      | (?P<word>[A-Za-z_]\w*(?:\.\w+)*)
      | (?P<sign>!=|[(),=])
    )""",
    re.VERBOSE,
)
_ESCAPES = {"\\": "\\", "'": "'", '"': '"', "n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "N": "\n"}
_CONSTANTS: dict[str, Any] = {"true": True, "false": False, "null": None}


class MalformedQueryError(Exception):
    """The text is not a query of this subset."""


@dataclass(frozen=True)
class Comparison:
    """``field IN (values)``; ``=`` is one with a single value."""

    field: str
    values: list[Any]
    is_negated: bool = False

    def holds(self, record: dict[str, Any]) -> bool:
        """Compare texts as Salesforce does, without regard to case."""
        return (_fold(record.get(self.field)) in map(_fold, self.values)) is not self.is_negated


@dataclass(frozen=True)
class Query:
    """A query, taken apart."""

    fields: list[str]
    sobject: str
    comparisons: list[Comparison]
    limit: int | None


def parse(text: str) -> Query:
    """Take a query apart, or raise ``MalformedQueryError``."""
    return _Parser(text).query()


def _fold(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._at = 0

    def query(self) -> Query:
        self._keyword("SELECT")
        fields = [self._word()]
        while self._skip(","):
            fields.append(self._word())
        self._keyword("FROM")
        sobject = self._word()
        comparisons = []
        if self._skip_keyword("WHERE"):
            comparisons += self._condition()
            while self._skip_keyword("AND"):
                comparisons += self._condition()
        limit = self._value() if self._skip_keyword("LIMIT") else None
        if self._at != len(self._tokens):
            raise MalformedQueryError(f"unexpected token: {self._tokens[self._at][1]}")
        return Query(fields, sobject, comparisons, limit)

    def _condition(self) -> list[Comparison]:
        if self._skip("("):
            inner = self._condition()
            while self._skip_keyword("AND"):
                inner += self._condition()
            self._sign(")")
            return inner
        field = self._word()
        if self._skip_keyword("IN"):
            self._sign("(")
            values = [self._value()]
            while self._skip(","):
                values.append(self._value())
            self._sign(")")
            return [Comparison(field, values)]
        is_negated = self._skip("!=")
        if not is_negated:
            self._sign("=")
        return [Comparison(field, [self._value()], is_negated)]

    def _next(self) -> tuple[str, Any]:
        if self._at == len(self._tokens):
            raise MalformedQueryError("unexpected end of query")
        self._at += 1
        return self._tokens[self._at - 1]

    def _value(self) -> Any:
        kind, token = self._next()
        if kind in {"text", "number"}:
            return token
        if kind == "word" and token.lower() in _CONSTANTS:
            return _CONSTANTS[token.lower()]
        raise MalformedQueryError(f"unexpected token: {token}")

    def _word(self) -> str:
        kind, token = self._next()
        if kind != "word":
            raise MalformedQueryError(f"unexpected token: {token}")
        return str(token)

    def _sign(self, sign: str) -> None:
        if not self._skip(sign):
            raise MalformedQueryError(f"expecting {sign!r}")

    def _keyword(self, word: str) -> None:
        if not self._skip_keyword(word):
            raise MalformedQueryError(f"expecting {word}")

    def _skip(self, sign: str) -> bool:
        return self._skip_if(("sign", sign))

    def _skip_keyword(self, word: str) -> bool:
        at_end = self._at == len(self._tokens)
        if at_end or self._tokens[self._at][0] != "word" or self._tokens[self._at][1].upper() != word:
            return False
        self._at += 1
        return True

    def _skip_if(self, token: tuple[str, str]) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at] == token:
            self._at += 1
            return True
        return False


def _tokens(text: str) -> Iterator[tuple[str, Any]]:
    position = 0
    text = text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise MalformedQueryError(f"unexpected character at {position}")
        kind = str(match.lastgroup)
        value: Any = match[kind]
        if kind == "text":
            value = _unescaped(value)
        elif kind == "number":
            value = int(value)
        yield kind, value
        position = match.end()


def _unescaped(text: str) -> str:
    def replace(match: re.Match[str]) -> str:
        if match[1] not in _ESCAPES:
            raise MalformedQueryError(f"illegal escape \\{match[1]}")
        return _ESCAPES[match[1]]

    return re.sub(r"\\(.)", replace, text, flags=re.DOTALL)
