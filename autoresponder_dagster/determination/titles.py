"""Titles and organisations: cutting what a pattern captured down to the words that matter.

Belongs here: where a title or the name of an organisation ends. Does not belong here: whose it is.
"""

import re
from collections.abc import Sequence

from autoresponder_dagster.addresses import domain_of
from autoresponder_dagster.determination.folding import collapse, fold
from autoresponder_dagster.determination.lexicon import Lexicon
from autoresponder_dagster.determination.people import Identity

LONGEST_TITLE, LONGEST_ORGANIZATION = 90, 120
MOST_WORDS = 11
_LIST_COMMA = 30
"""A comma within so many characters may be one of the title ("Director, Policy and Planning")."""
_SAME_BEGINNING = 8
_COMMA_OF_TITLE = re.compile(r", [A-ZÀ-Ý]\S* (?:and|&|of) ")
_BREAK = re.compile(r"\s[-–—]\s|--|<|\S+@|\s(?:\w{1,4}\s)?\d")
_ASIAN_BREAK = re.compile(r"[で、，]|付で|より|から|\d[日付]+")
_ARTICLE = re.compile(
    r"^(?:the|an?|your|our|new|die|der|das|neue[rn]?|als|le|la|l['’]|el|il|lo|o|a|de|het|den|nowy|nowa|ny|nya)\s+",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r" (?:of|di|de|der|des|von|van|do|da|du|della|dell['’]|vid|for|en) (?:the |la |le |el |l['’]|das |dem |het |de )?"
    r"([A-ZÀ-Þ][\w&'’ -]*)$"
)
_END_OF_NAME = re.compile(
    r"\s(?:as|where|and|in|on|effective|starting|since|from|to|with|als|en tant|comme|como|come|jako|som|at)\s|[,;(]"
)
_NAME_ARTICLE = re.compile(r"^(?:the|la|le|el|il|die|der|das|de|het)\s+", re.IGNORECASE)


def clean_title(raw: str, lexicons: Sequence[Lexicon], identity: Identity | None) -> str | None:
    """Cut a captured title at the words that end one; null if no title word is in it.

    The sender's own organisation at its end is cut off too ("Director of Confvetro").
    """
    title = raw
    for lexicon in lexicons:
        stop = lexicon.words["title_stop"].search(fold(title), 1) if "title_stop" in lexicon.words else None
        title = title[: stop.start()] if stop else title
    comma = title.find(",")
    if comma > 0 and not (comma < _LIST_COMMA and _COMMA_OF_TITLE.match(title[comma:])):
        title = title[:comma]
    title = _BREAK.split(title)[0]
    if any(not lexicon.has_spaces for lexicon in lexicons):
        title = _ASIAN_BREAK.split(title)[-1]
    title = _without_organization(title, identity)
    title = _ARTICLE.sub("", collapse(title)).strip(" .,:;!-–\"'*_“”")
    is_long_enough = len(title) >= (3 if title.isascii() else 2)
    if not is_long_enough or len(title) > LONGEST_TITLE or len(title.split()) > MOST_WORDS:
        return None
    # "The Mayor's task force" is no title: whose it is does not count.
    own_words = re.sub(r"\w+['’]s ", "", fold(title))
    return title if any(lexicon.finds("title_noun", own_words) for lexicon in lexicons) else None


def _without_organization(title: str, identity: Identity | None) -> str:
    tail = _TAIL.search(title)
    if tail is None or identity is None or not identity.email:
        return title
    domain = re.sub(r"[^a-z]", "", domain_of(identity.email).rpartition(".")[0])
    name = re.sub(r"[^a-z]", "", fold(tail.group(1)))
    return title[: tail.start()] if name and (name in domain or domain.startswith(name[:_SAME_BEGINNING])) else title


def clean_organization(raw: str) -> str | None:
    """Cut a captured organisation at the words that end one; null if it does not begin with a capital."""
    name = _NAME_ARTICLE.sub("", collapse(_END_OF_NAME.split(f"{raw} ")[0])).strip(" .,:;!-\"'")
    return name[:LONGEST_ORGANIZATION] if name[:1].isupper() and len(name) > 1 and "@" not in name else None
