"""Deliverable files: CSV as people and Marketing Cloud import it (rules.md §7 and §9).

UTF-8 without byte order mark, RFC 4180 with CRLF, header always, times as ISO 8601 UTC with ``Z``.
"""

import pandas as pd
from pandas.api.types import is_bool_dtype, is_float_dtype

from autoresponder_dagster.addresses import SPREADSHEET_TRIGGERS

_LEADING_BLANKS = " \u00a0\u2000-\u200b\u3000\ufeff"
_FULLWIDTH_TRIGGERS = "＝＋－＠"
# At the start of the cell or of any of its lines, also behind blanks.
_RUNS_AS_FORMULA = rf"(?m)(\A\n|^[{_LEADING_BLANKS}]*[=+\-@\t\r{_FULLWIDTH_TRIGGERS}])"


def starts_formula(cells: pd.Series) -> pd.Series:
    """Tell which cells a spreadsheet would run if they stood in a file as they are."""
    return cells.str.startswith(SPREADSHEET_TRIGGERS).fillna(value=False).astype(bool)


def neutralise_formulas(cells: pd.Series) -> pd.Series:
    """Put an apostrophe before every line of a cell that a spreadsheet would run (CWE-1236)."""
    return cells.str.replace("\x00", "", regex=False).str.replace(_RUNS_AS_FORMULA, r"'\1", regex=True)


def to_csv_bytes(frame: pd.DataFrame, *, neutralise: bool = True) -> bytes:
    """Render a frame as a deliverable file.

    Args:
        frame: the rows, already in the order of the file.
        neutralise: false only for a file that a machine imports and that holds no dangerous cell.
    """
    cells = {}
    for name in frame.columns:
        column = frame[name]
        if isinstance(column.dtype, pd.DatetimeTZDtype):
            cells[name] = column.dt.strftime("%Y-%m-%dT%H:%M:%SZ")
        elif isinstance(column.dtype, pd.StringDtype):
            cells[name] = neutralise_formulas(column) if neutralise else column
        elif is_bool_dtype(column.dtype):
            cells[name] = column.map({True: "true", False: "false"})
        elif is_float_dtype(column.dtype):
            cells[name] = column.map("{:.2f}".format, na_action="ignore")
        else:
            cells[name] = column
    text = pd.DataFrame(cells, columns=list(frame.columns)).to_csv(index=False, lineterminator="\r\n", na_rep="")
    return text.encode("utf-8")
