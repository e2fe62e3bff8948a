"""The data files: every entry does what its examples say, in RE2's syntax."""

import re

import pytest
import yaml

from autoresponder_dagster.determination.folding import fold
from autoresponder_dagster.determination.lexicon import (
    LANGUAGES,
    Entry,
    Meaning,
    lexicon,
    read_lexicon,
    subject_prefix,
)
from autoresponder_dagster.errors import ConfigurationError

ENTRIES = [entry for language in LANGUAGES for entry in lexicon(language).entries]
NEEDED = {
    Meaning.LEFT,
    Meaning.RETIRED,
    Meaning.DECEASED,
    Meaning.LEAVING,
    Meaning.ABSENT,
    Meaning.RETURNED,
    Meaning.NEW_ADDRESS,
    Meaning.NEW_TITLE,
    Meaning.SUCCESSOR,
    Meaning.UNMONITORED,
    Meaning.UNSUBSCRIBE,
    Meaning.WILL_REPLY,
}


def says(entry: Entry, sentence: str) -> bool:
    folded = fold(sentence)
    if entry.unless and entry.unless.search(folded):
        return False
    return any(
        not (entry.unless_next and entry.unless_next.match(folded[match.end() :]))
        and not (entry.unless_spelled and entry.unless_spelled.search(sentence[slice(*match.span())]))
        for match in entry.pattern.finditer(folded)
    )


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_entry_matches_its_examples_and_not_its_counterexamples(entry):
    assert entry.match, "an entry needs a sentence that it matches"
    assert entry.no_match, "an entry needs a sentence that it must not match"
    assert [sentence for sentence in entry.match if not says(entry, sentence)] == []
    assert [sentence for sentence in entry.no_match if says(entry, sentence)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_can_say_what_matters(language):
    assert {entry.means for entry in lexicon(language).entries} >= NEEDED


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_patterns_are_linear_time(entry):
    """What RE2 cannot do is not used, so any engine gives the same matches."""
    for pattern in filter(None, (entry.pattern, entry.unless, entry.unless_next)):
        assert not re.search(r"\(\?(?:=|!|<=|<!|>)|\\[1-9]|\(\?P=", pattern.pattern)
        assert pattern.flags & re.ASCII


@pytest.mark.parametrize("language", LANGUAGES)
def test_re2_finds_what_python_finds(language):
    """RE2 takes linear time on any text: what it accepts can be searched by it one day, with the same verdicts."""
    re2 = pytest.importorskip("re2")
    entries = lexicon(language).entries
    of_entries = [pattern for e in entries for pattern in (e.pattern, e.unless, e.unless_next, e.unless_spelled)]
    texts = [fold(sentence) for e in entries for sentence in (*e.match[:1], *e.no_match[:1])]
    for pattern in filter(None, [*of_entries, *lexicon(language).words.values()]):
        other = re2.compile(pattern.pattern)
        assert [text for text in texts if bool(other.search(text)) != bool(pattern.search(text))] == []


def written(**entry: object) -> str:
    data = {"name": "x", "means": "left", "pattern": "gone", "match": ["gone"], "no_match": ["here"]} | entry
    return yaml.safe_dump({"language": "en", "entries": [data]})


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ({"pattern": "(gone"}, "does not compile"),
        ({"pattern": "gone(?= now)"}, "no lookaround"),
        ({"pattern": "{nowhere} gone"}, "no macro {nowhere}"),
        ({"means": "vanished"}, "vanished"),
        ({"colour": "blue"}, "unknown keys ['colour']"),
    ],
)
def test_a_broken_entry_is_refused_with_its_name(entry, complaint):
    with pytest.raises(ConfigurationError, match="entry x") as caught:
        read_lexicon(written(**entry), "en")
    assert complaint in str(caught.value)


def test_two_entries_of_one_name_are_refused():
    data = yaml.safe_load(written())
    data["entries"] *= 2
    with pytest.raises(ConfigurationError, match="same name"):
        read_lexicon(yaml.safe_dump(data), "en")


@pytest.mark.parametrize(
    ("subject", "kind"),
    [
        ("Automatic reply: Directory", "automatic"),
        ("[EXTERNAL] Automatische Antwort: Verzeichnis", "automatic"),
        ("自動応答: 名簿", "automatic"),
        ("Out of Office: Directory", "absence"),
        ("Re: Guest article on vacation guides", None),
        ("How to write an automatic reply:", None),
    ],
)
def test_only_a_prefix_of_the_subject_marks_an_automatic_reply(subject, kind):
    found = subject_prefix(fold(subject))
    assert (found.kind if found else None) == kind
