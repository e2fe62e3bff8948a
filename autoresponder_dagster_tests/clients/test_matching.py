import pandas as pd

from autoresponder_dagster.clients.matching import join_keys, rows_of


def test_join_keys_are_distinct_trimmed_and_lower_case():
    assert join_keys([" B@x.example", "a@x.example", "b@X.example ", "", "  "]) == ["a@x.example", "b@x.example"]


def test_rows_are_matched_without_regard_to_case_and_spaces_and_carry_the_key():
    rows = pd.DataFrame({"email": pd.Series([" A@x.example ", "b@x.example", None], dtype="string"), "id": [1, 2, 3]})

    found = rows_of(rows, ["a@x.example"])

    assert found["email"].tolist() == ["a@x.example"]
    assert found["id"].tolist() == [1]
    assert found["email"].dtype == "string"
