"""Facts: addresses, names, titles, organisations and dates that belong to a statement.

Belongs here: choosing among the addresses, names and dates of a text by the sentence they stand in. Does
not belong here: recognising them (``mailboxes.py``, ``people.py``, ``dates.py``).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from autoresponder_dagster.addresses import domain_of, is_role_mailbox
from autoresponder_dagster.determination.dates import FUTURE, PAST, StatedDate, find_dates
from autoresponder_dagster.determination.folding import collapse, fold
from autoresponder_dagster.determination.lexicon import Lexicon, Meaning
from autoresponder_dagster.determination.mailboxes import (
    Mailbox,
    find_mailboxes,
    is_personal,
    local_part,
    names_match,
    shape,
)
from autoresponder_dagster.determination.own_words import OwnWords, Sentence
from autoresponder_dagster.determination.people import Identity, is_person_like, person_names, strip_honorifics
from autoresponder_dagster.determination.statements import Statement

MAX_LENGTH = 120
_ORGANIZATION_WORDS = frozenset(
    "office team department dept center centre service services desk line council committee association society board bureau agency university "
    "college school hospital clinic institute group company division unit secretariat section foundation alliance federation union authority "
    "commission press relations affairs resources support policy operations court county city state street avenue road building hotel suite "
    "llc llp inc ltd gmbh ag kg ev e.v bv nv ab sa spa srl bank trust church press office general records program project system network "
    "geschaftsstelle zentrale sekretariat abteilung verband kammer buro stadt klinik klinikum hochschule universitat bereich kollegen kolleginnen "
    "secretariat service direction mairie prefecture centre hospitalier ministere cabinet universite pole equipe accueil "
    "secretaria departamento oficina servicio direccion hospital colegio ayuntamiento universidad atencion equipo registro "
    "segreteria ufficio dipartimento direzione ospedale comune azienda servizio gabinete "
    "secretariaat afdeling kantoor bureau gemeente klantenservice kansli kansliet avdelningen enheten forvaltningen "
    "sekretariat biuro dzial wydzial urzad urzedzie oddzial health medical legal marketing sales media editorial public "
    "admissions registrar provost payroll procurement communications membership editorial accounts billing invoices admin finance accounting reception "
    "personal personalabteilung buchhaltung einkauf vertrieb presse pressestelle empfang kundenservice verwaltung poststelle redaktion leitung "
    "comptabilite communication presse juridique contabilidad ventas prensa compras recursos humanos comunicacion vendas compras imprensa "
    "vendite acquisti stampa personale communicatie inkoop personeelszaken ekonomi personal kommunikation inkop ksiegowosc kadry "
    "north south east west new united national international federal american european first second third".split()
)


@dataclass(frozen=True)
class Contact:
    """Somebody whom the text names to turn to."""

    name: str | None
    email: str | None
    title: str | None = None
    is_topical: bool = False


@dataclass(frozen=True)
class Sources:
    """What facts are read from: one message's own words, its sender and its day."""

    own: OwnWords
    identity: Identity
    lexicons: tuple[Lexicon, ...]
    today: date | None
    month_first: bool | None
    vcard: str = ""

    def boxes(self, sentence: Sentence) -> list[Mailbox]:
        """Return the addresses of a sentence."""
        return find_mailboxes(sentence.text) if _may_hold_address(sentence.text) else []


def _may_hold_address(text: str) -> bool:
    return (
        "@" in text
        or "＠" in text
        or re.search(r"\b(?:at|arobase|arroba|chiocciola)\b|[\[(]\s*a\s*[\])]", text, re.IGNORECASE) is not None
    )


def is_own_address(email: str, identity: Identity) -> bool:
    """Tell whether an address is of the form of the sender's own name."""
    if identity.email and fold(local_part(email)) == identity.local_part and not is_role_mailbox(email):
        return True
    if identity.name and names_match(email, identity.name):
        return True
    local = fold(local_part(email))
    squeezed = re.sub(r"[^a-z]", "", local)
    if any(len(token) >= 4 and token in squeezed for token in identity.tokens | identity.aliases):
        return True
    return any(len(word) >= 4 and word in identity.local_part for word in re.split(r"[^a-z]+", local))


def _looks_like_person(name: str, identity: Identity) -> bool:
    words = [fold(word).strip(".,'") for word in strip_honorifics(name).split()]
    if any(word in _ORGANIZATION_WORDS for word in words):
        return False
    squeezed = "".join(re.findall(r"[a-z]", fold(name)))
    domain = re.sub(r"[^a-z]", "", domain_of(identity.email or "").rpartition(".")[0])
    return not (len(squeezed) >= 4 and squeezed in domain)


_ARTICLE = re.compile(
    r"\b(?:the|of|our|your|de|die|der|das|den|dem|la|le|les|il|lo|el|los|las|o|a|os|as|het|al|alla|du|do|da|an|zur|zum)\s$",
    re.IGNORECASE,
)


def _may_be_person(text: str, start: int, name: str, identity: Identity, lexicons: Sequence[Lexicon]) -> bool:
    """Tell whether a capitalised sequence can be a person: an office, a title or a noun alone is none."""
    if len(name) < 2 or not _looks_like_person(name, identity):
        return False
    if len(name.split()) > 1:
        return True
    if any(lexicon.finds("title_noun", fold(name)) for lexicon in lexicons) or _ARTICLE.search(text[:start]):
        return False
    return not any(lexicon.language == "de" for lexicon in lexicons) or text[:start].rstrip().endswith(
        ("Herr", "Frau", "Herrn", "Dr.")
    )


def name_near(text: str, box: Mailbox, identity: Identity, lexicons: Sequence[Lexicon]) -> str | None:
    """Return the person's name that belongs to an address in a text: one that fits it, else the nearest before it."""
    names = [
        (start, end, strip_honorifics(name))
        for start, end, name in person_names(text)
        if not identity.is_named_in(name) and not (box.start <= start < box.end)
    ]
    names = [(start, end, name) for start, end, name in names if _may_be_person(text, start, name, identity, lexicons)]
    fitting = [name for _, _, name in names if names_match(box.email, name)]
    if fitting:
        return max(fitting, key=lambda name: (len(name.split()), -fitting.index(name)))
    before = [
        (end, name) for start, end, name in names if end <= box.start and box.start - end < 70 and is_person_like(name)
    ]
    if before and not is_role_mailbox(box.email):
        return before[-1][1]
    return None


def _topical(sentence: Sentence) -> bool:
    return bool(re.match(r"^\s*(?:[-*•·–]\s|\d{1,2}[.)]\s|[^@.]{3,60}: )", sentence.text))


def contacts(sources: Sources, statements: Sequence[Statement]) -> list[Contact]:
    """Return the people that the own words name to turn to, general ones first; role mailboxes are no people."""
    found: list[Contact] = []
    referring = {s.sentence for s in statements if s.means in (Meaning.SUCCESSOR, Meaning.CONTACT, Meaning.COVER)}
    third_gone = {s.sentence for s in statements if s.who == "third" and s.means in ("left", "retired", "deceased")}
    sentences = sources.own.sentences
    for number, sentence in enumerate(sentences):
        boxes = [box for box in sources.boxes(sentence) if not _is_sender(box.email, sources.identity)]
        if number in third_gone or any(
            lexicon.finds("not_successor", sentence.folded[: boxes[0].start] if boxes else sentence.folded)
            for lexicon in sources.lexicons
        ):
            continue
        previous = sentences[number - 1].text if number and not sentences[number - 1].is_subject else ""
        for position, box in enumerate(boxes):
            if is_own_address(box.email, sources.identity) and not _named_otherwise(sentence.text, box, sources):
                continue
            start = boxes[position - 1].end if position else 0
            window = sentence.text[start : box.end + 60]
            local_box = Mailbox(box.email, box.start - start, box.end - start)
            name = name_near(window, local_box, sources.identity, sources.lexicons)
            if name is None and position == 0 and previous:
                earlier = Mailbox(box.email, len(previous) + 1, len(previous) + 1 + len(box.email))
                candidate = name_near(f"{previous} {box.email}", earlier, sources.identity, sources.lexicons)
                if candidate and (names_match(box.email, candidate) or number - 1 in referring):
                    name = candidate
            name = _full_name(name, box, sources)
            if name is None and any(not lexicon.has_spaces for lexicon in sources.lexicons):
                name = _asian_name(sentence.text, statements, number, sources.identity)
            if name and is_role_mailbox(box.email) and not names_match(box.email, name):
                found.append(Contact(name, None, is_topical=_topical(sentence)))
            elif name or is_personal(box.email, sources.identity.email, []):
                found.append(
                    Contact(name, box.email, _title_after(sentence.text, name, sources.lexicons), _topical(sentence))
                )
        if not boxes and number in referring:
            name = _referred_name(sentence, number, statements, sources)
            if name:
                found.append(Contact(name, None, is_topical=_topical(sentence)))
    found.extend(_signature_contact(sources))
    return _merged(found)


def _named_otherwise(text: str, box: Mailbox, sources: Sources) -> bool:
    """Tell whether another full name that fits an address stands by it (two people of one surname)."""
    name = name_near(text, box, sources.identity, sources.lexicons)
    return name is not None and names_match(box.email, name) and len(name.split()) > 1


def _full_name(name: str | None, box: Mailbox, sources: Sources) -> str | None:
    """Return the fullest form of a name in the own words; without a name, one that fits the address."""
    found = []
    for sentence in sources.own.sentences:
        for start, _, raw in person_names(sentence.text):
            full = strip_honorifics(raw)
            if sources.identity.is_named_in(full) or not _may_be_person(
                sentence.text, start, full, sources.identity, sources.lexicons
            ):
                continue
            if (name is None and names_match(box.email, full)) or (
                name is not None and name != full and name.split()[-1] in full.split()
            ):
                found.append(full)
    return max(found, key=len) if found and (name is None or len(max(found, key=len)) > len(name)) else name


def _is_sender(email: str, identity: Identity) -> bool:
    return email == identity.email


def _merged(found: list[Contact]) -> list[Contact]:
    merged: dict[str, Contact] = {}
    for contact in found:
        key = contact.email or fold(contact.name or "")
        known = merged.get(key)
        if known is None or (known.name is None and contact.name):
            merged[key] = contact
    named = {fold(contact.name) for contact in merged.values() if contact.name and contact.email}
    kept = [
        contact for contact in merged.values() if contact.email or not any(_same(contact.name, name) for name in named)
    ]
    return sorted(kept, key=lambda contact: (contact.is_topical, contact.email is None))


def _same(name: str | None, other: str) -> bool:
    words = fold(name or "").split()
    return bool(words) and (words[-1] in other.split() or all(word in other.split() for word in words))


def _asian_name(text: str, statements: Sequence[Statement], number: int, identity: Identity) -> str | None:
    for statement in statements:
        if statement.sentence == number and statement.name:
            name = collapse(text[statement.name[0] : statement.name[1]])
            if name and not identity.is_named_in(name) and not _ASIAN_OFFICE.search(name):
                return name
    return None


_ASIAN_OFFICE = re.compile(
    r"[課部室係局処处科组組]$|事務|総務|窓口|担当|センター|グループ|会社|協会|大学|弊社|当社|办公|中心|公司|商会|协会|学校|部门|客服|同事|我们|前台|秘书|会员|系统|您|本|贵"
)


def _referred_name(sentence: Sentence, number: int, statements: Sequence[Statement], sources: Sources) -> str | None:
    """Return the full name to which a sentence without an address refers."""
    here = [s for s in statements if s.sentence == number and s.means in (Meaning.SUCCESSOR, Meaning.CONTACT)]
    for statement in here:
        if statement.name:
            name = collapse(sentence.text[statement.name[0] : statement.name[1]])
            if name and not sources.identity.is_named_in(name) and not _ASIAN_OFFICE.search(name):
                return strip_honorifics(name)
    for start, _, name in person_names(sentence.text):
        before = sentence.folded[max(0, start - 5) : start]
        if before.endswith(("the ", "our ", " at ", " of ")) and not any(s.means == Meaning.SUCCESSOR for s in here):
            continue
        if (
            is_person_like(name)
            and _looks_like_person(name, sources.identity)
            and not sources.identity.is_named_in(name)
        ):
            return strip_honorifics(name)
    return None


def _signature_contact(sources: Sources) -> list[Contact]:
    """Return the person of the signature where the text says "the colleague below" and it is not the sender."""
    points_below = any(
        lexicon.finds("here_below", sentence.folded)
        for lexicon in sources.lexicons
        for sentence in sources.own.sentences
    )
    if not points_below or not sources.own.signature:
        return []
    for box in find_mailboxes(sources.own.signature):
        if _is_sender(box.email, sources.identity) or is_own_address(box.email, sources.identity):
            continue
        names = [
            strip_honorifics(name)
            for _, _, name in person_names(sources.own.signature)
            if names_match(box.email, strip_honorifics(name))
        ]
        if names:
            return [Contact(names[0], box.email)]
    return []


def _title_after(text: str, name: str | None, lexicons: Sequence[Lexicon]) -> str | None:
    """Return the title that stands beside a name (``Priya Raman, Director of Meetings, at …``)."""
    if not name:
        return None
    position = text.find(name)
    if position < 0:
        return None
    after = re.match(r",\s*([^,@<(]{3,60})(?:,|\bat\b|<|\(|$)", text[position + len(name) :])
    if after and any(lexicon.finds("title_noun", fold(after.group(1))) for lexicon in lexicons):
        return clean_title(after.group(1), lexicons, None)
    return None


def clean_title(raw: str, lexicons: Sequence[Lexicon], identity: Identity | None) -> str | None:
    """Cut a captured title at the words that end one; null if no title word is in it."""
    title = raw
    for lexicon in lexicons:
        stop = lexicon.words.get("title_stop")
        if stop is not None:
            found = stop.search(fold(title), 1)
            if found:
                title = title[: found.start()]
    comma = title.find(",")
    if comma > 0 and not (comma < 30 and re.match(r", [A-ZÀ-Ý][^\s]* (?:and|&|of) ", title[comma:])):
        title = title[:comma]
    title = re.split(r"\s[-–—]\s|--|<|\S+@|\s(?:\w{1,4}\s)?\d", title)[0]
    if any(not lexicon.has_spaces for lexicon in lexicons):
        title = re.split(r"[で、，]|付で|より|から|\d[日付]+", title)[-1]
    if identity is not None and identity.email:
        domain = re.sub(r"[^a-z]", "", domain_of(identity.email).rpartition(".")[0])
        tail = re.search(
            r" (?:of|di|de|der|des|von|van|do|da|du|della|dell['’]|vid|for|en) (?:the |la |le |el |l['’]|das |dem |het |de )?([A-ZÀ-Þ][\w&'’ -]*)$",
            title,
        )
        if tail:
            squeezed = re.sub(r"[^a-z]", "", fold(tail.group(1)))
            if squeezed and (squeezed in domain or domain.startswith(squeezed[:8])):
                title = title[: tail.start()]
    title = re.sub(
        r"^(?:the|an?|your|our|new|die|der|das|neue[rn]?|als|le|la|l['’]|el|il|lo|o|a|de|het|den|nowy|nowa|ny|nya)\s+",
        "",
        collapse(title),
        flags=re.IGNORECASE,
    )
    title = title.strip(" .,:;!-–\"'*_“”")
    if not ((3 if title.isascii() else 2) <= len(title) <= 90) or len(title.split()) > 11:
        return None
    if not any(lexicon.finds("title_noun", fold(title)) for lexicon in lexicons):
        return None
    return title


def clean_organization(raw: str) -> str | None:
    """Cut a captured organisation at the words that end one; null if it does not begin with a capital."""
    name = re.split(
        r"\s(?:as|where|and will|and can|and|in|on|effective|starting|since|from|to|with|als|en tant|comme|como|come|jako|som|at)\s|[,;(]",
        f"{raw} ",
    )[0]
    name = re.sub(r"^(?:the|la|le|el|il|die|der|das|de|het)\s+", "", collapse(name), flags=re.IGNORECASE).strip(
        " .,:;!-\"'"
    )
    return name[:MAX_LENGTH] if name[:1].isupper() and len(name) > 1 and "@" not in name else None


def _cued(sentence: Sentence, stated: StatedDate, cue: str, lexicons: Sequence[Lexicon], reach: int = 60) -> int | None:
    """Return the distance from the nearest cue before a date, or null."""
    before = sentence.folded[max(0, stated.start - reach) : stated.start]
    after = sentence.folded[stated.end : stated.end + 40]
    best: int | None = None
    for lexicon in lexicons:
        pattern = lexicon.words.get(cue)
        if pattern is None:
            continue
        for found in pattern.finditer(before):
            distance = len(before) - found.end()
            best = distance if best is None else min(best, distance)
        if not lexicon.has_spaces or lexicon.language in ("de", "nl"):
            found_after = pattern.search(after)
            if found_after:
                distance = found_after.start() + 2
                best = distance if best is None else min(best, distance)
    return best


def return_date(sources: Sources, sentences: Sequence[int]) -> tuple[date | None, bool]:
    """Return when the sender is back and whether that is certain.

    A date by a word of return wins; else the end of the absence (a range ends at its end).
    """
    back: list[tuple[int, int, StatedDate]] = []
    until: list[tuple[int, int, StatedDate]] = []
    for number in sentences:
        sentence = sources.own.sentences[number]
        for stated in find_dates(sentence.text, sources.today, FUTURE, sources.month_first):
            if stated.value is None or (sources.today is not None and (stated.value - sources.today).days > 800):
                continue
            distance = _cued(sentence, stated, "return_cue", sources.lexicons)
            limit = _cued(sentence, stated, "until_cue", sources.lexicons, 24)
            begins = _cued(sentence, stated, "start_cue", sources.lexicons, 14)
            if limit is not None and (distance is None or limit <= distance):
                until.append((number, limit, stated))
            elif distance is not None and not (
                begins is not None and begins < distance and distance > 25 and _later_in(sentence, stated, sources)
            ):
                back.append((number, distance, stated))
    for group in (back, until):
        usable = [
            row for row in group if sources.today is None or row[2].value is None or row[2].value >= sources.today
        ]
        if usable:
            number, _, stated = min(
                usable, key=lambda row: (row[2].is_relative, sources.own.sentences[row[0]].is_subject and False, row[1])
            )
            same = [row for row in usable if row[0] == number and group is until]
            chosen = max((row[2] for row in same), key=lambda item: item.value or date.min) if same else stated
            return chosen.value, chosen.is_certain
    return None, True


def _later_in(sentence: Sentence, stated: StatedDate, sources: Sources) -> bool:
    return any(
        other.start > stated.end for other in find_dates(sentence.text, sources.today, FUTURE, sources.month_first)
    )


def effective_date(sources: Sources, statement: Statement, direction: int = PAST) -> tuple[date | None, bool]:
    """Return the date since when a statement holds: the nearest one in its sentence, not one of an end."""
    sentence = sources.own.sentences[statement.sentence]
    candidates = []
    for stated in find_dates(sentence.text, sources.today, direction, sources.month_first):
        if stated.value is None:
            continue
        gap = max(statement.start - stated.end, stated.start - statement.end, 0)
        candidates.append((gap, stated))
    if not candidates:
        return None, True
    _, stated = min(candidates, key=lambda row: row[0])
    return stated.value, stated.is_certain


def new_address(sources: Sources, statement: Statement) -> tuple[str | None, float]:
    """Return the address that a "new address" statement gives and how surely it is the sender's own."""
    sentences = sources.own.sentences
    ending = [lexicon.words["end_of_address"] for lexicon in sources.lexicons if "end_of_address" in lexicon.words]
    for offset in (0, 1, 2, -1, 3):
        number = statement.sentence + offset
        if not 0 <= number < len(sentences) or (offset and sentences[number].is_subject):
            continue
        sentence = sentences[number]
        boxes = [box for box in sources.boxes(sentence) if not _is_sender(box.email, sources.identity)]
        if not boxes:
            continue
        chosen = _best_own(boxes, sentence, statement if offset == 0 else None, sources, ending)
        if chosen is not None:
            return chosen
    for block in (sources.own.signature, sources.vcard):
        boxes = [box for box in find_mailboxes(block) if not _is_sender(box.email, sources.identity)]
        own = [box for box in boxes if is_own_address(box.email, sources.identity) and not is_role_mailbox(box.email)]
        if own:
            return own[0].email, 0.85
    return None, 0.0


def _best_own(
    boxes: list[Mailbox],
    sentence: Sentence,
    statement: Statement | None,
    sources: Sources,
    ending: list["re.Pattern[str]"],
) -> tuple[str, float] | None:
    personal = [box for box in boxes if not is_role_mailbox(box.email)]
    own = [box for box in personal if is_own_address(box.email, sources.identity)]
    if own:
        after = [box for box in own if statement is None or box.start >= statement.start]
        return (after or own)[0].email, 0.95
    for box in personal:
        name = name_near(sentence.text, box, sources.identity, sources.lexicons)
        if name is not None:
            first_names = {word for word in fold(name).split() if word in sources.identity.tokens}
            if not first_names:
                continue
            return box.email, 0.9
        if statement is not None and statement.start <= box.start and (box.start - statement.end) < 60:
            same_form = (
                sources.identity.email is not None and shape(box.email) == shape(sources.identity.email) != "other"
            )
            return box.email, 0.75 if same_form and statement.is_first_person else 0.6
    return None
