import pytest

from autoresponder_dagster.clients.columns import DAY, FLAG, KEY, TEXT, UTC_TIME
from autoresponder_dagster.clients.fixtures import read_fixture
from autoresponder_dagster.errors import ConfigurationError

LAYOUT = {"id": KEY, "name": TEXT, "is_active": FLAG, "day": DAY, "updated_at": UTC_TIME}


def test_ids_and_texts_stay_as_written_and_an_empty_cell_is_null(tmp_path):
    (tmp_path / "a.csv").write_text(
        "updated_at,id,name,is_active,day,more\n2026-03-31T08:15:00Z,00123,NA,true,2026-03-31,x\n,1e5,,,,\n",
        encoding="utf-8",
    )

    frame = read_fixture(tmp_path, "a.csv", LAYOUT)

    assert list(frame.columns) == list(LAYOUT)
    assert frame["id"].tolist() == ["00123", "1e5"]
    assert frame["name"][0] == "NA"
    assert frame.loc[1, ["name", "is_active", "day", "updated_at"]].isna().all()
    assert bool(frame["is_active"][0]) is True
    assert frame["updated_at"][0].isoformat() == "2026-03-31T08:15:00+00:00"


def test_a_byte_order_mark_and_quoted_line_breaks_are_read(tmp_path):
    (tmp_path / "a.csv").write_bytes('\ufeffid,name\r\n1,"Jürgen\r\n""J."""\r\n'.encode())

    frame = read_fixture(tmp_path, "a.csv", {"id": KEY, "name": TEXT})

    assert frame["name"].tolist() == ['Jürgen\r\n"J."']


def test_a_header_alone_is_a_typed_empty_frame(tmp_path):
    (tmp_path / "a.csv").write_text(",".join(LAYOUT) + "\n")

    frame = read_fixture(tmp_path, "a.csv", LAYOUT)

    assert frame.empty
    assert [str(dtype) for dtype in frame.dtypes] == ["string", "string", "boolean", "string", "datetime64[us, UTC]"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"id,name,day,updated_at\n", "a.csv: column is_active missing"),
        (b"id,name,is_active,day,updated_at\n1,x,perhaps,,\n", "a.csv: column is_active, data row 1: expected true or"),
        (
            b"id,name,is_active,day,updated_at\n1,,,,\n,,true,,\n",
            "a.csv: column id, data row 2: expected an identifier",
        ),
        (b"id,name,is_active,day,updated_at\n1,x,true,2026-1-1,\n", "a.csv: column day, data row 1: expected a day"),
        (b"id,name,is_active,day,updated_at\n1,x,true,,,surplus\n", "a.csv has a row with more cells than its header"),
        (b"id,name,is_active,day,updated_at\n1,x\xff,true,,\n", "a.csv is not a readable CSV file in UTF-8"),
        (b'id,name,is_active,day,updated_at\n1,"open,true,,\n', "a.csv is not a readable CSV file in UTF-8"),
        (b"", "a.csv is not a readable CSV file in UTF-8"),
    ],
)
def test_an_ill_formed_file_is_named_with_its_column(tmp_path, content, message):
    (tmp_path / "a.csv").write_bytes(content)

    with pytest.raises(ConfigurationError) as error:
        read_fixture(tmp_path, "a.csv", LAYOUT)

    assert message in str(error.value)


def test_an_absent_file_is_an_error_that_says_what_to_add(tmp_path):
    with pytest.raises(ConfigurationError, match=r"has no a\.csv\. Add it with the header id,name"):
        read_fixture(tmp_path, "a.csv", LAYOUT)


def test_an_absent_folder_is_an_error_that_says_what_to_pass(tmp_path):
    with pytest.raises(ConfigurationError, match=r"nowhere does not exist.*--fixtures DIR"):
        read_fixture(tmp_path / "nowhere", "a.csv", LAYOUT)
