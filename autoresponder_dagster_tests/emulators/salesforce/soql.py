"""The part of SOQL that the pipeline and the usual clients speak.

``SELECT fields|COUNT() FROM object [WHERE condition] [ORDER BY fields] [LIMIT n] [OFFSET n]`` with ``=``,
``!=``, ``<``, ``<=``, ``>``, ``>=``, ``LIKE``, ``IN``, ``NOT IN``, ``AND``, ``OR``, ``NOT`` and brackets.

https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/
"""

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

_TOKEN = re.compile(
    r"""\s*(?:
        '(?P<text>(?:[^'\\]|\\.)*)'
      | (?P<moment>\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:?\d\d))?)
      | (?P<number>-?\d+)
      | (?P<word>[A-Za-z_]\w*(?:\.\w+)*)
      | (?P<sign>!=|<=|>=|[(),=<>])
    )""",
    re.VERBOSE,
)
_ESCAPES = {"\\": "\\", "'": "'", '"': '"', "n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "N": "\n"}
_CONSTANTS: dict[str, Any] = {"true": True, "false": False, "null": None}
_ORDERED: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
MAX_STATEMENT = 100_000
MAX_TEXT = 4_000

Record = Mapping[str, Any]
Condition = Callable[[Record], bool]


class MalformedQueryError(Exception):
    """The text is not a query of this subset."""


@dataclass(frozen=True)
class Comparison:
    """A field and the values that it is compared with."""

    field: str
    values: list[Any]


@dataclass
class Query:
    """A query, taken apart. ``comparisons`` are those of the condition, in their order."""

    fields: list[str]
    sobject: str
    condition: Condition
    comparisons: list[Comparison] = field(default_factory=list)
    order: list[tuple[str, bool]] = field(default_factory=list)
    limit: int | None = None
    offset: int = 0
    is_count: bool = False


def parse(text: str) -> Query:
    """Take a query apart, or raise ``MalformedQueryError``."""
    if len(text) > MAX_STATEMENT:
        raise MalformedQueryError("SOQL statements cannot be longer than 100000 characters.")
    return _Parser(text).query()


def value_of(record: Record, path: str) -> Any:
    """Return a field of a record without regard to the case of its name; null where there is none."""
    if path in record:
        return record[path]
    return {name.lower(): value for name, value in record.items()}.get(path.lower())


def _fold(value: Any) -> Any:
    """Return what is compared: texts without regard to case, an empty one as null."""
    return (value.lower() or None) if isinstance(value, str) else value


def _in_kind(value: Any, wanted: Any) -> Any:
    """Return a stored value as it is compared with a literal: a stored moment is a text."""
    if isinstance(value, str) and isinstance(wanted, date):
        return type(wanted).fromisoformat(value)
    return _fold(value)


def _like(text: str) -> "re.Pattern[str]":
    """Return the pattern of a LIKE, whose text is still escaped: ``\\%`` and ``\\_`` are no wildcards."""
    pieces = (
        {"%": ".*", "_": "."}.get(piece) or re.escape(piece[1] if piece in (r"\%", r"\_") else _unescaped(piece))
        for piece in re.findall(r"\\.|.", text, re.DOTALL)
    )
    return re.compile("".join(pieces), re.IGNORECASE | re.DOTALL)


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._at = 0
        self._comparisons: list[Comparison] = []

    def query(self) -> Query:
        self._keyword("SELECT")
        fields = [self._word()]
        is_count = fields[0].upper() == "COUNT" and self._skip("(")
        if is_count:
            self._sign(")")
        while self._skip(","):
            fields.append(self._word())
        self._keyword("FROM")
        query = Query(fields, self._word(), lambda _: True, self._comparisons, is_count=is_count)
        if self._skip_keyword("WHERE"):
            query.condition = self._either()
        if self._skip_keyword("ORDER"):
            self._keyword("BY")
            query.order = [self._ordering()]
            while self._skip(","):
                query.order.append(self._ordering())
        if self._skip_keyword("LIMIT"):
            query.limit = self._value()
        if self._skip_keyword("OFFSET"):
            query.offset = self._value()
        if self._at != len(self._tokens):
            raise MalformedQueryError(f"unexpected token: {self._tokens[self._at][1]}")
        return query

    def _ordering(self) -> tuple[str, bool]:
        name = self._word()
        is_descending = self._skip_keyword("DESC")
        if not is_descending:
            self._skip_keyword("ASC")
        if self._skip_keyword("NULLS") and not self._skip_keyword("LAST"):
            self._keyword("FIRST")
        return name, is_descending

    def _either(self) -> Condition:
        parts = [self._both()]
        while self._skip_keyword("OR"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else lambda record: any(part(record) for part in parts)

    def _both(self) -> Condition:
        parts = [self._one()]
        while self._skip_keyword("AND"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else lambda record: all(part(record) for part in parts)

    def _one(self) -> Condition:
        if self._skip_keyword("NOT"):
            inner = self._one()
            return lambda record: not inner(record)
        if self._skip("("):
            inner = self._either()
            self._sign(")")
            return inner
        return self._comparison()

    def _comparison(self) -> Condition:
        name = self._word()
        is_negated = self._skip_keyword("NOT")
        if is_negated or self._at_keyword("IN"):
            self._keyword("IN")
            values = self._compared(name, list(self._values()))
            folded = set(map(_fold, values))
            return lambda record: (_fold(value_of(record, name)) in folded) is not is_negated
        if self._skip_keyword("LIKE"):
            kind, text = self._next()
            if kind != "text":
                raise MalformedQueryError(f"expecting a text after LIKE, not {text}")
            self._compared(name, [text])
            pattern = _like(text)
            return lambda record: pattern.fullmatch(str(value_of(record, name) or "")) is not None
        sign = next((sign for sign in ("=", "!=", *_ORDERED) if self._skip(sign)), None)
        if sign is None:
            raise MalformedQueryError(f"expecting an operator after {name}")
        wanted = _fold(*self._compared(name, [self._value()]))
        if sign in _ORDERED:
            compare = _ORDERED[sign]
            return lambda record: (
                value_of(record, name) is not None and compare(_in_kind(value_of(record, name), wanted), wanted)
            )
        return lambda record: (_in_kind(value_of(record, name), wanted) == wanted) is (sign == "=")

    def _compared(self, name: str, values: list[Any]) -> list[Any]:
        self._comparisons.append(Comparison(name, values))
        return values

    def _values(self) -> Iterator[Any]:
        self._sign("(")
        yield self._value()
        while self._skip(","):
            yield self._value()
        self._sign(")")

    def _next(self) -> tuple[str, Any]:
        if self._at == len(self._tokens):
            raise MalformedQueryError("unexpected end of query")
        self._at += 1
        return self._tokens[self._at - 1]

    def _value(self) -> Any:
        kind, token = self._next()
        if kind == "text":
            return _unescaped(token)
        if kind in {"number", "moment"}:
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
        if self._at < len(self._tokens) and self._tokens[self._at] == ("sign", sign):
            self._at += 1
            return True
        return False

    def _at_keyword(self, word: str) -> bool:
        at_end = self._at == len(self._tokens)
        return not at_end and self._tokens[self._at][0] == "word" and self._tokens[self._at][1].upper() == word

    def _skip_keyword(self, word: str) -> bool:
        if not self._at_keyword(word):
            return False
        self._at += 1
        return True


def _tokens(text: str) -> Iterator[tuple[str, Any]]:
    position = 0
    text = text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise MalformedQueryError(f"unexpected character at {position}")
        kind = str(match.lastgroup)
        value: Any = match[kind]
        if kind == "number":
            value = int(value)
        elif kind == "moment":
            value = datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value)
        yield kind, value
        position = match.end()


def _unescaped(text: str) -> str:
    def replace(match: re.Match[str]) -> str:
        if match[1] not in _ESCAPES:
            raise MalformedQueryError(f"illegal escape \\{match[1]}")
        return _ESCAPES[match[1]]

    text = re.sub(r"\\(.)", replace, text, flags=re.DOTALL)
    if len(text) > MAX_TEXT:
        raise MalformedQueryError("a string literal is too long")
    return text
