"""Own words: what the sender wrote now, apart from quotes, signature and footers.

Belongs here: the division of a text into own words, signature, legal footer and quoted original, and of
own words into sentences. Nothing is thrown away: an address may only stand in the signature.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

from autoresponder_dagster.determination.dates import month_numbers
from autoresponder_dagster.determination.folding import collapse, fold
from autoresponder_dagster.determination.lexicon import Lexicon, forms, name_words
from autoresponder_dagster.determination.mailboxes import Mailbox, find_mailboxes, may_hold_mailbox
from autoresponder_dagster.determination.people import person_names

MAX_SENTENCES = 200
MAX_SENTENCE = 1_200
_SIGNATURE_LINES = 8
_SHORT_LINE = 60
_LONGEST_ATTRIBUTION = 250
_HEADER_LINES = 3
"""So many of From, Sent, To, Subject together are the head of a quoted message."""
_NAME_WORDS = 5
_NAME_WORD = re.compile(r"[^\W\d_]{2,}")
_NO_NAME = re.compile(r"[@\d]")


@dataclass
class Sentence:
    """One sentence of the sender: ``text`` as written on one line, ``folded`` for matching (same length)."""

    text: str
    folded: str
    paragraph: int
    is_subject: bool = False

    @cached_property
    def boxes(self) -> tuple[Mailbox, ...]:
        """The addresses in the sentence."""
        return find_mailboxes(self.text) if may_hold_mailbox(self.text) else ()

    @cached_property
    def names(self) -> tuple[tuple[int, int, str], ...]:
        """Start, end and text of what looks like the names of people."""
        return person_names(self.text)


class OwnWords(NamedTuple):
    """A text divided by whose words they are."""

    sentences: tuple[Sentence, ...]
    own: str
    signature: str
    footer: str
    quoted: str

    def says(self, kind: str, lexicons: Sequence[Lexicon]) -> bool:
        """Tell whether any sentence holds words of one of the lists of some lexicons."""
        return any(
            lexicon.within(sentence.folded).finds(kind, sentence.folded) is not None
            for lexicon in lexicons
            for sentence in self.sentences
        )


_QUOTE_LINE = re.compile(r"^\s*(?:>|\|\s|\| ?$)")
_RULED = re.compile(r"^\s*(?:-{2,}|_{5,}|={5,}|\*{5,}|\u2014{2,})\s*")
_GROUPWISE = re.compile(r"^>>> .{3,200}")
_RULE = re.compile(r"^[\s\-_=*~#+.]{5,}$")
_BULLET = re.compile(r"^\s*(?:[-*•·–—o]\s+|\d{1,2}[.)]\s+|\([a-z0-9]\)\s+)")
_SENTENCE_END = re.compile(
    r"(?<=[.!?…])[\"')\]]*\s+(?=[\"'(\[¡¿]?[A-ZÀ-ÞŁŚŻŹĆŃ0-9¡¿])|(?<=[。！？])|\s*\.{3,}\s+(?=[A-ZÀ-Þ])"
)
_MAY_END = re.compile(r"[.!?…][\"')\]]*\s|[。！？]")
"""What is in every text that is more than one sentence: cheap to look for."""
_ORDINAL = re.compile(r"(?:^|\D)\d{1,2}\.$")
_LABEL_VALUE = re.compile(r"^[^\s:][^:]{0,40}:\s*\S")


@lru_cache(maxsize=1)
def _abbreviation() -> "re.Pattern[str]":
    """Return the pattern of an abbreviation, an initial or a pair of them at the end of a text."""
    words = "|".join(re.escape(word) for word in sorted(name_words("abbreviations")))
    return re.compile(rf"(?:^|[\s(\"'])(?:{words}|[^\W\d_]\.[^\W\d_]|[A-ZÀ-Þ])\.$")


Line = tuple[str, str]
"""A line as it is written, and folded without the spaces around it."""


def _is_separator(folded_line: str) -> bool:
    ruled = _RULED.match(folded_line)
    return ruled is not None and forms("separators").match(folded_line[ruled.end() :]) is not None


def _is_quote_start(lines: Sequence[Line], index: int, lexicons: Sequence[Lexicon]) -> bool:
    """Tell whether the quoted original begins at a line: a separator, an attribution or a header block."""
    line = lines[index][1]
    if not line:
        return False
    if _is_separator(line) or _GROUPWISE.match(line):
        return True
    if len(line) <= _LONGEST_ATTRIBUTION and _holds(line, "quote_intro", lexicons):
        return True
    following = lines[index + 1][1] if index + 1 < len(lines) else ""
    is_wrapped = following.endswith(":") and len(line) < _LONGEST_ATTRIBUTION // 2
    if is_wrapped and _holds(f"{line} {following}", "quote_intro", lexicons):
        return True
    if not _holds(line, "header_labels", lexicons):
        return False
    labels = sum(_holds(near, "header_labels", lexicons) for _, near in lines[index : index + 5])
    return labels >= _HEADER_LINES


def _holds(folded: str, kind: str, lexicons: Sequence[Lexicon]) -> bool:
    return any(lexicon.finds(kind, folded) is not None for lexicon in lexicons)


def _cut_quote(lines: Sequence[Line], lexicons: Sequence[Lexicon]) -> tuple[list[Line], list[str]]:
    own: list[Line] = []
    quoted: list[str] = []
    says_something = False
    for index, line in enumerate(lines):
        text = line[0]
        if _QUOTE_LINE.match(text) and not _GROUPWISE.match(text):
            quoted.append(text)
            own.append(("", ""))  # What stands above and below a quoted line is not one sentence.
        elif _is_quote_start(lines, index, lexicons) and (says_something or index > 0 or not quoted):
            if not says_something:
                # Nothing was written above: an attribution line, then words below the quote (or a forward).
                quoted.append(text)
                continue
            quoted.extend(rest for rest, _ in lines[index:])
            break
        else:
            own.append(line)
            says_something = says_something or not text.isspace()
    return own, quoted


def _is_footer(paragraph: str, lexicons: Sequence[Lexicon]) -> bool:
    return _holds(fold(paragraph), "footer", lexicons)


def _split_signature(
    lines: list[Line], lexicons: Sequence[Lexicon], sender_tokens: frozenset[str]
) -> tuple[list[Line], list[Line]]:
    """Return own lines and the signature: from a closing formula, a ``--`` line or the sender's name on."""
    seen_words = False
    for index, (_, line) in enumerate(lines):
        if not line:
            continue
        if not seen_words:
            seen_words = "@" in line or len(_NAME_WORD.findall(line)) > 1
        elif (
            line == "--"
            or (len(line) <= _SHORT_LINE and _holds(line, "closing", lexicons))
            or _is_senders_name(lines, index, sender_tokens)
        ):
            return lines[:index], lines[index:]
    return lines, []


def _is_senders_name(lines: Sequence[Line], index: int, sender_tokens: frozenset[str]) -> bool:
    """Tell whether a line is the sender's name, below a blank line or near the end and below a line that ends."""
    line = lines[index][1]
    words = _NAME_WORD.findall(line)
    if not 1 <= len(words) <= _NAME_WORDS or sum(map(sender_tokens.__contains__, words)) * 2 < len(words):
        return False
    above = lines[index - 1][0].rstrip()
    is_apart = not above or (len(lines) - index <= _SIGNATURE_LINES and above[-1] in ".!?…:,;)。！？")
    return is_apart and not line.endswith((":", ",")) and _NO_NAME.search(line) is None


def _paragraphs(lines: list[str]) -> list[list[str]]:
    paragraphs: list[list[str]] = []
    current: list[str] = []
    for line in lines:
        if not line.strip() or _RULE.match(line):
            if current:
                paragraphs.append(current)
            current = []
        else:
            current.append(line)
    if current:
        paragraphs.append(current)
    return paragraphs


def _blocks(paragraph: list[str]) -> list[str]:
    """Join the wrapped lines of a paragraph; a bullet, a label or a short line before it starts a new block."""
    blocks: list[str] = []
    longest = max(len(line.rstrip()) for line in paragraph)
    previous = ""
    for line in paragraph:
        stripped = line.strip()
        new = (
            not blocks
            or _BULLET.match(line)
            or (_LABEL_VALUE.match(stripped) and len(previous) < longest - 12)
            or (
                len(previous) < min(_SHORT_LINE, longest - 15)
                and not previous.endswith((",", "-", "(", "&"))
                and previous[-1:] in ".!?:;。！？"
            )
            or (
                len(previous) < min(45, longest - 20)
                and stripped[:1].isupper()
                and not previous.endswith((",", "&", " and"))
            )
            or (stripped[:1] > "\u2e80" and previous[-1:] in "。！？，、：；" and previous[-1:] in "。！？")
        )
        if new:
            blocks.append(stripped)
        else:
            joint = "" if blocks[-1][-1:] > "\u2e80" and stripped[:1] > "\u2e80" else " "
            blocks[-1] = f"{blocks[-1]}{joint}{stripped}"
        previous = stripped
    return blocks


def _first_word(text: str) -> str:
    found = re.match(r"[^\W\d_]+", text)
    return fold(found.group()) if found else ""


def split_sentences(block: str) -> list[str]:
    """Split a block of running text into sentences; abbreviations and ordinals do not end one."""
    if not _MAY_END.search(block):
        return [block.strip()] if block.strip() else []
    sentences: list[str] = []
    start = 0
    for found in _SENTENCE_END.finditer(block):
        candidate = block[start : found.start()]
        if _abbreviation().search(candidate[-12:]) and not found.group().startswith("..."):
            continue
        if _ORDINAL.search(candidate[-4:]) and _first_word(block[found.end() :]) in month_numbers():
            continue  # "zum 31. August"
        if candidate.strip():
            sentences.append(candidate.strip())
        start = found.end()
    if block[start:].strip():
        sentences.append(block[start:].strip())
    return sentences


def divide(
    text: str, lexicons: Sequence[Lexicon], sender_tokens: frozenset[str] = frozenset(), subject: str = ""
) -> OwnWords:
    """Divide a message's text. ``subject`` is the part of the subject line that the sender wrote, if any."""
    lines = list(zip(text.split("\n"), map(str.strip, fold(text).split("\n")), strict=True))
    own_lines, quoted = _cut_quote(lines, lexicons)
    body_lines, signature_lines = _split_signature(own_lines, lexicons, sender_tokens)
    pieces = [(-1, piece) for piece in split_sentences(collapse(subject))]
    footer: list[str] = []
    for number, paragraph in enumerate(_paragraphs([line for line, _ in body_lines])):
        blocks = _blocks(paragraph)
        whole = collapse(" ".join(blocks))
        if number > 0 and _is_footer(whole, lexicons):
            footer.append(whole)
        else:
            pieces.extend((number, piece) for block in blocks for piece in split_sentences(collapse(block)))
    sentences = tuple(
        Sentence(piece[:MAX_SENTENCE], fold(piece[:MAX_SENTENCE]), number, is_subject=number < 0)
        for number, piece in pieces[:MAX_SENTENCES]
    )
    return OwnWords(
        sentences=sentences,
        own="\n".join(sentence.text for sentence in sentences if not sentence.is_subject),
        signature="\n".join(line for line, _ in signature_lines),
        footer="\n".join(footer),
        quoted="\n".join(quoted),
    )
