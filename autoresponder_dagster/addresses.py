"""E-mail addresses: the few questions that every layer asks of them.

Belongs here: what an address is by itself. Does not belong here: whose it is, or what to do with it.
"""

import re
from collections.abc import Collection
from functools import lru_cache

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

ROLE_NAMES = frozenset([
    # en
    "info", "office", "support", "sales", "contact", "admin", "hello", "team", "press", "media", "help",
    "helpdesk", "service", "services", "enquiries", "inquiries", "mail", "mailbox", "billing", "accounts",
    "accounting", "accountspayable", "payments", "invoices", "marketing", "hr", "jobs", "careers", "recruiting",
    "webmaster", "postmaster", "hostmaster", "abuse", "security", "privacy", "legal", "compliance", "reception",
    "frontdesk", "membership", "members", "events", "news", "newsletter", "editor", "editorial", "orders",
    "customerservice", "customercare", "feedback", "general", "main", "secretary", "secretariat", "registrar",
    "noreply", "no-reply", "donotreply", "do-not-reply", "mailer-daemon", "root", "switchboard", "communications",
    "optout", "unsubscribe", "subscriptions", "programs", "clerk", "dispatch", "operations", "it", "finance",
    "condolences", "tributes", "memorial", "gm", "works", "estates", "facilities", "traffic", "factory", "plant",
    "workshop", "stage", "kitchen", "shop", "store", "stores", "warehouse", "lab", "laboratory", "library", "archives",
    "parish", "rectory", "reservations", "bookings", "booking", "payroll", "contracts", "procurement", "purchasing",
    "tenders", "grants", "donations", "adminpool", "newsdesk", "nomail", "leaver", "leavers", "boxoffice", "studio",
    "logistics", "shipping", "claims", "quotes", "permits", "records", "engineering", "maintenance", "production",
    "publications", "research", "training", "volunteers", "museum", "gallery", "theatre", "mayor", "council",
    # de
    "kontakt", "buero", "sekretariat", "verwaltung", "vertrieb", "zentrale", "empfang", "presse", "poststelle",
    "buchhaltung", "rechnung", "rechnungen", "personal", "bewerbung", "geschaeftsstelle", "vorstand", "anfragen",
    "bestellung", "bestellungen", "auftrag", "auftraege", "einkauf", "lektorat", "redaktion", "kundenservice",
    "kundendienst", "mitglieder", "abo", "abos", "leserservice", "versand", "lager", "pforte", "zentrale", "verlag",
    "gemeinde", "rathaus", "praxis", "kanzlei", "werkstatt", "museum", "archiv", "bibliothek", "mitgliederservice",
    "pressestelle", "hausverwaltung", "dispo", "disposition", "schulleitung", "dekanat", "pfarramt", "pfarrbuero",
    # fr
    "accueil", "secretariat.direction", "bureau", "ventes", "comptabilite", "renseignements", "direction",
    "redaction", "commandes", "achats", "facturation", "factures", "compta", "reservations", "reservation",
    "billetterie", "rh", "drh", "mairie", "scolarite", "abonnements", "commercial", "courrier", "juridique",
    "evenements", "standard", "adherents", "communication", "recrutement", "greffe", "cabinet", "permanence",
    "urbanisme", "livraisons", "clients", "adherent", "archives", "bibliotheque", "atelier", "dossiers", "emploi",
    "chantiers", "expedition", "relationclient", "serviceclient", "sav", "devis", "agence", "etude",
    # es, pt, it
    "contacto", "informacion", "ventas", "soporte", "oficina", "secretaria", "prensa", "atencion", "administracion",
    "contato", "geral", "vendas", "suporte", "escritorio", "atendimento", "imprensa", "administracao",
    "informazioni", "vendite", "supporto", "ufficio", "segreteria", "stampa", "amministrazione", "direzione",
    "redaccion", "pedidos", "compras", "facturacion", "facturas", "pagos", "reservas", "rrhh", "recursoshumanos",
    "direccion", "gerencia", "recepcion", "consultas", "comunicacion", "tesoreria", "comercial", "atencionalcliente",
    "cuentasporpagar", "mesadepartes", "taquilla", "suscripciones", "eventos", "contabilidad", "proveedores",
    "redacao", "financeiro", "faturas", "faturacao", "rh", "protocolo", "ouvidoria", "gabinete", "direcao",
    "diretoria", "contabilidade", "tesouraria", "bilheteira", "assinaturas", "comunicacao", "juridico", "licitacoes",
    "secretariado", "presidencia", "presidenza", "rectorado", "reitoria", "decanato", "rettorato", "presidence",
    "redazione", "protocollo", "biglietteria", "prenotazioni", "ordini", "acquisti", "commerciale", "assistenza",
    "pec", "abbonamenti", "eventi", "fatture", "fatturazione", "contabilita", "risorseumane", "parroco", "sindaco",
    "encomendas", "encomenda", "orcamentos", "recrutamento", "biblioteca", "arquivo", "socios", "clientes", "editais",
    "inscricoes", "inscripciones", "matriculas", "archivo", "socias", "envios", "almacen", "taller", "despacho",
    "relacionamento", "presupuestos", "obras", "cobranzas", "personal", "estudio", "notaria", "preventivi",
    "spedizioni", "magazzino",
    "iscrizioni", "soci", "clienti", "archivio", "personale", "officina", "studio", "cancelleria", "anagrafe",
    # nl, pl, sv
    "receptie", "verkoop", "administratie", "secretariaat", "klantenservice", "bestellingen", "inkoop", "facturen",
    "redactie", "boekhouding", "personeelszaken", "vacatures", "leden", "ledenservice", "ledenadministratie", "balie",
    "directie", "gemeente", "griffie", "bezorging", "bibliotheek", "praktijk",
    "biuro", "sekretariat", "sprzedaz", "pomoc", "recepcja", "administracja", "zamowienia", "ksiegowosc", "faktury",
    "kadry", "redakcja", "reklamacje", "kancelaria", "dyrekcja", "prenumerata", "zakupy", "rekrutacja", "bok",
    "biblioteka", "czlonkowie", "magazyn", "wydawnictwo", "dziekanat",
    "kansli", "kansliet", "forsaljning", "reception", "registrator", "kundtjanst", "order", "bestallning", "inkop",
    "faktura", "ekonomi", "redaktion", "redaktionen", "vaxel", "medlem", "medlemsservice", "personal", "expedition",
    "prenumeration", "bibliotek", "projektkontoret", "diariet",
    # ja, zh (romanised mailbox names)
    "soumu", "soumuka", "somu", "jimukyoku", "eigyo", "eigyou", "koho", "kouhou", "keiri", "jinji", "hisho", "uketsuke",
    "madoguchi", "shomu", "henshu", "henshubu", "toiawase", "daihyo", "kanri", "soumubu", "eigyobu", "kikaku",
    "bangongshi", "baoming", "fuwu", "kefu", "qiantai", "renshi", "caiwu", "bianji", "bianjibu", "xiaoshou",
    "shichang", "zonghe", "yewu", "jiedai", "tousu", "dangban", "yibao",
    # of departments and matters, in all languages
    "production", "logistics", "quality", "engineering", "maintenance", "training", "workshop", "laboratory", "lab",
    "store", "shop", "warehouse", "delivery", "shipping", "freight", "export", "import", "tenders", "permits",
    "planning", "facilities", "estates", "grants", "donations", "volunteers", "box-office", "boxoffice", "tickets",
    "bookings", "booking", "library", "archive", "gallery", "theatre", "clinic", "surgery", "pharmacy", "nursing",
    "admissions", "alumni", "students", "faculty", "research", "projects", "product", "products", "quotes",
    "estimates", "claims", "underwriting", "lettings", "rentals", "repairs", "parts", "spares", "returns",
    "complaints", "newsroom", "newsdesk", "desk", "tips", "letters", "features", "sponsorship", "partnerships",
    "advertising", "ads", "catering", "kitchen", "housekeeping", "concierge", "front-desk", "helpline", "hotline",
    "duty", "dutymanager", "control", "netz", "netze", "technik", "service-center", "kundencenter", "anmeldung",
    "bestellservice", "angebote", "angebot", "anfrage", "beratung", "beschaffung", "logistik", "produktion",
    "qualitaet", "wartung", "schulung", "ausbildung", "seminar", "seminare", "veranstaltungen", "buchung",
    "buchungen", "kasse", "theaterkasse", "spenden", "mitgliedschaft", "foerderung", "projekte", "projektbuero",
    "labor", "klinik", "station", "ambulanz", "pflege", "apotheke", "technik-service", "haustechnik", "fuhrpark",
    "leitstelle", "gremien", "gremienbuero", "standesamt", "bauamt", "ordnungsamt", "buergerbuero", "kulturamt",
    "schulamt", "steueramt", "pfarrei", "kirchenbuero", "friedhof", "forstamt", "jugendamt", "trauerfall", "hilfe",
    "notdienst", "stoerung", "anzeigen", "anzeigenabteilung", "vertriebsinnendienst", "innendienst", "ersatzteile",
    "reklamation", "reklamationen", "garantie", "reseaux", "technique", "travaux", "logistique", "qualite",
    "formation", "formations", "ateliers", "boutique", "magasin", "inscriptions", "adhesions", "dons", "projets",
    "laboratoire", "labo", "clinique", "pharmacie", "urgences", "soins", "chantier", "exploitation", "depannage",
    "pieces", "reclamations", "publicite", "annonces", "petitesannonces", "mediatheque", "musee", "tourisme",
    "etatcivil", "voirie", "sports", "jeunesse", "cantine", "vie-associative", "associations", "etudiants",
    "recherche", "these", "energie", "eaux", "dechets", "redes", "planta", "fabrica", "produccion", "logistica",
    "calidad", "mantenimiento", "formacion", "cursos", "tienda", "almacenes", "inscripcion", "donaciones",
    "proyectos", "laboratorio", "clinica", "farmacia", "urgencias", "citas", "turnos", "expedientes", "registro",
    "licencias", "obrasymantenimiento", "averias", "repuestos", "garantias", "reclamaciones", "publicidad",
    "anuncios", "museo", "teatro", "turismo", "deportes", "juventud", "alumnos", "investigacion", "exportacion",
    "importacion", "distribucion", "ingenieria", "sistemas", "informatica", "cultura", "cobros", "tributos", "padron",
    "producao", "qualidade", "manutencao", "formacao", "loja", "armazem", "inscricao", "doacoes", "projetos",
    "projectos", "marcacoes", "processos", "licencas", "avarias", "pecas", "reclamacoes", "publicidade", "museu",
    "desporto", "juventude", "alunos", "investigacao", "exportacao", "importacao", "distribuicao", "engenharia",
    "cobrancas", "cantina", "hotelaria", "expediente", "reti", "stabilimento", "produzione", "qualita",
    "manutenzione", "formazione", "corsi", "negozio", "iscrizione", "donazioni", "progetti", "urgenze",
    "appuntamenti", "pratiche", "licenze", "guasti", "ricambi", "garanzie", "reclami", "pubblicita", "annunci",
    "sport", "giovani", "studenti", "ricerca", "distribuzione", "ingegneria", "sistemi", "tributi", "demografici",
    "scuola", "mensa", "ordinativi", "allacci", "cantiere", "cantieri", "netten", "netwerk", "techniek", "productie",
    "logistiek", "kwaliteit", "onderhoud", "opleiding", "opleidingen", "cursussen", "winkel", "magazijn",
    "inschrijving", "donaties", "projecten", "projectbureau", "programmabureau", "laboratorium", "kliniek",
    "apotheek", "spoed", "afspraken", "vergunningen", "storing", "storingen", "onderdelen", "klachten",
    "advertenties", "theater", "toerisme", "jeugd", "studenten", "onderzoek", "distributie", "systemen", "cultuur",
    "stages", "stagebureau", "studiezaal", "scriba", "fractie", "parket", "kabinet", "stafbureau", "traffic",
    "verkoopbinnendienst", "nat", "natet", "teknik", "kvalitet", "underhall", "utbildning", "kurser", "butik",
    "anmalan", "gavor", "projekt", "apotek", "akut", "bokning", "bokningar", "arenden", "tillstand", "felanmalan",
    "reservdelar", "garanti", "annonser", "teater", "turism", "idrott", "ungdom", "studenter", "forskning",
    "distribution", "konstruktion", "system", "kultur", "bygglov", "skog", "virke", "kommunikation", "upphandling",
    "receptionen", "oferty", "oferta", "sieci", "przylacza", "technika", "produkcja", "logistyka", "jakosc", "serwis",
    "utrzymanie", "szkolenia", "kursy", "sklep", "zapisy", "darowizny", "projekty", "klinika", "apteka",
    "rejestracja", "wizyty", "sprawy", "zezwolenia", "awarie", "czesci", "gwarancja", "reklamy", "ogloszenia",
    "muzeum", "teatr", "turystyka", "mlodziez", "studenci", "badania", "eksport", "dystrybucja", "systemy",
    "informatyka", "kultura", "handlowy", "handel", "promocja", "prasa", "wystawy", "przetargi", "zaopatrzenie",
    "dostawy", "biuro-obslugi", "haikan", "setsubi", "koji", "kouji", "nyusatsu", "hinshitsu", "seizo", "seizou",
    "gijutsu", "hanbai", "chumon", "chuumon", "juchu", "yoyaku", "gakusei", "kenkyu", "kenkyuu", "kyomu", "gakumu",
    "kaikei", "keiyaku", "shizai", "kobai", "koubai", "unyu", "butsuryu", "hoshu", "saiyo", "saiyou", "kaiin", "jimu",
    "oen", "jimusho", "honsha", "shisha", "honbu", "shomuka", "guanwang", "gongcheng", "shengchan", "zhiliang",
    "wuliu", "caigou", "xiaoshoubu", "shouhou", "fapiao", "hetong", "zhaopin", "zixun", "dingdan", "yewu", "keyan",
    "jiaowu", "xueyuan", "huiyuan", "xuanchuan", "yingxiao", "jishu", "weixiu", "cangku", "fawu", "shenji",
    "hinkan", "soudan", "sodan", "sangyo", "bunka", "suishin", "koshu", "seisaku", "kaihatsu", "chotatsu", "otoiawase",
    "koryu", "kokusai", "gyomu", "tosho", "bgs", "zhb", "dongban", "xiban", "yuanban", "xiaoban", "zonghebu",
    "zhonghe", "shichangbu", "hezuo", "zhaosheng", "mishuchu", "tougao", "xiehui", "xuehui", "yanjiuhui", "zhanlan",
    "maoyi", "gongguan", "yunying", "waishi", "zhiban", "zongban", "huodong", "peixun", "qikan", "zazhi", "faxing",
    "menzhen", "jiedai", "dangban", "tuanwei", "gonghui", "banshichu", "rexian", "qudao", "xiangmu",
    # of matters and offices, in German, Dutch, Swedish and Polish
    "aboservice", "insolvenz", "insolvenzverwaltung", "standort", "standorte", "fahrplan", "auskunft", "auskuenfte",
    "leitung", "foerderberatung", "bewerbungen", "karriere", "schaden", "schaeden", "kurse", "kursbuero",
    "rechnungswesen", "mahnung", "zahlungen", "soziales", "senioren", "feuerwehr", "gemeindeamt", "stadtamt",
    "studienbuero", "studienservice", "pruefungsamt", "sprachschule", "programm", "vermietung",
    "reservierung", "fuehrungen", "geschaeftsfuehrung", "bestellannahme", "rezept", "rezepte", "termine",
    "verkauf", "deelnemers", "werkgevers", "hallo", "boeken", "boekingen", "groepen",
    "reserveringen", "audities", "auditions", "onthaal", "binnendienst", "bestuur", "voorzitter", "secretaris",
    "penningmeester", "curator", "curatoren", "faillissement", "verzuim", "preventie", "rondleidingen", "verhuur",
    "ticketing", "kassa", "wijkteam", "donateurs", "subsidies", "werkplaats", "factuur", "inschrijvingen",
    "aanvragen", "abonnementen", "klachtenfunctionaris", "meldpunt", "loket", "servicedesk", "werkplek", "vacature",
    "onderwijs", "huren", "verzekeringen", "spreekuur", "kliniken", "boka", "hyra", "uthyrning", "kursexp",
    "kursexpedition", "guidning", "visningar", "biljetter", "registratur", "juristfunktionen", "forsakring",
    "forsakringar", "fragor", "fraga", "ordforande", "kassor", "styrelsen", "valberedning", "medlemmar",
    "medlemsfragor", "hej", "lon", "loner", "loneenheten", "rektor", "rektorsexpedition", "pastorsexpedition",
    "stiftskansliet", "orderbekraftelse", "leverans", "leveranser", "verkstad", "verkstaden", "butiken", "museet",
    "arkiv", "arkivet", "miljo", "skolan", "forskola", "tandvard",
    "zlecenia", "rezerwacje", "pytania", "obsluga", "obslugaklienta", "dostawcy", "archiwum", "srodowisko",
    "posrednictwo", "kontraktacja", "bilety", "spedycja", "transport", "poczta", "urzad", "powiat", "gmina",
    "starostwo", "parafia", "kuria", "skladki", "platnosci", "windykacja", "rozliczenia", "umowy", "zgloszenia",
    "zglos", "dyzur", "dyzurny", "hurt", "hurtownia", "detal", "zarzad", "szkola",
    "przedszkole", "przychodnia", "doradztwo", "dotacje", "wnioski", "najem", "wynajem", "wolontariat",
    "noclegi", "zwiedzanie", "edukacja",
    # of more offices and matters, in the Romance languages
    "assessoria", "asesoria", "asesorias", "consulenza", "consulenze", "chefia", "jefatura", "coordinacion",
    "coordenacao", "coordinamento", "coordination", "superintendencia", "intendencia", "provedoria", "vicedireccion",
    "abbonati", "abonnement", "acquedotto", "adhesion", "admision", "admisiones", "afiliacion", "afiliaciones",
    "afiliados", "agendamento", "agendamentos", "agendas", "aguas", "aide", "ajuda", "ambiente", "anuidade",
    "anuidades", "appels", "armazens", "asociados", "associados", "associati", "auditoria", "ayuda", "bandi", "becas",
    "biglietti", "bilancio", "bilheteiras", "bodega", "bodegas", "boletin", "boletines", "bolsas", "bombeiros",
    "bomberos", "borse", "bourses", "bulletin", "caisse", "caja", "calderas", "candidaturas", "candidature",
    "candidatures", "capacitacion", "catalogo", "catalogue", "catastro", "catedra", "cdi", "cementerio", "centralino",
    "certamen", "citaprevia", "clientesparticulares", "cobranca", "cobranza", "coleccion", "colecciones", "colecoes",
    "colegiacion", "colegiados", "collections", "collezioni", "communes", "comunicado", "comunicados", "comunicati",
    "concorsi", "concours", "concurso", "concursos", "consegne", "conserjeria", "consulado", "consular",
    "consultations", "contentieux", "contenzioso", "contratacion", "contrats", "contributi", "convocatorias",
    "cosechas", "cotisations", "creche", "credenciacao", "credenciamento", "cuentas", "delegation", "delibere",
    "demandas", "despachos", "desportos", "didattica", "diplomes", "diritti", "divulgacion", "doctorat", "dottorati",
    "doutorado", "droits", "dudas", "duvidas", "economato", "editoria", "egresados", "egressos", "electricidad",
    "electricite", "elus", "embaixada", "emision", "emplois", "emprestimos", "energia", "esami", "espetaculos",
    "estagio", "estagios", "etatscivils", "exalumnos", "examens", "exportacoes", "exposiciones", "expositions",
    "expositores", "extension", "federados", "festejos", "filiacao", "filiados", "fiscalizacao", "fiscalizacion",
    "folha", "fornitori", "fournisseurs", "galeria", "gare", "grado", "grados", "graduacao", "guichet", "hacienda",
    "hebergement", "hotellerie", "hygiene", "igualdad", "importacoes", "ingressi", "ingressos", "insertions",
    "intendance", "intervencion", "inventaire", "inventario", "inventarios", "jeunes", "laborales", "lauree",
    "lecteurs", "lectores", "leitores", "lettori", "licences", "licencies", "licitacao", "licitaciones", "limpeza",
    "liquidateur", "livraison", "location", "locations", "logistico", "magasins", "mandataire", "manuscrits",
    "marchespublics", "master", "masteres", "masters", "matricole", "matricula", "mestrado", "mestrados", "mostrador",
    "movilidad", "nomina", "nominas", "noticia", "noticias", "notizie", "orientamento", "ormeggi", "ouvidorias",
    "pagamentos", "paghe", "pagina", "patrimoine", "patrimonio", "periscolaire", "petiteenfance", "police", "policia",
    "polizia", "polizze", "pompiers", "portaria", "porteria", "portineria", "posgrado", "posgraduacao", "postgrado",
    "precios", "premi", "premio", "premios", "prenotazione", "prestamos", "prestiti", "prets", "preventivo",
    "programacao", "programacion", "programmation", "programmazione", "protezionecivile", "protocoloyeventos", "pub",
    "pubblicazioni", "publicaciones", "publicacoes", "publicites", "quejas", "questions", "racoes", "radicacion",
    "radicaciones", "ragioneria", "rdv", "recepcao", "reclamo", "reclamos", "reclassement", "regie", "rendezvous",
    "rentas", "residuos", "retours", "revista", "revue", "rifiuti", "ritiri", "rivista", "secretarias", "seguridad",
    "seniors", "siege", "sieges", "sinistres", "sinistri", "sito", "spectacles", "spettacoli", "sportelli",
    "sportello", "subventions", "suprimentos", "suscriptores", "syndic", "talleres", "tesseramento", "tesserati",
    "theses", "tirocini", "tirocinio", "tramites", "transparencia", "transporte", "transportes", "tributario",
    "urbanismo", "urgence", "vendemmia", "ventanilla", "verbali", "vieassociative", "viescolaire", "vigilancia",
    "vigilanciasanitaria", "vigili", "vinculacion", "visa", "visitas", "visite", "visites", "web",
])  # fmt: skip
"""Mailbox names that stand for a role, not a person, in the supported languages (rules.md §9)."""

ROLE_BEGINNINGS = (
    "abteilung", "afdeling", "avdeln", "bureau", "centro", "center", "centre", "comite", "comiss", "comision",
    "commission", "committee", "coordena", "coordina", "departament", "departement", "department", "depto", "dept",
    "dezernat", "direcci", "direzion", "division", "dpto", "dzial", "enhet", "fachbereich", "fakult", "geschaeftsst",
    "institut", "instytut", "katedra", "kommun", "nucleo", "oddzial", "office", "referat", "reparto", "seccion",
    "secretari", "sekretari", "segreteri", "servic", "serviz", "setor", "sezione", "stabsst", "ufficio", "unidad",
    "unidade", "wydzial", "zaklad", "zentrum", "zespol",
)  # fmt: skip
ROLE_ENDINGS = (
    "abteilung", "administratie", "afdeling", "amt", "annahme", "auskunft", "avdelning", "avdelningen", "balie",
    "beheer", "beratung", "betreuung", "buchhaltung", "buero", "bureau", "center", "centralen", "centre", "committee",
    "department", "dept", "desk", "dienst", "division", "enheten", "expeditionen", "fragor", "funktionen", "kansli",
    "kansliet", "kontoret", "leitung", "loket", "office", "redaktion", "sekretariat", "service", "services", "stelle",
    "team", "vermittlung", "verwalter", "verwaltung", "zaken", "zentrale", "zentrum",
)  # fmt: skip
"""How the mailbox names of offices begin and end that are put together (``ufficiotecnico@``, ``bauverwaltung@``)."""

SPREADSHEET_TRIGGERS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0")
"""First characters that make a spreadsheet run a cell (OWASP, CSV injection)."""

_SEPARATORS = re.compile(r"[._+\-]+")
_LABEL = r"[a-z0-9](?:-?[a-z0-9]){0,30}"
_PLAIN_ADDRESS = re.compile(rf"[a-z0-9_+-]{{1,30}}(?:\.[a-z0-9_+-]{{1,30}}){{0,2}}@(?:{_LABEL}\.){{1,2}}[a-z]{{2,30}}")
"""An address of which nothing needs to be looked at any closer, unless its domain is one of those below."""
_RESERVED = tuple(f".{name}" for name in SPECIAL_USE_DOMAIN_NAMES)
_SHORTEST_ROLE_TOKEN = 4


def normalize_email(address: str | None) -> str | None:
    """Return the join key of an address: trimmed and lower-cased; null for an empty one (rules.md §3)."""
    if address is None:
        return None
    return address.strip().lower() or None


def domain_of(address: str) -> str:
    """Return the lower-cased domain of an address; empty where there is none."""
    return address.rpartition("@")[2].strip().lower() if "@" in address else ""


def is_same_or_related_domain(left: str, right: str) -> bool:
    """Tell whether two domains are equal or one is a parent of the other (rules.md §9)."""
    return left == right or left.endswith("." + right) or right.endswith("." + left)


@lru_cache(maxsize=65_536)
def is_valid_email(address: str) -> bool:
    """Tell whether an address is one that mail can be sent to, by its form alone (RFC 5321, RFC 5322)."""
    if _PLAIN_ADDRESS.fullmatch(address) and not f".{address.rpartition('@')[2]}".endswith(_RESERVED):
        return True
    try:
        validate_email(address, check_deliverability=False, test_environment=True, allow_smtputf8=True)
    except EmailNotValidError:
        return False
    return True


def _is_put_together(words: list[str]) -> bool:
    """Tell whether the last word of a mailbox name is a compound that names an office, without an initial before it."""
    ending = next((ending for ending in ROLE_ENDINGS if words[-1].endswith(ending)), None)
    return ending is not None and words[-1] != ending and len(words[0]) > 1


def is_role_mailbox(address: str, role_names: Collection[str] = ()) -> bool:
    """Tell whether a mailbox stands for a role (``info@``, ``sales-emea@``) and not for a person.

    The whole local part counts, and so does a first or last word of it that is a role name of four or
    more letters; an initial before it (``e.root@``) makes it a person's. A word that is put together as the
    names of offices are counts, too (``ufficiotecnico@``). No ``role_names`` stand for the built-in ones.
    """
    role_names = role_names or ROLE_NAMES
    local = address.rpartition("@")[0].strip().lower()
    if local in role_names:
        return True
    words = [word.rstrip("0123456789") for word in _SEPARATORS.split(local) if word]
    words = [word for word in words if word]
    if not words:
        return False
    if all(word in role_names for word in words):
        return True
    if words[0].startswith(ROLE_BEGINNINGS) or _is_put_together(words):
        return True
    if len(words) == 1 or len(words[0]) == 1:
        return False
    return any(len(word) >= _SHORTEST_ROLE_TOKEN and word in role_names for word in (words[0], words[-1]))
