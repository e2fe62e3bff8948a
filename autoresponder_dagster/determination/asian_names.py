"""Names of people in Chinese and Japanese text, which marks them neither by capitals nor by spaces.

Belongs here: finding such names by their surname and by what stands beside them. Does not belong here: names
in Latin letters (``people.py``), and whose name it is.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from autoresponder_dagster.determination.folding import fold
from autoresponder_dagster.determination.lexicon import name_table, name_words

_ALSO_GIVEN = "正(?![在式好是常从于处值])|天(?![后前内])|如(?![有需果何今期])|可(?![以能代联与在由])|之(?![前后间])"
"""Signs of Chinese given names that otherwise begin some word that follows a name."""
_ASIAN = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
_KANA = re.compile(r"[\u3040-\u30ff]")
_HAN = "一-鿿々"


class AsianName(NamedTuple):
    """A name at its place in a text. ``given`` is empty where only the surname is written."""

    start: int
    end: int
    surname: str
    given: str

    @property
    def whole(self) -> str:
        """The name without a space, folded."""
        return self.surname + self.given


def is_asian(text: str) -> bool:
    """Tell whether a text holds Chinese or Japanese characters."""
    return not text.isascii() and _ASIAN.search(text) is not None


def _alternatives(words: Mapping[str, str] | frozenset[str]) -> str:
    return "|".join(sorted((re.escape(fold(word)) for word in words), key=lambda word: (-len(word), word)))


@lru_cache(maxsize=1)
def _patterns() -> tuple["re.Pattern[str]", "re.Pattern[str]", "re.Pattern[str]"]:
    """Return the patterns of Japanese names, of those by a known surname alone, and of Chinese names."""
    japanese = name_table("japanese_surnames")
    certain = {surname: letters for surname, letters in japanese.items() if len(surname) > 1}
    not_given = fold("".join(name_words("japanese_not_given")))
    honorific = _alternatives(name_words("japanese_after_name"))
    spelled = _alternatives(name_words("japanese_given"))
    given = rf"(?:{spelled}|(?!{honorific})(?![{not_given}])[{_HAN}ぁ-んァ-ヴー]{{1,4}}?)"
    ends = fold(rf"(?={honorific}|[はがをにへのともで、。,，)）(（<＜「」『』・/：:;；\s]|まで|宛|から|より|です|儀|$)")
    alone = fold(
        rf"(?={honorific}|[はがも(（<＜、，]|まで|宛|です|儀|を|と申|に(?:変更|交代|引|お|担当|ご|依頼|任|託|譲|渡))"
    )
    letter = rf"(?:(?![{not_given}年月日任皆客者方各御貴何夫妻父母娘])[{_HAN}])"
    rare = rf"(?<![{_HAN}])(?P<rare>{letter}{{1,3}}) (?P<rare_given>{given}){ends}"
    polite = rf"(?<![{_HAN}])(?P<polite>{letter}{{2,3}})(?=さん|様|氏)"
    offices = _alternatives(name_words("asian_offices"))
    has_address = r"(?=(?:さん|様|氏|先生|女士|老师)? ?[(<:]? ?[a-z0-9][a-z0-9._+-]*@)"
    addressed = rf"(?<![{_HAN}])(?!{offices})(?P<addressed>{letter}{{1,4}}(?: {given})?){has_address}"
    known = _alternatives(certain)
    ja = rf"(?P<surname>{known}) ?(?P<given>{given}){ends}|(?P<bare>{known}){alone}"
    ja_rare = rf"{ja}|{rare}|{polite}|{addressed}"
    nouns = _alternatives(name_words("chinese_not_names"))
    known = f"(?!{nouns})(?:{_alternatives(name_table('chinese_surnames'))})"
    letter = f"(?:[^{''.join(name_words('chinese_not_given'))}\\W\\d_a-z]|{_ALSO_GIVEN})"
    before = "".join(f"|(?<={word})" for word in sorted(name_words("chinese_before_name")))
    after = _alternatives(name_words("chinese_after_name"))
    zh = (
        rf"(?:(?<![一-鿿]){before})(?P<surname>{known}) ?(?P<given>{letter}{{1,2}}?)(?=[^一-鿿]|$|{after})|"
        rf"(?P<bare>{known})(?=先生|女士|小姐|老师|经理|主任|总|工)|"
        rf"(?P<addressed>(?:{known}){letter}{{1,2}})(?= ?[(<] ?[a-z0-9][a-z0-9._+-]*@)|"
        rf"(?<=[由给])(?!于)(?P<rare>{known}) ?(?P<rare_given>{letter}{{2}})"
    )
    return re.compile(ja_rare), re.compile(ja), re.compile(zh)


@lru_cache(maxsize=512)
def asian_names(text: str) -> tuple[AsianName, ...]:
    """Return the names of people in a Chinese or Japanese text, in order."""
    if not is_asian(text):
        return ()
    folded = fold(text)
    ja_rare, ja, zh = _patterns()
    found: list[AsianName] = []
    for pattern in (ja_rare,) if _KANA.search(text) else (zh, ja):
        for match in pattern.finditer(folded):
            groups = match.groupdict()
            surname, given = groups["surname"] or groups["bare"] or "", groups["given"] or ""
            if not surname:
                rare = groups.get("rare") and f"{groups['rare']} {groups['rare_given']}"
                surname, given = split_name(rare or groups.get("polite") or groups.get("addressed") or "")
            if all(match.end() <= name.start or match.start() >= name.end for name in found):
                found.append(AsianName(match.start(), match.end(), surname, given))
    return tuple(sorted(found, key=lambda name: name.start))


def name_at_start(text: str) -> str | None:
    """Return the name that a piece of text begins with, whatever stands behind it."""
    for known in (text, f"{text}は"):
        found = next((name for name in asian_names(known) if name.start == 0), None)
        if found is not None:
            return text[: found.end]
    return None


_LONGEST_NAME = 7


@lru_cache(maxsize=1)
def _not_person() -> "re.Pattern[str]":
    return re.compile(_alternatives(name_words("asian_not_persons")))


def is_persons(name: str) -> bool:
    """Tell whether a sender's Chinese or Japanese name can be a person's: not an office's, not "the family".

    A known surname may hold the sign of an office.
    """
    surname, given = split_name(name)
    rest = given if spellings_of(surname) else surname + given
    return is_asian(name) and len(surname + given) <= _LONGEST_NAME and _not_person().search(rest) is None


@lru_cache(maxsize=1)
def _letters() -> dict[str, tuple[str, ...]]:
    tables = (name_table("chinese_surnames"), name_table("japanese_surnames"))
    return {fold(surname): tuple(letters.split()) for table in reversed(tables) for surname, letters in table.items()}


def split_name(name: str) -> tuple[str, str]:
    """Return surname and given name of a whole Chinese or Japanese name; the surname is a guess where it is rare."""
    parts = fold(name).split()
    if len(parts) > 1:
        return parts[0], "".join(parts[1:])
    whole = "".join(parts)
    known = [whole[:length] for length in (3, 2, 1) if whole[:length] in _letters() and len(whole) > length]
    surname = known[0] if known else whole[:2] if len(whole) > len("王建国") else whole
    return surname, whole[len(surname) :]


_INITIALS = re.compile(r"[bcdfghjklmnpqrstvwxyz]{1,3}")


def has_surname_of(local_part: str, name: str) -> bool:
    """Tell whether a mailbox name holds the surname of a Chinese or Japanese name as a word or at an end.

    A short one is a word by itself, or stands behind initials (``clho``).
    """
    words = re.split(r"[^a-z]+", fold(local_part))
    surnames = (split_name(name)[0], name)  # The surname may stand alone, and its beginning be another one.
    return any(_holds(word, letters) for surname in surnames for letters in spellings_of(surname) for word in words)


def _holds(word: str, letters: str) -> bool:
    if word == letters or word in _spellings():
        return word == letters  # "hasegawa" is not Segawa's.
    is_long = len(letters) > len("liu")
    if is_long and (word.startswith(letters) or word.endswith(letters)):
        return True
    return word.endswith(letters) and _INITIALS.fullmatch(word.removesuffix(letters)) is not None


def may_be_named(local_part: str) -> bool:
    """Tell whether a mailbox name can be made of some Chinese or Japanese surname."""
    words = re.split(r"[^a-z]+", fold(local_part))
    return any(_holds(word, letters) for word in words if word for letters in _spellings())


def shares_initial(local_part: str, other: str, name: str) -> bool:
    """Tell whether two mailbox names hold the surname of a name, and beside it the same initial of a given name."""
    one, two = (re.sub(r"[^a-z]", "", fold(local)) for local in (local_part, other))
    return any(
        bool(first := _beside(one, letters)) and first == _beside(two, letters)
        for letters in spellings_of(split_name(name)[0])
    )


def _beside(letters_of_box: str, letters: str) -> str:
    """Return the first letter of what stands beside a surname at an end of a mailbox name."""
    if letters_of_box.startswith(letters):
        return letters_of_box.removeprefix(letters)[:1]
    return letters_of_box.removesuffix(letters)[:1] if letters_of_box.endswith(letters) else ""


@lru_cache(maxsize=1)
def _spellings() -> frozenset[str]:
    return frozenset(letters for spelled in _letters().values() for letters in spelled)


def spellings_of(surname: str) -> tuple[str, ...]:
    """Return how a Chinese or Japanese surname is written in Latin letters, as far as it is known."""
    return _letters().get(fold(surname), ())
