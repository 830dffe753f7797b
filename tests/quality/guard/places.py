"""Streets, postcodes and house numbers as people of each locale write them."""

from __future__ import annotations

import string
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Places:
    streets: tuple[str, ...]
    cities: tuple[str, ...]
    numbers: tuple[str, ...]  # `#` is a digit, `@` a letter
    postcode: str
    line: str
    whole: str

    def street(self, random: Random) -> str:
        number = pattern(random.choice(self.numbers), random)
        return self.line.format(street=random.choice(self.streets), number=number)

    def address(self, random: Random) -> str:
        return self.whole.format(
            line=self.street(random), postcode=pattern(self.postcode, random), city=random.choice(self.cities)
        )


def pattern(shape: str, random: Random) -> str:
    """`#` becomes a digit, the first one never 0; `@` becomes a letter that nobody takes for a digit."""
    written = "".join(
        random.choice(string.digits) if sign == "#" else random.choice("ABCDEFGHJKLNPRSTUWXY") if sign == "@" else sign
        for sign in shape
    )
    return random.choice("123456789") + written[1:] if shape.startswith("#") else written


PLACES = {
    "en-US": Places(
        (
            "Maple Street",
            "Oak Ave",
            "W 42nd St",
            "Sunset Blvd",
            "Ridgewood Dr",
            "Old Mill Road",
            "Lincoln Way",
            "Elm Ct",
            "Peachtree Ln",
            "NE Burnside St",
            "Broadway",
            "County Road 12",
        ),
        ("Austin, TX", "Columbus, OH", "Portland, OR", "Tampa, FL", "Madison, WI", "Denver, CO"),
        ("##", "###", "####", "#####"),
        "#####",
        "{number} {street}",
        "{line}, {city} {postcode}",
    ),
    "en-GB": Places(
        (
            "Church Lane",
            "High Street",
            "Station Rd",
            "Victoria Terrace",
            "Mill Close",
            "The Crescent",
            "Kings Avenue",
            "Queen's Drive",
            "Park View",
            "Rosemary Gardens",
            "Albert Sq",
            "Mews Court",
        ),
        ("Leeds", "Bristol", "Norwich", "Cardiff", "Glasgow", "Brighton"),
        ("#", "##", "##a", "1##", "Flat 2, ##"),
        "LS# #BD",
        "{number} {street}",
        "{line}, {city} {postcode}",
    ),
    "de": Places(
        (
            "Hauptstraße",
            "Goethestr.",
            "Am Bahnhof",
            "Lindenweg",
            "Kirchplatz",
            "Schillerallee",
            "Unter den Eichen",
            "Alte Gasse",
            "Berliner Straße",
            "Im Winkel",
            "Mühlenweg",
            "Rosa-Luxemburg-Str.",
        ),
        ("Leipzig", "Köln", "Bad Homburg", "München", "Kiel", "Freiburg im Breisgau"),
        ("#", "##", "1##", "##a", "## b"),
        "#####",
        "{street} {number}",
        "{line}, {postcode} {city}",
    ),
    "fr": Places(
        (
            "rue de la Paix",
            "avenue Jean Jaurès",
            "bd Voltaire",
            "place du Marché",
            "chemin des Vignes",
            "allée des Tilleuls",
            "impasse Pasteur",
            "rue du 8 mai 1945",
            "quai Saint-Michel",
            "cours Lafayette",
            "rue Saint-Honoré",
            "av. Foch",
        ),
        ("Lyon", "Nantes", "Saint-Étienne", "Lille", "Paris", "Aix-en-Provence"),
        ("#", "##", "1##", "## bis", "# ter"),
        "#####",
        "{number} {street}",
        "{line}, {postcode} {city}",
    ),
    "es": Places(
        (
            "Calle Mayor",
            "C/ Alcalá",
            "Avda. de la Constitución",
            "Plaza de España",
            "Paseo del Prado",
            "Calle de Goya",
            "Camino Viejo",
            "Ronda Sur",
            "calle San Juan",
            "Avenida Libertad",
            "C. Colón",
            "Travesía del Pozo",
        ),
        ("Madrid", "Valencia", "Las Palmas", "Bilbao", "Sevilla", "Zaragoza"),
        ("#", "##", "1##", "##, 3.º B", "##, 1º dcha."),
        "2####",
        "{street} {number}",
        "{line}, {postcode} {city}",
    ),
    "it": Places(
        (
            "Via Roma",
            "Viale Europa",
            "Piazza Garibaldi",
            "Corso Italia",
            "via Giuseppe Verdi",
            "V.le Monza",
            "Largo Augusto",
            "Vicolo Stretto",
            "Via XX Settembre",
            "P.zza Dante",
            "Strada Nuova",
            "Via dei Mille",
        ),
        ("Milano", "Torino", "Bologna", "Reggio Emilia", "Napoli", "Bari"),
        ("#", "##", "1##", "##/A", "## int. 4"),
        "#####",
        "{street} {number}",
        "{line}, {postcode} {city}",
    ),
    "nl": Places(
        (
            "Dorpsstraat",
            "Kerkweg",
            "Keizersgracht",
            "Stationsplein",
            "Lange Nieuwstraat",
            "Beatrixlaan",
            "Oude Dijk",
            "Zuiderkade",
            "Burg. de Vriesstraat",
            "Molenpad",
            "Prins Hendrikkade",
            "Rozenhof",
        ),
        ("Utrecht", "Groningen", "Den Haag", "Zwolle", "Breda", "Amsterdam"),
        ("#", "##", "1##", "##a", "##-2", "## hs"),
        "#### @@",
        "{street} {number}",
        "{line}, {postcode} {city}",
    ),
    "pl": Places(
        (
            "ul. Polna",
            "ul. Marii Skłodowskiej-Curie",
            "al. Jerozolimskie",
            "pl. Wolności",
            "os. Tysiąclecia",
            "Długa",
            "ulica Kwiatowa",
            "ul. 3 Maja",
            "aleja Solidarności",
            "ul. Słowackiego",
            "Al. Niepodległości",
            "ul. Nowy Świat",
        ),
        ("Warszawa", "Kraków", "Łódź", "Gdańsk", "Zielona Góra", "Wrocław"),
        ("#", "##", "##/#", "1##/##", "## m. 5", "##A"),
        "##-###",
        "{street} {number}",
        "{line}, {postcode} {city}",
    ),
    "sv": Places(
        (
            "Storgatan",
            "Kungsvägen",
            "Sveavägen",
            "Björkallén",
            "Järntorget",
            "Skolgränd",
            "Norra Hamngatan",
            "Tallstigen",
            "Drottninggatan",
            "Lilla Torg",
            "Västra Esplanaden",
            "S:t Eriksgatan",
        ),
        ("Göteborg", "Malmö", "Uppsala", "Örebro", "Stockholm", "Umeå"),
        ("#", "##", "1##", "## B", "##A, 3 tr"),
        "### ##",
        "{street} {number}",
        "{line}, {postcode} {city}",
    ),
}
