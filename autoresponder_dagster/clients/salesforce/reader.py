"""Reading many records in few calls.

Belongs here: how questions travel (in composites, in URIs, as bulk jobs), their pages, and smaller
questions where the org finds one too large. Does not belong here: what is asked (``live``), the text of
statements (``queries``).

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_composite.htm
"""

import csv
import io
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from simple_salesforce.api import Salesforce

from autoresponder_dagster.clients.salesforce.batching import chunked
from autoresponder_dagster.clients.salesforce.outcomes import API_ERRORS, SalesforceProblem
from autoresponder_dagster.clients.salesforce.queries import MAX_URI_BYTES, InQuery
from autoresponder_dagster.clients.salesforce.records import Record
from autoresponder_dagster.errors import LookupFailedError
from autoresponder_dagster.schemas.enums import SObject

QUERIES_PER_CALL = 5
"""Most queries or retrievals in one composite."""
IDS_PER_RETRIEVAL = 200

_NO_COMPOSITE_STATUSES = frozenset({400, 404, 405})
_ERROR = 400
_POLL_SECONDS = 1

_LOGGER = logging.getLogger(__name__)


class QueryError(LookupFailedError):
    """A query was refused or not answered. The text holds no query, and so no address."""

    def __init__(self, problem: SalesforceProblem) -> None:
        self.problem = problem
        super().__init__(f"A Salesforce lookup failed. {problem}")


class RecordReader:
    """Answers questions for records of an org.

    A field of ``optional_fields`` that the org lacks, or hides from this user, is left out of every
    question from then on; its records are returned without it.

    Args:
        salesforce: the client whose session carries every call.
        optional_fields: object and API name of fields that an org may lack.
        max_uri_bytes: bound of a statement in an URI, for an org without composites.
    """

    def __init__(
        self,
        salesforce: Salesforce,
        *,
        optional_fields: Iterable[tuple[str, str]] = (),
        max_uri_bytes: int = MAX_URI_BYTES,
    ) -> None:
        self._salesforce = salesforce
        self._optional_fields = tuple(optional_fields)
        self._missing_fields: set[tuple[str, str]] = set()
        self._max_uri_bytes = max_uri_bytes
        self._has_composite = True

    def lacks(self, sobject: str, field: str) -> bool:
        """Tell whether a question has shown that the org lacks an optional field."""
        return (sobject, field) in self._missing_fields

    def find(self, queries: Sequence[InQuery]) -> list[list[Record]]:
        """Return the records of each question, every page of them.

        Raises:
            QueryError: a question was refused or not answered.
        """
        found: list[list[Record]] = [[] for _ in queries]
        waiting = [(number, part) for number, query in enumerate(queries) for part in query.for_bodies()]
        while waiting and self._has_composite:
            now, waiting = waiting[:QUERIES_PER_CALL], waiting[QUERIES_PER_CALL:]
            answers = self._ask_together([self._without_missing(part) for _, part in now])
            if answers is None:
                waiting = [*now, *waiting]
                break
            for (number, part), answer in zip(now, answers, strict=True):
                if isinstance(answer, SalesforceProblem):
                    waiting += [(number, easier) for easier in self._easier(part, answer)]
                else:
                    found[number] += answer
        for number, part in waiting:
            found[number] += self._ask_by_uri(part)
        return found

    def retrieve(
        self, ids: Mapping[SObject, Sequence[str]], fields: Mapping[SObject, Sequence[str]]
    ) -> dict[SObject, list[Record]]:
        """Return the records of ids by object, of those that are there.

        Raises:
            QueryError: the reading was refused or not answered.
        """
        found: dict[SObject, list[Record]] = {sobject: [] for sobject in ids}
        waiting = [(sobject, chunk) for sobject, of_one in ids.items() for chunk in chunked(of_one, IDS_PER_RETRIEVAL)]
        while waiting:
            now, waiting = waiting[:QUERIES_PER_CALL], waiting[QUERIES_PER_CALL:]
            try:
                answers = self.composite([self._retrieval(sobject, chunk, fields[sobject]) for sobject, chunk in now])
            except API_ERRORS as error:
                raise QueryError(SalesforceProblem.of(error)) from None
            for (sobject, chunk), (status, body) in zip(now, answers, strict=True):
                if status < _ERROR and isinstance(body, list):
                    found[sobject] += [record for record in body if record is not None]
                    continue
                problem = SalesforceProblem.of_body(status, body)
                if not self._learns_of_missing_field(sobject, problem):
                    raise QueryError(problem)
                waiting.append((sobject, chunk))
        return found

    def read_whole(self, sobject: SObject, fields: Sequence[str], condition: str) -> list[Record]:
        """Return every record of an object that meets a condition, by a Bulk API 2.0 query job.

        A bulk answer is CSV: an empty cell is null, and the truth is spelled ``true``.

        Raises:
            QueryError: the job failed.
        """
        soql = f"SELECT {','.join(self._known(sobject, fields))} FROM {sobject} WHERE {condition}"  # noqa: S608
        try:
            pages = list(getattr(self._salesforce.bulk2, sobject).query(soql, wait=_POLL_SECONDS))
        except API_ERRORS as error:
            problem = SalesforceProblem.of(error)
            if not self._learns_of_missing_field(sobject, problem):
                raise QueryError(problem) from None
            return self.read_whole(sobject, fields, condition)
        return [
            {name: _cell(text) for name, text in row.items()}
            for page in pages
            for row in csv.DictReader(io.StringIO(page, newline=""))
        ]

    def composite(self, parts: Sequence[Mapping[str, Any]]) -> list[tuple[int, Any]]:
        """Send requests together; one status and body for each, in order.

        Raises:
            what simple-salesforce and requests raise: the whole was refused or not answered.
            KeyError: the answer is not that of a composite.
        """
        body = {
            "allOrNone": False,
            "collateSubrequests": False,
            "compositeRequest": [{**part, "referenceId": f"r{number}"} for number, part in enumerate(parts)],
        }
        answer = self._salesforce.restful("composite", method="POST", json=body)
        if not isinstance(answer, dict):
            raise KeyError("compositeResponse")
        by_reference = {
            each["referenceId"]: (each["httpStatusCode"], each["body"]) for each in answer["compositeResponse"]
        }
        return [by_reference[f"r{number}"] for number in range(len(parts))]

    def _ask_together(self, parts: Sequence[InQuery]) -> list[list[Record] | SalesforceProblem] | None:
        """Ask at most five questions in one call; None where the org takes no composites."""
        version = self._salesforce.sf_version
        requests = [
            {"method": "GET", "url": f"/services/data/v{version}/query?{urlencode({'q': part.soql})}"} for part in parts
        ]
        try:
            answers = self.composite(requests)
        except API_ERRORS as error:
            problem = SalesforceProblem.of(error)
            if problem.is_too_large:
                return [problem for _ in parts]
            if problem.status in _NO_COMPOSITE_STATUSES:
                self._has_composite = False
                _LOGGER.warning("The org takes no composite requests; addresses are asked in URIs. %s", problem)
                return None
            raise QueryError(problem) from None
        return [self._page(status, body) for status, body in answers]

    def _page(self, status: int, body: Any) -> list[Record] | SalesforceProblem:
        """Return the records of a first page and all that follow."""
        if status >= _ERROR:
            return SalesforceProblem.of_body(status, body)
        try:
            records = list(body["records"])
            while not body["done"]:
                body = self._salesforce.query_more(body["nextRecordsUrl"], identifier_is_url=True)
                records += body["records"]
        except (*API_ERRORS, TypeError) as error:
            raise QueryError(SalesforceProblem.of(error)) from None
        return records

    def _ask_by_uri(self, query: InQuery) -> list[Record]:
        records: list[Record] = []
        waiting = list(query.for_uris(self._max_uri_bytes))
        while waiting:
            part = waiting.pop(0)
            try:
                records += self._salesforce.query_all_iter(self._without_missing(part).soql)
            except API_ERRORS as error:
                waiting = [*self._easier(part, SalesforceProblem.of(error)), *waiting]
        return records

    def _retrieval(self, sobject: SObject, ids: Sequence[str], fields: Sequence[str]) -> dict[str, Any]:
        return {
            "method": "POST",
            "url": f"/services/data/v{self._salesforce.sf_version}/composite/sobjects/{sobject}",
            "body": {"ids": list(ids), "fields": list(self._known(sobject, fields))},
        }

    def _easier(self, query: InQuery, problem: SalesforceProblem) -> Iterable[InQuery]:
        """Return what to ask instead: without a field that is missing, or in halves where it was too large.

        Raises:
            QueryError: it was refused for another reason, or cannot be halved.
        """
        if self._learns_of_missing_field(query.sobject, problem):
            return [query]
        if not problem.is_too_large or len(query.values) == 1:
            raise QueryError(problem) from None
        return query.halves()

    def _learns_of_missing_field(self, sobject: str, problem: SalesforceProblem) -> bool:
        """Take note of an optional field that a question was refused for."""
        new = [
            name
            for owner, name in self._optional_fields
            if owner == sobject and not self.lacks(owner, name) and problem.is_missing_column(name)
        ]
        for name in new:
            _LOGGER.warning("The org has no %s.%s, or hides it from this user: its value is unknown.", sobject, name)
            self._missing_fields.add((sobject, name))
        return bool(new)

    def _without_missing(self, query: InQuery) -> InQuery:
        return replace(query, fields=self._known(query.sobject, query.fields))

    def _known(self, sobject: str, fields: Iterable[str]) -> tuple[str, ...]:
        return tuple(name for name in fields if not self.lacks(sobject, name))


def _cell(text: str) -> str | bool | None:
    return {"": None, "true": True, "false": False}.get(text, text)
