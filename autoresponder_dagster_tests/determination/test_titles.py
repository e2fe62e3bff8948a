"""Which title is the news of a message that is known to tell of one."""

import pytest

from autoresponder_dagster.determination.reading import read
from autoresponder_dagster.determination.sender_facts import stated_title

from .messages import build


@pytest.mark.parametrize(
    ("body", "title"),
    [
        ("Please change Yard Foreman to Yard Superintendent. Nothing else.", "Yard Superintendent"),
        ('Kindly print "Chief Nurse (Wards)" in place of "Ward Sister".', "Chief Nurse"),
        ("I'm the Finance Director as of Monday; was Controller.", "Finance Director"),
        ("You had me as Deputy Registrar. It's Registrar, since the 6th.", "Registrar"),
        ("I gave the Treasurer's job to Bo Ray and I'm Chief of Staff these days.", "Chief of Staff"),
        ("They made it official: I'm the College's permanent Vice Provost now.", "Vice Provost"),
        ("For the badge: Ann Lee, Head of Maps (previously Sub-editor).", "Head of Maps"),
        ("I stay on as Special Projects Director through the summer.", "Special Projects Director"),
        ("My term as Dean is over. I'm now full-time as Professor of Maps.", "Professor of Maps"),
        ("I am now Permanent Secretary and the post of Deputy Secretary is vacant.", "Permanent Secretary"),
        ("I'm no more Yard Foreman but Yard Superintendent.", "Yard Superintendent"),
        ("Formerly: Ward Sister. Currently: Chief Nurse.", "Chief Nurse"),
        ("Your list has me as Ward Sister. I'm Chief Nurse these days.", "Chief Nurse"),
        ("I am now Grade 7, Head of Maps.", "Head of Maps"),
        ("I have a new role in the house: Head of Maps.", "Head of Maps"),
        ("I was promoted on 4 May to Head of Maps.", "Head of Maps"),
        (
            "My signature tells of my new job.\n\nKind regards,\nAnn Lee\nHead of Maps (formerly Curator)",
            "Head of Maps",
        ),
        ("I have been promoted: I am since 2 March the Commercial Director of Acme.", "Commercial Director"),
        ("The board has confirmed me as Director of Export Logistics, as of 15 March.", "Director of Export Logistics"),
        ("I now serve as Director of Public Safety for Plains County.", "Director of Public Safety"),
        ('Please list me as "Vice President, Clinical Operations".', "Vice President, Clinical Operations"),
        ("What I am now is Director of Plant & Safety.", "Director of Plant & Safety"),
        ("Sie sehen es unten: neue Aufgaben.\n\nMit freundlichen Grüßen\nAnn Lee\nLeiterin Karten", "Leiterin Karten"),
    ],
)
def test_the_new_title_is_found(body: str, title: str) -> None:
    found = stated_title(read(build(body, sender="Ann Lee <ann.lee@acme.example>"), None, None))
    assert found is not None
    assert found.text == title


@pytest.mark.parametrize(
    "body",
    [
        "After nine years as Dean I am teaching again.",
        "I have a new job in this house.\n\nKind regards,\nAnn Lee\nHead of Maps",
        "The Director is Bo Ray. I look after the maps now.",
        "For unit matters, Interim Director Bo Ray can help.",
        "Managers, please use the portal.",
        "Happy Nurses Week!",
        "I have stopped being Bursar.",
        "I concluded my contract as Bursar. As of May, the Bursar is Dr. Bo Ray.",
        "I handed the routes to Bo Ray, Route Director.",
        "Bo Ray was made Director in May.",
        "Until now you addressed me as Nurse Unit Manager. That has changed.",
    ],
)
def test_a_title_of_before_or_of_somebody_else_is_none(body: str) -> None:
    assert stated_title(read(build(body, sender="Ann Lee <ann.lee@acme.example>"), None, None)) is None


@pytest.mark.parametrize(
    ("body", "title"),
    [
        ('Bitte auf dem Umschlag "Referentin" durch "Abteilungsleiterin" ersetzen.', "Abteilungsleiterin"),
        ("Seit Mai bin ich im selben Haus als Archivleiterin; vorher war ich Referentin.", "Archivleiterin"),
        ('Wilt u "medewerker" wijzigen? Het is nu "teamleider".', "teamleider"),
        ("Jag är sedan i maj arkivchef; tidigare var jag handläggare.", "arkivchef"),
        ("Je suis passée de rédactrice à directrice des cartes.", "directrice des cartes"),
        ("J'étais adjointe ; depuis mai, je suis la directrice du dépôt.", "directrice du dépôt"),
        ("El consejo me eligió presidenta; dejo la secretaría.", "presidenta"),
        ("Ya no soy técnico, sino director de planta.", "director de planta"),
        ("Torno a fare la professoressa, dopo tre anni come preside.", "professoressa"),
        ("Il consiglio mi ha nominata direttrice del deposito.", "direttrice del deposito"),
        ("A direção nomeou-me diretora de obras; até maio eu não era mais do que assessora.", "diretora de obras"),
        ("Zarząd mianował mnie kierownikiem archiwum.", "kierownikiem archiwum"),
        ("Zarząd mianował mnie dyrektorem ds. sprzedaży.", "dyrektorem ds. sprzedaży"),
        ("Ich bin nun Referentin für Lizenzen und Rechte im selben Haus.", "Referentin für Lizenzen und Rechte"),
        ("Ich bin jetzt Ärztliche Direktorin der Klinik.", "Ärztliche Direktorin der Klinik"),
        ("Je deviens ce jour directrice du dépôt.", "directrice du dépôt"),
    ],
)
def test_the_new_title_is_found_in_other_languages(body: str, title: str) -> None:
    found = stated_title(read(build(body, sender="Ann Lee <ann.lee@acme.example>"), None, None))
    assert found is not None
    assert found.text == title


@pytest.mark.parametrize(
    "body",
    [
        "Ich war neun Jahre als Leiterin tätig. Jetzt ist Leiter Herr Bo Ray.",
        "Na acht jaar als directeur ben ik gestopt.",
        "Jag har slutat som ordförande.",
        "La directrice est Mme Ada Blu. J'ai terminé comme directrice.",
        "He terminado como director. La nueva directora es Ada Blu.",
        "Ho finito come direttore; ora la direttrice Ada Blu vi aiuta.",
        "Deixei de ser diretora.",
        "Przestałam być dyrektorem.",
        "Het werk doet nu een ander: directeur@acme.example.",
    ],
)
def test_a_title_of_before_is_none_in_other_languages(body: str) -> None:
    assert stated_title(read(build(body, sender="Ann Lee <ann.lee@acme.example>"), None, None)) is None


def test_the_own_organisation_behind_a_comma_is_no_part_of_a_title() -> None:
    body = "I am now Director of Maps, Polar Freight."
    found = stated_title(read(build(body, sender="Ann Lee <ann.lee@polarfreight.example>"), None, None))
    assert found is not None
    assert found.text == "Director of Maps"
