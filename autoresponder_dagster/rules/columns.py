"""Small questions that several rules ask of a column.

Belongs here: vectorised helpers without a business meaning of their own. Does not belong here: rules.
"""

from collections import defaultdict
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    Column = pd.Series[Any]
else:
    Column = pd.Series

LIST_SEPARATOR = ";"
"""Between the values of a cell that holds several (rules.md §7)."""

_DIGEST_SEPARATOR = "\x1f"
_DIGEST_LENGTH = 24
_LONGEST_NUMBER = 32
_ADDRESS_SHAPE = r"[^@\s]+@[^@\s]+"


def holds(condition: Column) -> Column:
    """Return a condition as plain truth values: what is null does not hold."""
    return pd.Series(condition.to_numpy(dtype=bool, na_value=False), index=condition.index)


def normalized(addresses: Column) -> Column:
    """Return addresses as the join key of the house: trimmed and lower-cased, null where empty (rules.md §3)."""
    text = addresses.astype("string").str.strip().str.lower()
    return text.mask(holds(text.eq("")))


def usable(addresses: Column) -> Column:
    """Return the normalised addresses, null where a cell has not even the shape of one."""
    text = normalized(addresses)
    return text.where(holds(text.str.fullmatch(_ADDRESS_SHAPE)))


def folded(texts: Column) -> Column:
    """Return texts for comparison: trimmed and case-folded, null where empty."""
    text = texts.astype("string").str.strip().str.casefold()
    return text.mask(holds(text.eq("")))


def natural_order(ids: Column) -> Column:
    """Return sort keys under which whole numbers compare as numbers: 9 before 10, both before ``a``."""
    text = ids.astype("string")
    return text.mask(holds(text.str.fullmatch(r"[0-9]+")), text.str.zfill(_LONGEST_NUMBER))


def joined(values: Column, keys: Column) -> Column:
    """Return the values of each key in one cell, in their order, indexed by key."""
    # Texts have no vectorised aggregation; a dictionary is many times faster than groups of a frame.
    cells = defaultdict(list)
    for key, value in zip(keys, values, strict=True):
        cells[key].append(value)
    return pd.Series({key: LIST_SEPARATOR.join(texts) for key, texts in cells.items()}, dtype="string")


def digest(frame: pd.DataFrame, columns: list[str]) -> Column:
    """Return a stable 24-digit hexadecimal identity per row, made of the cells of ``columns``."""
    cells = frame[columns].astype("string").fillna("")
    first, *rest = columns
    texts = cells[first].str.cat(cells[rest], sep=_DIGEST_SEPARATOR)
    # A cryptographic hash has no vectorised form.
    digests = [sha256(text.encode()).hexdigest()[:_DIGEST_LENGTH] for text in texts]
    return pd.Series(digests, index=frame.index, dtype="string")
