"""When two values of a field are the same, as Salesforce and the rules see it (rules.md §3).

Does not belong here: what follows from it.
"""

EMAIL_FIELD = "Email"


def is_same(field: str, left: str | None, right: str | None) -> bool:
    """Tell whether two values of a field are the same: trimmed, an empty one is none, addresses without case."""
    return _comparable(field, left) == _comparable(field, right)


def _comparable(field: str, value: str | None) -> str:
    text = (value or "").strip()
    return text.lower() if field == EMAIL_FIELD else text
