"""What a text shows by itself: each kind in the languages of the desk, and what only looks like it."""

from __future__ import annotations

import pytest

from inbox.guard import Level
from tests.guard.asking import found, held, kinds

SHOWN = [
    ("email", "Please write to carol.smith@mail.example today", "carol.smith@mail.example"),
    ("email", "Is CAROL+bills@mail.example still right?", "CAROL+bills@mail.example"),
    ("email", "see https://shop.example/?email=carol%40mail.example&x=1", "carol%40mail.example"),
    ("email", "mailto:carol@mail.example", "carol@mail.example"),
    ("email", "that is @carol@gmail.com", "carol@gmail.com"),
    ("phone", "We will call you on +44 7911 123456 today", "+44 7911 123456"),
    ("phone", "You can ring me: 07911 123456", "07911 123456"),
    ("phone", "Wir rufen Sie unter 0170 1234567 an.", "0170 1234567"),
    ("phone", "Vous pouvez joindre le 06 12 34 56 78", "06 12 34 56 78"),
    ("phone", "Te llamamos al 612 34 56 78", "612 34 56 78"),
    ("phone", "La chiamiamo al 347 123 4567", "347 123 4567"),
    ("phone", "We bellen u op 06-12345678", "06-12345678"),
    ("phone", "Zadzwonimy pod numer 601 234 567", "601 234 567"),
    ("phone", "Vi ringer dig på 070-123 45 67", "070-123 45 67"),
    ("phone", "Your number, (212) 555-0173, is in our files", "(212) 555-0173"),
    ("phone", "Reach her at 2125550173", "2125550173"),
    ("card", "the card 4111 1111 1111 1111 was charged", "4111 1111 1111 1111"),
    ("card", "4111-1111-1111-1111, 12/27", "4111-1111-1111-1111"),
    ("card", "amex 3782 822463 10005", "3782 822463 10005"),
    ("card", "https://pay.example/?pan=4111111111111111", "4111111111111111"),
    ("card", "scan_4111111111111111.jpg", "4111111111111111"),
    ("iban", "IBAN DE89 3704 0044 0532 0130 00 bitte", "DE89 3704 0044 0532 0130 00"),
    ("iban", "paid to gb29nwbk60161331926819", "gb29nwbk60161331926819"),
    ("iban", "FR14 2004 1010 0505 0001 3M02 606", "FR14 2004 1010 0505 0001 3M02 606"),
    ("iban", "NL91ABNA0417164300 is it", "NL91ABNA0417164300"),
    ("iban", "PL61 1090 1014 0000 0712 1981 2874", "PL61 1090 1014 0000 0712 1981 2874"),
    ("iban", "SE45 5000 0000 0583 9825 7466", "SE45 5000 0000 0583 9825 7466"),
    ("iban", "ES91 2100 0418 4502 0005 1332", "ES91 2100 0418 4502 0005 1332"),
    ("iban", "IT60 X054 2811 1010 0000 0123 456", "IT60 X054 2811 1010 0000 0123 456"),
    ("national_id", "your SSN 536-90-4399 is on file", "536-90-4399"),
    ("national_id", "National Insurance number AB 12 34 56 C", "AB 12 34 56 C"),
    ("national_id", "Ihre Steuer-ID ist 36 574 261 809", "36 574 261 809"),
    ("national_id", "sécurité sociale 2 95 10 99 126 111 93", "2 95 10 99 126 111 93"),
    ("national_id", "su DNI 12345678Z", "12345678Z"),
    ("national_id", "NIE X1234567L", "X1234567L"),
    ("national_id", "RSSMRA85T10A562S è il suo codice", "RSSMRA85T10A562S"),
    ("national_id", "uw BSN: 111222333", "111222333"),
    ("national_id", "PESEL 44051401359", "44051401359"),
    ("national_id", "ditt personnummer 811228-9874", "811228-9874"),
    ("national_id", "passport number C01X00T47", "C01X00T47"),
    ("account", "Your order number 4471928 is on its way", "4471928"),
    ("account", "Kundennummer: 88231907", "88231907"),
    ("account", "votre commande n° 5523981", "5523981"),
    ("account", "su pedido 5523981", "5523981"),
    ("account", "il suo numero cliente è 5523981", "5523981"),
    ("account", "uw klantnummer is 5523981", "5523981"),
    ("account", "numer zamówienia 5523981", "5523981"),
    ("account", "ditt kundnummer är 5523981", "5523981"),
    ("account", "5523981 is your account number", "5523981"),
    ("account", "booking reference KQZPLM", "KQZPLM"),
    ("account", "contract AB-2041-77 ends", "AB-2041-77"),
    ("account", "https://shop.example/track?order_id=5523981", "5523981"),
    ("address", "we sent it to 12 Baker Street, London", "12 Baker Street"),
    ("address", "Lieferung an Hauptstraße 12a", "Hauptstraße 12a"),
    ("address", "au 12 bis rue de la Paix", "12 bis rue de la Paix"),
    ("address", "en la calle Mayor 5 de Madrid", "calle Mayor 5"),
    ("address", "in via Roma 12", "via Roma 12"),
    ("address", "naar Keizersgracht 123", "Keizersgracht 123"),
    ("address", "na ul. Długa 5/7", "ul. Długa 5/7"),
    ("address", "till Storgatan 12 B", "Storgatan 12 B"),
    ("address", "to P.O. Box 1234", "P.O. Box 1234"),
    ("birth_date", "You were born on 12 March 1985", "12 March 1985"),
    ("birth_date", "geboren am 12.03.1985", "12.03.1985"),
    ("birth_date", "né le 12 mars 1985", "12 mars 1985"),
    ("birth_date", "fecha de nacimiento: 12/03/1985", "12/03/1985"),
    ("birth_date", "nato il 12 marzo 1985", "12 marzo 1985"),
    ("birth_date", "geboortedatum 12-03-1985", "12-03-1985"),
    ("birth_date", "data urodzenia 12.03.1985", "12.03.1985"),
    ("birth_date", "född 1985-03-12", "1985-03-12"),
    ("ip", "the login came from 203.0.113.7", "203.0.113.7"),
    ("ip", "from 2001:db8::8a2e:370:7334 today", "2001:db8::8a2e:370:7334"),
    ("code", "your code is 482913", "482913"),
    ("code", "PIN 4821", "4821"),
    ("code", "Ihr Bestätigungscode lautet 482 913", "482 913"),
    ("code", "votre mot de passe : hunter2!", "hunter2"),
    ("code", 'the password is "sunshine"', "sunshine"),
    ("code", "uw wachtwoord is Zomer2024", "Zomer2024"),
    ("code", "Votre mot de passe provisoire : Kx7#mP2qLw9", "Kx7#mP2qLw9"),
    ("code", "Su contraseña temporal es Kx7#mP2qLw9, cámbiela", "Kx7#mP2qLw9"),
    ("code", "Twoje hasło tymczasowe to Kx7!mP2qLw9", "Kx7!mP2qLw9"),
    ("code", "Kx7#mP2qLw9 is your temporary password", "Kx7#mP2qLw9"),
    ("code", "Il codice di verifica è 48213", "48213"),
    ("code", "Inserisca 482137 quando le viene chiesto il codice", "482137"),
    ("code", "Geben Sie 482913 ein, wenn nach dem Code gefragt wird", "482913"),
    ("national_id", "Personalausweis LZ6311T475", "LZ6311T475"),
    ("national_id", "dni-12345678Z.pdf", "12345678Z"),
    ("account", "your booking reference X7K9Q2", "X7K9Q2"),
    ("national_id", "Ihr Personalausweis XAEKDZW7Q4", "XAEKDZW7Q4"),
    ("national_id", "codice_fiscale-RSSMRA85T10A562S.pdf", "RSSMRA85T10A562S"),
    ("phone", "Call me at +1 212-555-0173", "+1 212-555-0173"),
    ("phone", "Our office will call you on 07911 123456", "07911 123456"),
    ("address", "our office sent it to 12 Baker Street", "12 Baker Street"),
    ("birth_date", "Naciste el 12 de marzo de 1985", "12 de marzo de 1985"),
    ("code", "Ihr Startpasswort lautet Sommer24", "Sommer24"),
    ("token", "votre jeton d'accès : ab12cd34ef56ab78cd90", "ab12cd34ef56ab78cd90"),
    ("phone", "kundnummer saknas men numret 070-123 45 67 finns", "070-123 45 67"),
    ("phone", "3471234567 è il suo numero", "3471234567"),
    ("account", "votre commande porte le numéro 612 345 678", "612 345 678"),
    ("code", "Ihr Kundenkennwort ist Sommer24", "Sommer24"),
    ("code", "Ihr Zugangscode für den Vertrag 482913", "482913"),
    ("code", "Mit 482913 können Sie sich anmelden", "482913"),
    ("token", "votre clé secrète : aB3dE5fG7hI9", "aB3dE5fG7hI9"),
    ("token", "https://shop.example/connexion?jeton=aB3dE5fG7hI9", "aB3dE5fG7hI9"),
    ("account", "il suo ordine 123 456 789", "123 456 789"),
    ("account", "votre commande 123 456 789", "123 456 789"),
    ("account", "zamówienie 123 456 789", "123 456 789"),
    ("phone", "Zadzwonimy do Pana jutro. (601234567)", "601234567"),
    ("phone", "+48 (0) 601 234 567", "+48 (0) 601 234 567"),
    ("phone", "2125550173 is where we will call you", "2125550173"),
    ("phone", "Vi ringer dig på 08-123456", "08-123456"),
    ("phone", "tel_06_12_34_56_78.jpg", "06_12_34_56_78"),
    ("address", "V.le Europa 12", "V.le Europa 12"),
    ("address", "in P.zza Garibaldi 3, Milano", "P.zza Garibaldi 3"),
    ("address", "C. Mayor 5, Madrid", "C. Mayor 5"),
    ("address", "An der Alten Mühle 7, Ulm", "An der Alten Mühle 7"),
    ("address", "we ship it to 4521 Magnolia", "4521 Magnolia"),
    ("address", "till Björkslingan 12", "Björkslingan 12"),
    ("birth_date", "född 85-03-12", "85-03-12"),
    ("token", "https://shop.example/reset/AbC123dEf456", "AbC123dEf456"),
    ("token", "use sk_live_51H8xyzABCDEF", "sk_live_51H8xyzABCDEF"),
    ("token", "AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"),
    ("token", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc123def", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc123def"),
    ("token", "https://shop.example/reset?token=9f8e7d6c5b4a3f2e", "9f8e7d6c5b4a3f2e"),
    ("token", "key 9f86d081884c7d659a2feaa0c55ad015", "9f86d081884c7d659a2feaa0c55ad015"),
    ("address", "they live at 2020 Ridgewood Drive, Austin", "2020 Ridgewood Drive"),
    ("address", "vid Messeringen 5", "Messeringen 5"),
    ("address", "12 av Foch, Paris", "12 av Foch"),
    ("ip", "the app was opened from 203.0.113.7", "203.0.113.7"),
    ("account", "Ihre Bestellungen 4471928 und 4471929", "4471928"),
    ("account", "under number 5523981 we have your contract", "5523981"),
    ("token", "Bearer abC123dEf456ghI7", "abC123dEf456ghI7"),
]

HIDDEN = [
    ("card", "４１１１ １１１１ １１１１ １１１１", "full-width digits"),
    ("card", "4111\u200d1111\u200d1111\u200d1111", "joiners between the digits"),
    ("card", "4\u200b1\u200b1\u200b1111111111111", "zero-width spaces"),
    ("card", "4️⃣1️⃣1️⃣1️⃣ 1111 1111 1111", "keycaps"),
    ("card", "four one one one, one one one one, one one one one, one one one one", "words"),
    ("card", "quatre un un un un un un un un un un un un un un un", "French words"),
    ("card", "٤١١١١١١١١١١١١١١١", "Arabic digits"),
    ("card", "𝟒𝟏𝟏𝟏 𝟏𝟏𝟏𝟏 𝟏𝟏𝟏𝟏 𝟏𝟏𝟏𝟏", "mathematical digits"),
    ("card", "4111\u00a01111\u20111111–1111", "odd spaces and hyphens"),
    ("card", "4111, then 1111, then 1111 and 1111", "words between"),
    ("email", "carol (at) mail [dot] example", "at and dot in brackets"),
    ("email", "carol dot smith at mail dot example", "spelled"),
    ("email", "carol＠mail.example", "full-width sign"),
    ("email", "carol@\u200bmail.example", "zero-width space"),
    ("email", "carol arroba mail punto example", "Spanish"),
    ("email", "carol chiocciola mail punto example", "Italian"),
    ("email", "carol małpa mail kropka example", "Polish"),
    ("email", "carol snabel-a mail punkt example", "Swedish"),
    ("email", "carol @ mail . de", "spaces"),
    ("email", "саrоl@mail.example", "letters of another script"),
    ("phone", "call zero seven nine one one one two three four five six", "words"),
    ("phone", "ruf an: null eins sieben null eins zwei drei vier fünf sechs sieben", "German words"),
    ("iban", "DE89\u00ad370400440532013000", "soft hyphen"),
    ("account", "order number double four seven one nine two eight", "doubled"),
]

ORDINARY = [
    "Hi Carol, thank you for reaching out! We are looking into it.",
    "We are open 24/7, Mon-Fri 9:00-17:00 and 10.30 - 12.00 on Sundays.",
    "Call us on 0800 123 4567 or 1-800-555-1234, it is free.",
    "Die Hotline 0180 5 123456 und 0900 1234567 kostet extra.",
    "Article https://help.example/articles/360012345678-reset explains it.",
    "Thanks @carol123456789, see #12345 and #Summer2024",
    "Windows version 10.0.19041.1 and firmware 8.8.4.5 are out.",
    "Restart the router at 192.168.1.1, then set DNS to 8.8.8.8.",
    "You get 12000 points and 15% off, in total $1234.56 or 10.000 EUR.",
    "Use promo code SAVE2024, error code 80072 is known, zip code 90210.",
    "Your order will arrive within 3-5 days, by 12/05/2024 at the latest.",
    "Since 2019 we have had 100 000 customers in 2023/24.",
    "We reply via DM 24 hours a day, via Messenger 3 times a day.",
    "It is a 20 minute drive, 5 days a week, 2 ways to go.",
    "Your password is incorrect; reset your password: go to settings.",
    "Look at acme.example, find us at acme.example.",
    "Flight BA1234 leaves at 10:30 from gate 12.",
    "Please update iOS to 17.4.1 (build 21E236).",
    "The iPhone12 and the SM-G991B are both supported.",
    "Wir melden uns am 12.03.2024 zwischen 10 und 12 Uhr.",
    "logo@2x.png is the new picture",
    "@carol@social.example asked the same",
    "Happy birthday! See you on 12 May.",
    "one two three testing",
    "Your case number is 48213377, please quote ref: AB-123456.",
    "la sua richiesta ha il numero 48213377",
    "zgłoszenie numer 48213377 jest otwarte",
    "Bel 0800 1234 of ring 020-12 34 56.",
    "Fehlercode 4711, code d'erreur 4711, codice errore 4711, kod błędu 4711, felkod 4711, foutcode 4711",
    "Rabattcode SOMMER24, codice sconto ESTATE24, código postal 28013, kod pocztowy 00-123",
    "Artikelnummer 1234567, numéro d'article 1234567, numero di modello 7654321, USt-IdNr. DE123456789",
    "Your booking on LH1234 is for Friday; in order to win, collect 123456 steps.",
    "Unsere Läden in 10115 Berlin nehmen Ihre Bestellung an.",
    "Am Montag 12 Uhr sind wir da, am Gleis 5, auf Seite 12.",
    "The store in London NW1 6XE opens at 10.",
    "Art.-Nr. 12345678 (EAN 4006381333931), lot 12345678 and SIREN 123 456 789",
    "Use code 12345 at checkout for 10% off, or SUMMER2024. Utilisez le code SUMMER2024.",
    "Via Twitter 3 volte, place de parking 12, les 12 cours de yoga, 5 route alternatives, 50 Free Way tickets",
    "Incident INC0012345 is solved",
    "During 2024 the iPad 9 and the withdrawal 5 of the renewal 2023 were fine; there are 9 stores on Main Street.",
    "Android 14 Street View, the 2024 Holiday Gift Drive and 3 blocks down the road",
    "Im Supermarkt 8, Försäkring 2024, Sitzplatz 12, Halle 6, vänligen ring 112, 3 av våra butiker",
    "la Plaza de España hasta el 20 de junio, avenida cerrada 8 horas, na ul. Polnej są 4 sklepy",
    "Via USB 3, via Wi-Fi 6, in corso Black Friday 2024, il corso Base 7, Strada Statale 16, Largo Consumo 2024",
    "Appelez le 0 801 37 73 87 ou le 09 69 39 12 34, du 01 09 2024 au 30 09 2024, comme 2 500 000 clients",
    "Kontolimit 9002, Kontomodell 8.537, Buchungen 4.934, Rechnung 03/2024, schon 113000 Mitglieder",
    "Unter der Nummer 8160995 bearbeiten wir Ihre Anfrage, under number 81660229 we look into your request",
    "Le portable réf. 432685035 est en stock, Google Play 2.26.22.25 anche",
]


@pytest.mark.parametrize(("kind", "text", "piece"), SHOWN, ids=[f"{kind}: {text[:40]}" for kind, text, _ in SHOWN])
def test_personal_data_holds_and_is_marked_where_it_stands(kind: str, text: str, piece: str) -> None:
    assert (kind, piece) in found(text, level=Level.HOLD)


@pytest.mark.parametrize(("kind", "text", "how"), HIDDEN, ids=[f"{kind}: {how}" for kind, _, how in HIDDEN])
def test_what_is_written_to_get_past_holds_as_well(kind: str, text: str, how: str) -> None:
    assert kind in held(text)


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_replies_pass_without_a_word(text: str) -> None:
    assert found(text) == set()


def test_the_mailbox_of_a_function_only_warns() -> None:
    text = "Write to support@acme.example"
    assert held(text) == set()
    assert kinds(text) == {"email"}


def test_what_a_company_says_of_itself_only_warns() -> None:
    text = "Our hotline is 030 901820, unsere Filiale in der Hauptstraße 12. Call us on 030 901820."
    assert held(text) == set()
    assert kinds(text) == {"phone", "address"}


def test_a_finding_never_says_what_it_found() -> None:
    from inbox.guard import Surroundings, find

    text = "carol@mail.example, 4111 1111 1111 1111, PIN 4821"
    for finding in find([text], Surroundings()):
        assert text[finding.start : finding.end] not in finding.why
