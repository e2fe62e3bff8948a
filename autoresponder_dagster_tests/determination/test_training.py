"""Training: examples are read or refused with a word, and what is learned can be read back."""

import pytest

from autoresponder_dagster.determination.features import features
from autoresponder_dagster.determination.learned import WEIGHTS_FILE, apply, read_weights
from autoresponder_dagster.determination.reading import read
from autoresponder_dagster.determination.second_look import SHARPNESS, VIEWS_FILE, read_views
from autoresponder_dagster.errors import ConfigurationError
from autoresponder_dagster_tests.determination.messages import build

training = pytest.importorskip("autoresponder_dagster.determination.training", reason="needs scikit-learn")

HEAD = "## {} | Ann Lee <ann.lee@acme.example> | 2026-09-21 | Automatic reply{}\n{}\n"


def test_a_file_of_examples_holds_messages_with_their_labels(tmp_path):
    path = tmp_path / "examples.txt"
    path.write_text(
        HEAD.format("UNKNOWN/ACTIVE", " | human", "Who is this?\n\nAnn") + HEAD.format("INACTIVE", "", "I left.")
    )
    first, second = training.read_examples(path)
    assert first.is_familiar
    assert (first.accepted, second.accepted) == (("UNKNOWN", "ACTIVE"), ("INACTIVE",))
    assert b"Auto-Submitted" not in first.raw
    assert b"Auto-Submitted: auto-replied" in second.raw
    assert read(second.raw, None, None).sources.own.own.strip() == "I left."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("INACTIVE | a@x.example | 2026-09-21 | Hi\n", "does not begin with the head"),
        ("## INACTIVE | a@x.example | Hi\nBody\n", "must be"),
        ("## INACTIVE | a@x.example | 2026-09-21 | Hi | robot\nBody\n", "must be"),
    ],
)
def test_a_malformed_file_is_refused_with_a_word(tmp_path, text, said):
    path = tmp_path / "examples.txt"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=said):
        training.read_examples(path)


def test_labelled_folders_and_cases_are_examples_too(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "001.eml").write_bytes(build("I left."))
    (folder / "labels.csv").write_text("file,determination,accept\n001.eml,INACTIVE,UNKNOWN\n")
    texts = tmp_path / "unseen"
    texts.mkdir()
    for number, label in enumerate(("ACTIVE", "INACTIVE")):
        (texts / f"en-{number}.txt").write_text(f"## {label} | Ann <ann@x.example> | 2026-10-14 | Auto\nText.\n")
    assert [(one.accepted, one.is_familiar) for one in training.read_examples(texts)] == [
        (("ACTIVE",), False),
        (("INACTIVE",), False),
    ]
    cases = tmp_path / "cases.yaml"
    cases.write_text("- {from: 'Ann <ann@x.example>', body: I am back., want: ACTIVE, auto: false}\n")
    assert [example.accepted for example in training.read_examples(folder)] == [("INACTIVE", "UNKNOWN")]
    assert [example.accepted for example in training.read_examples(cases)] == [("ACTIVE",)]
    absences = tmp_path / "absences.csv"
    absences.write_text("day,return_date,text\n2026-10-14,2026-10-26,Back on 26 October.\n2026-10-14,,Call Ann.\n")
    assert [example.accepted for example in training.read_examples(absences)] == [("OUT_OF_OFFICE",)]


def test_examples_of_a_determination_count_together_as_its_share():
    examples = [training.Example(b"", (label,)) for label in (*["ACTIVE"] * 3, *["INACTIVE"] * 5, "UNKNOWN")]
    weights = training.weights_by_share(examples)
    together = [weights[:3].sum(), weights[3:8].sum(), weights[8:].sum()]
    assert together == pytest.approx([9 * training.SHARES[label] for label in ("ACTIVE", "INACTIVE", "UNKNOWN")])
    assert sum(training.SHARES.values()) == pytest.approx(1)


def test_what_is_learned_is_found_again(tmp_path, capsys):
    gone, back = "I hung up my {} for good this summer.", "Yes, the {} is on my desk, and so am I."
    away = "Skiing until Monday, with my {} in the bag."
    path = tmp_path / training.UNSEEN / "examples.txt"
    path.parent.mkdir()
    things = [
        "boots",
        "stethoscope",
        "apron",
        "helmet",
        "gavel",
        "robe",
        "skates",
        "whistle",
        "pen",
        "brush",
        "saw",
        "lens",
    ]
    path.write_text(
        "".join(
            HEAD.format(label, "", body.format(thing))
            for thing in things
            for label, body in (("INACTIVE", gone), ("ACTIVE", back), ("OUT_OF_OFFICE", away))
        )
    )
    training.main(str(tmp_path), [str(path)])
    said = capsys.readouterr().out
    assert "36 messages" in said
    assert "INACTIVE: " in said
    assert read_views((tmp_path / VIEWS_FILE).read_text())[SHARPNESS] > 0
    model = read_weights((tmp_path / WEIGHTS_FILE).read_text())
    seen = apply(model, features(read(build(gone.format("trumpet")), None, None)))
    assert seen.determination == "INACTIVE"
    assert seen.probabilities[seen.determination] > 0.8
