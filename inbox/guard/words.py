"""The words beside a number that say what it is, in the languages of the desk: en, de, fr, es, it, nl, pl, sv.

They are matched against the plain form of a text: small letters, no accents (ß stays).
"""

# ruff: noqa: E501 - an alternative of a pattern is easier to read in one line

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from enum import StrEnum

from inbox.guard.folding import Folded


class Topic(StrEnum):
    PHONE = "phone"
    ID = "id"
    CARD = "card"
    IBAN = "iban"
    CODE = "code"
    BIRTH = "birth"
    CASE = "case"
    REFERENCE = "reference"
    ACCOUNT = "account"
    VERSION = "version"
    NUMBER = "number"


_WORDS = {
    Topic.PHONE: r"""
        phones? telephones? mobiles? cell(?:phone)?s? landline tel telno ph whatsapp signal sms text(?:ed|ing)?
        call(?:ed|ing|s)? ring(?:ing)? dial reach reachable callback fax voicemail
        telefon\w* handy\w* mobil\w* rufnummern? festnetz\w* ruckruf\w* anrufen angerufen anzurufen erreich\w* durchwahl
        telephon\w* portable appel\w* joindre joignable rappel\w* fixe
        telefono movil celular llam\w+ fijo tfno tlf contact(?:ar|ad|am)\w* localizar\w* telefonear
        cellulare chiam\w+ recapito contatt(?:are|ato|arl)\w* provat[oa]_al
        telefoon\w* mobiel\w* bellen gebeld bereik\w* belt
        telefon\w* komork\w+ kom dzwon\w+ zadzwon\w+ oddzwon\w* dodzwon\w*
        ringa ringer ringt nas na(?=\s+(?:dig|er|henne|honom)(?![a-z])) mobilnummer tfn kontaktnummer""",
    Topic.ID: r"""
        ssn s\.s\.n social_security(?:_(?:number|no|nr))? national_insurance(?:_(?:number|no))? nino ni_(?:number|no)
        passports? driver'?s?_licen[cs]e driving_licen[cs]e drivers?_licen[cs]e tax_?(?:payer)?_?(?:id|number|no|reference)
        tin itin national_id(?:entity)?(?:_(?:number|no|card))? identity_(?:card|number|document) id_card nhs(?:_(?:number|no))? utr
        sozialversicherungs\w* steuer-?id\w* steuernummer steuer-?nr steuerliche\w* identifikationsnummer idnr tin
        ausweis\w* personalausweis\w* reisepass\w* passnummer fuhrerschein\w* rentenversicherungs\w* versichertennummer krankenversicherten\w*
        securite_sociale secu nsecu nir insee passeport carte_(?:nationale_)?d['’]identite permis_de_conduire cni
        numero_fiscal identifiant_fiscal spi carte_vitale
        dni(?=\s*(?:es\b|n|[:#(]|\d)) nie(?=\s*(?:es\b|[:#(]|[xyz]\d|\d)) nif n\.i\.f d\.n\.i n\.i\.e pasaporte seguridad_social permiso_de_conducir cedula documento_(?:nacional_)?de_identidad
        codice_fiscale cod\.?_?fisc\w* c\.f cf carta_d['’]identita passaporto patente tessera_sanitaria
        bsn(?:-?nummer)? burgerservicenummer sofi-?nummer paspoort\w* rijbewijs\w* identiteits\w* id-kaart
        pesel\w* dowod\w* paszport\w* prawo_jazdy prawa_jazdy
        personnummer personnr pers\.?nr passnummer korkort\w* samordningsnummer id-?kort\w* id-nummer""",
    Topic.IBAN: r"iban\w* bic swift_?code",
    Topic.CARD: r"""
        visa mastercard maestro amex american_express credit_?cards? debit_?cards? bank_?cards? cards? card_(?:number|no)
        karten?\w* kreditkarten?\w* debitkarten?\w* girokarten?\w* ec-?karten?\w* bankkarten?\w* carte(?:_(?:bancaire|bleue|de_credit))? cb tarjetas? carta_di_(?:credito|debito)
        kaart\w* creditcard\w* betaalkaart\w* bankkaart\w* creditkaart\w* kart[aeyiy] karcie kort(?:et|nummer)? kreditkort\w* betalkort\w* bankkort\w*""",
    Topic.CODE: r"""
        pin pins pin_?(?:code|nummer|nr|number) tan(?=\s*(?:lautet|ist|fur|nummer|nr|[:=#]|\d)) m-?tan itan otp puk cvv2? cvc2? csc
        pass(?:words|codes?|phrase|keys?) pwd passw passwortes losungswort geheimzahl einmal\w*
        mots?_de_passe mdp contrasenas? claves? codigos? clave_de_acceso
        codic[ei] parola_d['’]ordine parola_chiave wachtwoorden hasl[oaeu]m? engangs\w* verifikation\w*
        security_(?:answer|word) memorable_(?:answer|word) 2fa""",
    Topic.BIRTH: r"""
        born dob d\.o\.b birth birthdate birthday date_of_birth birth_date
        geboren\w* geburtsdatum geburtstag\w* geb
        nee?_le nee?_en naissance date_de_naissance anniversaire
        nacid[oa] nacimiento naci nacio cumpleanos f\.?nac naciste nac\. cumples?
        nat[oa] nascita compleanno
        geboortedatum geboorte\w* gebdatum verjaardag
        urodz\w+ ur
        fodd fodelse\w+ fodelsedag\w*""",
    Topic.CASE: r"""
        cases? tickets? incident claims? enquiry query requests? complaint
        vorgang\w* aktenzeichen fallnummer ticketnummer ticket-?nr anfrage\w* meldung\w* schadenmeldung\w*
        dossier\w* demandes? requete reclamation expediente\w* caso incidencia solicitud\w* reclamacion
        pratica segnalazione richiest[ae] reclamo
        zaak\w* melding\w* verzoek\w* klacht\w* zgloszen\w* spraw[ayieo]\w* wniosk\w* reklamacj\w* arende\w* forfragan""",
    Topic.REFERENCE: r"""
        references? ref refs referenz\w* referencia\w* riferimento kenmerk referentie\w* referencj\w* referens\w* reff?""",
    Topic.ACCOUNT: r"""
        account(?:_(?:number|no|id))? acct acc customer(?:_?(?:number|no|id|ref\w*|code))? client cliente (?:customer|client)_?id
        order purchase_order booking reservation contract policy membership member loyalty invoice tracking shipment parcel
        consignment imei iccid meter_(?:number|no|id|point|reading|serial) subscription subscriber confirmation pnr e-?ticket
        user_?id login_?id sort_?code routing_(?:number|no) frequent_flye?r locator
        konto\w* kunden_?(?:nummer|nr|konto|kennung|id|karte)\w* kd-?nr kunde bestell\w* auftrag\w* vertrag\w* buchung\w*
        reservierung\w* rechnung\w* sendung\w* policen\w* versicherungs?_?(?:schein|nummer|nr|police)\w* mitglied\w*
        zahler\w* paketnummer abos? abonnement\w* abonnenten\w* teilnehmernummer bankleitzahl blz
        compte commande contrat facture colis suivi adherente? abonnee? abonnement police_d['’]assurance police_n
        cuenta pedido reserva contrato factura poliza socio socia envio localizador abonad[oa] suscripcion
        conto ordine prenotazione contratto fattura polizza spedizione utenza abbonamento tessera
        rekening\w* klant_?(?:nummer|nr|id)\w* bestelling bestel_?(?:nummer|nr)\w* bestelnr order_?(?:nummer|nr)\w* boeking\w*
        reservering\w* contract\w* polis\w* factuur\w* lidmaatschap\w* lidnummer zending\w* pakketnummer abonnee\w*
        kont[oa] kontem klienta klient zamowieni[aeu]\w* rezerwacj[iaeę]\w* umow[yaie] faktur[yaie] przesylk[iae] rachunk\w* abonenta
        czlonkowsk\w* paczki polisy
        kund_?(?:nummer|nr|id|konto)\w* bestallning\w* bokning\w* avtal\w* medlem\w* forsakring\w* forsandelse\w*
        kolli\w*""",
    Topic.VERSION: r"""
        versions? ver v build builds firmware release update patch ios ipados android windows macos driver software app kernel
        application appli aplicacion applicazione aplikacj[aiey] applicatie google_play app_store play_store chrome firefox safari plugin
        siren siret regon krs hrb rcs kvk isbn ean sku lot batch charge partia lote lotto cif vat tva nip p\._?iva partita_iva org\.?_?nr
        versione wersja wersji versie mise_a_jour aktualisierung aktualizacja""",
    Topic.NUMBER: r"""
        numbers? no nos nr numret num nbr nummern? numeros? num_?ber numery? numerem numeru n[°º] id identifier kennung
        identificador identifiant identificativo""",
}


def _by_first_letter() -> str:
    """All words as one pattern that decides by the first letter, each group named after its topic."""
    heads: dict[str, list[str]] = {}
    for topic, words in _WORDS.items():
        by_head: dict[str, list[str]] = {}
        for word in words.split():
            by_head.setdefault(word[0] if word[0].isalnum() else "", []).append(word.replace("_", "[ _-]"))
        for head, alternatives in by_head.items():
            longest = "|".join(sorted(set(alternatives), key=len, reverse=True))
            heads.setdefault(head, []).append(f"(?P<{topic.value}_{head}>{longest})")
    return "|".join(f"(?={head})(?:{'|'.join(groups)})" for head, groups in sorted(heads.items(), reverse=True))


_KEYWORD = re.compile(rf"(?<![a-z0-9@])(?:{_by_first_letter()})(?![a-z])")
# "Code" is said in many compounds, and each says whether everybody may know it.
_CODE = re.compile(r"(?:codes?|kod(?:en|u|em|y|zie|ens)?|passwor[dt]|kennwort|wachtwoord|losenord|(?<=-)pin)(?![a-z])")
_COMPOUND = re.compile(r"[a-z-]{1,30}$")
# A word before "code" or "number" that makes it something everybody may know.
_EVERYBODYS_CODE = re.compile(
    r"(?:promo\w*|discount|vouchers?|errors?|zip|post(?:al|leitzahl)?|area|country|qr|bar|source|product|status|offer|model|"
    r"referral|dress|hash|dial\w*|coupons?|rabatt|gutschein|fehler|aktions|vorwahl|postal|promotionnel|erreur|remise|"
    r"descuento|promocional|sconto|errore|korting\w*|actie|fout|landen?|rabatow\w*|promocyj\w*|bledu|pocztow\w*|felkods?|"
    r"fel|kampanj|airport|sale|black|mcc|exit|response|http)[ -]?$"
)
_CODE_INSIDE = re.compile(
    r"(?:promo|discount|voucher|error|zip|post|area|country|qr|bar|source|product|rabatt|gutschein|fehler|aktions|"
    r"korting|kortings|actie|fout|landen|lands|fel|kampanj|streck|de|en|un|uni|dress|hash|geo|morse|vorwahl|pri)s?-?(?:code|kod)"
)
# The same in languages that say it behind: "code d'erreur", "numero di modello".
_BEHIND = re.compile(
    r"[ -](?:d['’]|de (?:la |l['’])?|di |del |della |dell['’]|do )?(?:erreur|error|errore|bled\w*|promo\w*|reduction|remise|"
    r"postal\w*|pocztow\w*|sconto|descuento|rabat\w*|qr|pays|pais|area|barres|barre|barras|kreskow\w*|source|fonte|fuente|"
    r"couleur|avantage|cadeau|parrain\w*|amigo|status|stato|produ[kc]t\w*|article\w*|modele|vol|train|articulo|modelo|vuelo|"
    r"lote|articolo|modello|volo|treno|prodotto|lotto|artykul\w*|modelu|lotu|pociagu|partii|serie?|seri[ie]|of conduct|"
    r"etat|estado|regalo|remises|tva|iva|vat|siret|siren|rcs)(?![a-z])"
)
_EVERYBODYS_NUMBER = re.compile(
    r"(?:flight|model|part|article|bus|train|version|item|product|channel|page|question|room|artikel\w*|modell?\w*|"
    r"flug|zug|vol|vuelo|volo|vlucht|lot|flyg|event|veranstaltungs|art\.?|sku|teile|serien|chargen?|tag|seat|gate|chapter|step|day|series|season|serial|batch|vat|company|"
    r"registration|register|ust-?|umsatzsteuer-?|tva|iva|btw-?|moms|kvk-?|org|organisations?|charity|licen[cs]e|branch|store|"
    r"platform|track|line|route|shop|fax)[ -]?$"
)
_ACCOUNTS_CODE = re.compile(
    r"(?:buchungs|reservierungs|kunden|bestell|boekings|reserverings|klant|bestel|boknings|kund|order|vertrags)-?$"
)
_EVERYBODYS = {
    Topic.CODE: _EVERYBODYS_CODE,
    Topic.NUMBER: _EVERYBODYS_NUMBER,
    Topic.ID: re.compile(r"(?:ust|umsatzsteuer)-$"),
}
# What a compound with "account" or "order" says of everybody's: its limit, its model, its hotline.
_EVERYBODYS_COMPOUND = re.compile(
    r"(?:konto|vertrag|auftrag|rechnung|bestell|buchung|sendung|mitglied|abonnement|kund|avtal|medlem|rekening|contract|factuur|lidmaatschap)\w*?"
    r"(?:stand|bestand|betrag|wert|summe|gebuhr\w*|modell\w*|limit\w*|zeit\w*|jahr\w*|preis\w*|grenze|menge|beginn|ende|datum|"
    r"kosten|saldo|guthaben|volumen|strafe|kopie|eroffnung|wechsel|fuhrung|auszug\w*|aktion\w*|abschluss\w*|bedrag|waarde|"
    r"belopp|varde|avgift|manader)$"
)
_MANY = re.compile(
    r"(?:bestellungen|buchungen|rechnungen|sendungen|reservierungen|auftrage|vertrage|konten|mitglieder|bestellingen|boekingen|"
    r"rekeningen|facturen|reserveringen|zendingen|zamowienia|faktury|rachunki|bestallningar|bokningar|medlemmar|forsakringar)$"
)
_HOTLINE = re.compile(r".*(?:hotline|telefon)$")
_MAY_FOLLOW = {Topic.CODE, Topic.NUMBER}
_IN_ORDER = re.compile(r"\bin $")


@dataclass(frozen=True, slots=True)
class Keyword:
    topic: Topic
    start: int
    end: int


def keywords(folded: Folded) -> list[Keyword]:
    """The words of ``folded`` that say what a number near them is, in order."""
    plain = folded.plain
    found = []
    for match in _KEYWORD.finditer(plain):
        topic = Topic(str(match.lastgroup).partition("_")[0])
        before = max(0, match.start() - 16)
        if (topic in _EVERYBODYS and _EVERYBODYS[topic].search(plain, before, match.start())) or (
            topic in _MAY_FOLLOW and _BEHIND.match(plain, match.end())
        ):
            topic = Topic.VERSION
        elif topic is Topic.ACCOUNT and _HOTLINE.match(match.group()):
            topic = Topic.PHONE
        elif topic is Topic.ACCOUNT and _EVERYBODYS_COMPOUND.match(match.group()):
            topic = Topic.VERSION
        elif match.group() == "order" and _IN_ORDER.search(plain, before, match.start()):
            continue
        found.append(Keyword(topic, match.start(), match.end()))
    codes = [_code(plain, match) for match in _CODE.finditer(plain)]
    return sorted([*found, *codes], key=lambda word: (word.end, word.start)) if codes else found


def _code(plain: str, match: re.Match[str]) -> Keyword:
    head = _COMPOUND.search(plain, max(0, match.start() - 30), match.start())
    start = head.start() if head else match.start()
    known = (
        _CODE_INSIDE.match(plain, start, match.end())
        or _EVERYBODYS_CODE.search(plain, max(0, start - 16), start)
        or _BEHIND.match(plain, match.end())
    )
    if known:
        return Keyword(Topic.VERSION, start, match.end())
    compound = start < match.start() and match.group().startswith(("code", "kod"))
    own = _ACCOUNTS_CODE.match(plain, start, match.start()) if compound else None
    return Keyword(Topic.ACCOUNT if own else Topic.CODE, start, match.end())


_SENTENCE_ENDS = re.compile(r"[!?…](?:\s|$)|[a-z0-9)]\.\s+[A-ZÀ-Þ]|\n\s*\n")
_BEFORE = 44
_LINK = re.compile(
    r"\s*[)\"'”]?\s*,?\s*\(?(?:is|was|ist|lautet|est|es|e|is|to|jest|byl|ar|var|=|->|was|as|als|comme|como|come|jako|som)\b"
)
_AFTER = 30
_TIGHT = re.compile(
    r"[\s\"'“”«»(\[]*(?:(?:number|no|nr|nummer|num|numero|numer|id|ref|reference|code|is|ist|lautet|est|es|e|jest|ar|was|"
    r"to|de|n[°º]|numeros?|with|the|your|of|on|ends?|are|van|mit|der|die|das)\b\.?[\s\"'“”«»(\[]*){0,3}[:#=\-–>]*[\s\"'“”«»(#\[]*"
)


_SHOP = re.compile(
    r"checkout|discount|% off|\d ?% |rabat|rabais|remise|reduction|descuento|sconto|korting|znizk|kampanj|voucher|coupon|gutschein|"
    r"warenkorb|panier|carrito|carrello|winkelwagen|koszyk|kassa|kasse|promo|saldi|soldes|rebajas|ausverkauf"
)
_PROVES = re.compile(
    r"verif|secur|sicherh|bestatig|confirm|confer|bevestig|beveilig|potwierdz|engang|one-time|einmal|uso unico|login|log in"
)
_WITH = re.compile(
    r"\b(?:mit|with|use|using|avec|utilisez|con|usa|usi|met|gebruik|med|anvand|uzyj|z|enter|quote)[ :]+$"
)
_LOG_IN = re.compile(
    r"log ?in|sign in|anmeld|einlogg|connecter|iniciar sesion|acceder|inlogg|zalogow|logga in|verif|bestatig|freischalt|entsperr|"
    r"unlock|aktivier|activat|activer|reset|zurucksetz|confirm|potwierd"
)
_ITS_OWN = 10  # Between "order" and "number" when they belong together.
_FOR = re.compile(r"[ ]*(?:fur|for|pour|per|para|voor|do|dla|till|zum|zur|zu|to|of|sur)\b")
_ASKED = 70
_ENTER = re.compile(
    r"\b(?:enter|type|use|put|quote|key|give|say|tell|confirm|is|gib|geben|eingeben|tipp\w*|nutz\w*|verwend\w*|saisi\w*|entre[zr]|"
    r"tape[zr]|utilis\w*|introdu\w*|escrib\w*|us[ae]\b|indic\w*|inseri\w*|digit\w*|usi|utilizz\w*|voer|gebruik\w*|typ|toets|"
    r"vul|wpisz\w*|podaj\w*|uzyj\w*|prosze|ange|skriv|anvand\w*|fyll|slå|sla)\b"
)


class Context:
    """The keywords of one text, and which of them speaks about a place in it."""

    def __init__(self, folded: Folded) -> None:
        self.folded = folded
        self.words = keywords(folded)
        self._ends = [word.end for word in self.words]
        self._before: dict[tuple[int, int], list[Keyword]] = {}  # What was asked before, by its place.

    def ends_at(self, place: int) -> bool:
        """Whether a keyword ends at ``place``, as in tel0123."""
        at = bisect_left(self._ends, place)
        return at < len(self._ends) and self._ends[at] == place

    def before(self, start: int, within: int = _BEFORE) -> list[Keyword]:
        """The keywords that stand before ``start`` in its sentence, the nearest first."""
        if (known := self._before.get((start, within))) is not None:
            return known
        near: list[Keyword] = []
        self._before[start, within] = near
        for at in range(bisect_left(self._ends, start + 1) - 1, -1, -1):
            word = self.words[at]
            if start - word.end > within or _SENTENCE_ENDS.search(self.folded.text, max(0, word.end - 1), start):
                break
            near.append(word)
        return near

    def after(self, end: int) -> list[Keyword]:
        """The keywords of "… is your account number": they need a word that links them."""
        if not _LINK.match(self.folded.plain, end):
            return []
        near: list[Keyword] = []
        for word in self.words[bisect_left(self._ends, end) :]:
            if word.start - end > _AFTER or _SENTENCE_ENDS.search(self.folded.text, end, word.start):
                break
            near.append(word)
        return near

    def asks_for_code(self, start: int, end: int) -> bool:
        """Whether the sentence goes on to speak of a code: "enter 1234 when you are asked for the code"."""
        for word in self.words[bisect_left(self._ends, end) :]:
            if word.start - end > _ASKED or _SENTENCE_ENDS.search(self.folded.text, end, word.start):
                return False
            if word.topic is Topic.CODE:
                return bool(_ENTER.search(self.folded.plain, max(0, start - _ASKED), word.start))
        return bool(
            _WITH.search(self.folded.plain, max(0, start - 16), start)
            and _LOG_IN.search(self.folded.plain, end, end + _ASKED)
        )

    def goes_on_to_a_case(self, end: int) -> bool:
        """Whether the sentence goes on to speak of a case: "under number 1234567 we look into your request"."""
        for word in self.words[bisect_left(self._ends, end + 1) :]:
            if word.start - end > _ASKED or _SENTENCE_ENDS.search(self.folded.text, end, word.start):
                return False
            if word.topic in {Topic.CASE, Topic.ACCOUNT}:
                return word.topic is Topic.CASE
        return False

    def of_many(self, start: int) -> bool:
        """Whether the word before a place speaks of many accounts or orders: then the number counts them."""
        return any(_MANY.match(self.folded.plain, word.start, word.end) for word in self.before(start)[:1])

    def promotes(self, start: int, end: int) -> bool:
        """Whether a code stands beside the words of a shop: everybody may use it."""
        around = (max(0, start - 70), end + 60)
        return bool(_SHOP.search(self.folded.plain, *around)) and not _PROVES.search(self.folded.plain, *around)

    def around(self, start: int, end: int, topic: Topic, before: int = 120, after: int = 70) -> bool:
        """Whether a word of ``topic`` stands anywhere near a place, also in another sentence."""
        at = bisect_left(self._ends, start - before)
        while at < len(self.words) and self.words[at].start <= end + after:
            if self.words[at].topic is topic:
                return True
            at += 1
        return False

    def is_a_codes(self, start: int) -> bool:
        """Whether "the code for your contract" stands before a place: then it is the code, not the contract."""
        near = self.before(start)[:2]
        if [word.topic for word in near] != [Topic.ACCOUNT, Topic.CODE]:
            return False
        return bool(_FOR.match(self.folded.plain, near[1].end, near[0].start))

    def told(self, start: int, topics: list[Topic]) -> Topic | None:
        """What the words beside a place call it; "number" alone says nothing, and a word far before it neither."""
        near = self.before(start)[:2]
        if len(near) == 2 and near[0].topic is Topic.NUMBER and near[0].start - near[1].end > _ITS_OWN:
            return None
        return next((topic for topic in topics if topic is not Topic.NUMBER), None)

    def topics(self, start: int, end: int) -> list[Topic]:
        """What is said about a place: the nearest word first."""
        return [word.topic for word in (*self.before(start), *self.after(end))]

    def tight(self, start: int, *topics: Topic) -> bool:
        """Whether a word of ``topics`` stands directly before ``start``, with nothing but "number is:" between."""
        return any(
            word.topic in topics and (gap := _TIGHT.match(self.folded.plain, word.end, start)) and gap.end() == start
            for word in self.before(start)
        )
