"""The heads: of each field of each record the newest evidence that it was set by. Newest evidence wins.

The evidence of a write is the time and the id of its message; the id decides between messages of one moment.
Does not belong here: states of single writes (``planning``, ``journal``).
"""

from sqlalchemy import ColumnElement, Connection, FromClause, and_, exists, func, insert, or_, select, update

from autoresponder_dagster.ledger.tables import heads, writes

_FIELD = ("sobject", "record_id", "field")
_NEWS = ("key", "value", "evidence_at", "evidence_id")


def same_field(left: FromClause, right: FromClause) -> ColumnElement[bool]:
    """Return the condition that two rows are of the same field of the same record in the same realm."""
    return and_(*(left.c[name] == right.c[name] for name in ("realm_id", *_FIELD)))


def is_newer(left: FromClause, right: FromClause) -> ColumnElement[bool]:
    """Return the condition that the evidence of one row is newer than that of another."""
    return or_(
        left.c.evidence_at > right.c.evidence_at,
        and_(left.c.evidence_at == right.c.evidence_at, left.c.evidence_id > right.c.evidence_id),
    )


def overtaken() -> ColumnElement[bool]:
    """Return the condition that a write's field was set on the grounds of newer evidence than its own."""
    return exists().where(same_field(heads, writes), is_newer(heads, writes))


def holds_another_value() -> ColumnElement[bool]:
    """Return the condition that evidence not newer than a write's own gave its field another value."""
    is_older = and_(same_field(heads, writes), ~is_newer(heads, writes))
    return exists().where(is_older, heads.c.value.is_distinct_from(writes.c.value))


def move_heads(connection: Connection, is_news: ColumnElement[bool]) -> None:
    """Make the newest writes of a condition, all of one realm, the heads of their fields, where no head is newer."""
    place = func.row_number().over(
        partition_by=[writes.c[name] for name in _FIELD],
        order_by=[writes.c.evidence_at.desc(), writes.c.evidence_id.desc()],
    )
    found = select(writes, place.label("place")).where(writes.c.record_id != "", is_news).subquery("found")
    news = select(found).where(found.c.place == 1).subquery("news")
    connection.execute(
        update(heads)
        .where(same_field(heads, news), ~is_newer(heads, news))
        .values({name: news.c[name] for name in _NEWS})
    )
    names = ["realm_id", *_FIELD, *_NEWS]
    missing = select(*(news.c[name] for name in names)).where(~exists().where(same_field(heads, news)))
    connection.execute(insert(heads).from_select(names, missing))
