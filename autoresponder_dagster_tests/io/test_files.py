"""The warehouse and the deliverables: whole files, kept apart by mode, safe for spreadsheets."""

import csv
import io
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresponder_dagster.errors import MissingPartitionError
from autoresponder_dagster.files import write_atomically
from autoresponder_dagster.io.csv_files import neutralise_formulas, starts_formula, to_csv_bytes
from autoresponder_dagster.io.deliverables import Deliverables
from autoresponder_dagster.io.warehouse import Warehouse
from autoresponder_dagster.schemas import EmailMessage, SalesforceRecord

DAY = "2026-11-09"


def message(message_id: str, **values: object) -> dict[str, object]:
    return {
        "partition": DAY,
        "message_id": message_id,
        "inbox_source": "Marketing",
        "received_at": pd.Timestamp(f"{DAY}T10:00:00Z"),
        "source": "1.eml",
        "raw": b"Subject: x\n\n",
        **values,
    }


def test_a_frame_comes_back_as_it_was_stored(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path, "mock")
    stored = EmailMessage.from_rows([message("a"), message("b", raw=None, subject="Grüße")])
    warehouse.write("email_repository", DAY, stored)
    pd.testing.assert_frame_equal(warehouse.read("email_repository", DAY), stored)


def test_a_quiet_day_keeps_its_dtypes(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path, "mock")
    stored = SalesforceRecord.from_rows([])
    warehouse.write("salesforce_records", DAY, stored)
    pd.testing.assert_frame_equal(warehouse.read("salesforce_records", DAY), stored)


def test_modes_never_share_a_frame(tmp_path: Path) -> None:
    Warehouse(tmp_path, "mock").write("email_repository", DAY, EmailMessage.from_rows([message("a")]))
    with pytest.raises(MissingPartitionError, match="no live data for 2026-11-09"):
        Warehouse(tmp_path, "live").read("email_repository", DAY)


def test_values_before_reads_earlier_days_only(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path, "mock")
    for day, ids in {"2026-11-08": ["a"], "2026-11-09": ["b"], "2026-11-10": ["c"]}.items():
        warehouse.write("email_repository", day, EmailMessage.from_rows([message(one) for one in ids]))
    assert warehouse.values_before("email_repository", "message_id", "2026-11-10") == {"a", "b"}


def test_writing_the_same_frame_again_gives_the_same_bytes(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path, "mock")
    frame = EmailMessage.from_rows([message("a")])
    first = warehouse.write("email_repository", DAY, frame).read_bytes()
    assert warehouse.write("email_repository", DAY, frame).read_bytes() == first


def test_a_failed_write_leaves_the_old_file_and_no_debris(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "day" / "file.csv"
    write_atomically(target, b"old")

    def refuse(self: Path, _: Path) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OSError, match="disk full"):
        write_atomically(target, b"new")
    assert target.read_bytes() == b"old"
    assert [path.name for path in target.parent.iterdir()] == ["file.csv"]


def test_a_rerun_removes_the_files_that_it_no_longer_produces(tmp_path: Path) -> None:
    deliverables = Deliverables(tmp_path, "mock")
    deliverables.replace(DAY, "*_NoLongerThere_*.csv", {"A_NoLongerThere_x.csv": b"1", "B_NoLongerThere_x.csv": b"1"})
    deliverables.replace(DAY, "other.csv", {"other.csv": b"1"})
    deliverables.replace(DAY, "*_NoLongerThere_*.csv", {"B_NoLongerThere_x.csv": b"2"})
    found = {path.name: path.read_bytes() for path in deliverables.day_folder(DAY).iterdir()}
    assert found == {"B_NoLongerThere_x.csv": b"2", "other.csv": b"1"}


def test_csv_is_as_the_contract_says() -> None:
    frame = pd.DataFrame(
        {
            "text": pd.array(['say "hi", then', None], dtype="string"),
            "at": pd.to_datetime(["2026-11-09T10:00:00.123Z", None], utc=True).astype("datetime64[us, UTC]"),
            "confidence": [0.9, 0.853],
            "count": pd.array([3, None], dtype="Int64"),
        }
    )
    assert to_csv_bytes(frame) == (
        b'text,at,confidence,count\r\n"say ""hi"", then",2026-11-09T10:00:00Z,0.90,3\r\n,,0.85,\r\n'
    )


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", " =1", "\u00a0=1", "＝1", "fine\n=1", "\u200b=1"]
)
def test_a_dangerous_cell_is_neutralised(cell: str) -> None:
    safe = neutralise_formulas(pd.Series([cell], dtype="string"))[0]
    assert safe != cell
    assert "'" in safe


@given(st.lists(st.text(max_size=30), max_size=8))
def test_no_cell_of_a_file_starts_a_formula(cells: list[str]) -> None:
    frame = pd.DataFrame({"cell": pd.array(cells, dtype="string")})
    rendered = to_csv_bytes(frame).decode("utf-8")
    rows = list(csv.DictReader(io.StringIO(rendered, newline="")))
    for row in rows:
        assert not starts_formula(pd.Series([row["cell"]], dtype="string")).any()


def test_a_machine_file_is_never_altered() -> None:
    frame = pd.DataFrame({"Email Address": pd.array(["-odd@example.com"], dtype="string")})
    assert to_csv_bytes(frame, neutralise=False) == b"Email Address\r\n-odd@example.com\r\n"
