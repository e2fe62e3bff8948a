"""Reading the fixture files of the mock systems: CSV with a header, an empty cell is null.

Belongs here: files to typed frames, with errors that name file, column and row. Does not belong here: what
a system does with them.
"""

import warnings
from collections.abc import Collection
from pathlib import Path

import pandas as pd

from autoresponder_dagster.clients.columns import InvalidCellError, Layout, MissingColumnsError, typed_columns
from autoresponder_dagster.errors import ConfigurationError


def require_fixtures_dir(folder: Path) -> Path:
    """Return the folder of fixtures.

    Raises:
        ConfigurationError: there is no such folder.
    """
    if not folder.is_dir():
        raise ConfigurationError(
            f"The fixtures folder {folder} does not exist. Mock systems read their data from it: pass one with "
            "--fixtures DIR (or the resource's fixtures_dir), for example data/sample."
        )
    return folder


def read_fixture(folder: Path, file_name: str, layout: Layout, optional: Collection[str] = ()) -> pd.DataFrame:
    """Read one fixture file into a typed frame with the columns of ``layout``; those in ``optional`` may be absent.

    Text is as written, so that ``00123`` and ``NA`` stay what they are; only an empty cell is null.

    Raises:
        ConfigurationError: the folder or the file is absent (an absent table must not read as "no row"), the
            file is not CSV in UTF-8, lacks a column, or has a cell that is not of its column's kind.
    """
    path = require_fixtures_dir(folder) / file_name
    if not path.is_file():
        raise ConfigurationError(
            f"The fixtures folder {folder} has no {file_name}. Add it with the header "
            f"{','.join(layout)}; a file with the header alone means that the system holds nothing."
        )
    try:
        return typed_columns(_read_text_columns(path), layout, optional)
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise ConfigurationError(f"{path} is not a readable CSV file in UTF-8: {error}") from error
    except pd.errors.ParserWarning as warning:
        raise ConfigurationError(f"{path} has a row with more cells than its header.") from warning
    except MissingColumnsError as error:
        raise ConfigurationError(f"{path}: {error}. The header must name {', '.join(layout)}.") from error
    except InvalidCellError as error:
        raise ConfigurationError(f"{path}: {error}.") from error


def _read_text_columns(path: Path) -> pd.DataFrame:
    with warnings.catch_warnings():
        # pandas drops surplus cells of a row with a warning only.
        warnings.simplefilter("error", pd.errors.ParserWarning)
        return pd.read_csv(
            path, dtype="string", keep_default_na=False, na_values=[""], encoding="utf-8-sig", index_col=False
        )
