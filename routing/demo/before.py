"""What has happened before the first start, and what colleagues have answered of it. All invented."""

from __future__ import annotations

from routing.demo.story import Answer, Beat, Person, Place

MENTION, DM = Place.MENTION, Place.DM
PAGE_POST, COMMENT, VISITOR, MESSENGER = Place.PAGE_POST, Place.COMMENT, Place.VISITOR, Place.MESSENGER

TOBIAS = Person("tobias_wren", "Tobias Wren", 212)
HANNA = Person("hannamoss", "Hanna Moss", 1840)
PELLE = Person("pelle_ostrom", "Pelle Öström", 95)
JULIE = Person("julie_marchand", "Julie Marchand", 12_400)
ADA = Person("ada_okonjo", "Ada Okonjo", 640)
SAMIR = Person("samir_rahmani", "Samir Rahmani", 31)
GRETA = Person("greta_holm", "Greta Holm", 77)
VILDE = Person("vildesund", "Vilde Sund", 402)
OSKAR = Person("oskar_brandl", "Oskar Brandl", 58)
LEILA = Person("leilaamiri", "Leila Amiri", 930)
KOJI = Person("koji_hamada", "浜田 幸次", 1310)
DORA = Person("doravass", "Dóra Vass", 17)
FINN = Person("finnaker", "Finn Åker", 260)
ROSA = Person("rosa_quintero", "Rosa Quintero", 388)
BAS = Person("baskuipers", "Bas Kuipers", 74)
IMAN = Person("imanfarouk", "Iman Farouk", 505)
WINS = Person("win_fast_4417", "WIN FAST today", 3)
ELSE = Person("elsemunk", "Else Munk", 44)
JAMAL = Person("jamalpryce", "Jamal Pryce", 2210)
TUULI = Person("tuulirinne", "Tuuli Rinne", 163)
NILS = Person("nilsgrahn", "Nils Grahn", 29)
PRIYA = Person("priyakapur_", "Priya Kapur", 871)
CLEO = Person("cleobarnes", "Cleo Barnes", 12)

BEFORE = (
    Beat(
        "fibre", None, PAGE_POST, ago=320,
        text="Fibre comes to Östhamn and Lerfors this autumn. We dig from Monday, street by street. "
        "Ask us below when it is your turn.",
    ),
    Beat("ada", ADA, MENTION, "Shout-out to @norrline: router swapped in ten minutes, lovely people.", ago=310),
    Beat("vilde", VILDE, COMMENT, "When is Strandgatan? We have been waiting since 2023 😅", ago=292, below="fibre"),
    Beat(
        "oskar", OSKAR, MENTION, ago=281, language="de",
        text="@norrline Hallo, gilt der Studententarif auch für WGs? Auf der Seite steht dazu nix.",
    ),
    Beat("finn", FINN, COMMENT, "Do I need to be home when you dig? I work shifts", ago=268, below="fibre"),
    Beat(
        "leila", LEILA, MENTION, ago=244,
        text="@norrline your app shows last months invoice twice. Did I pay twice or is it just the app?",
    ),
    Beat("rosa", ROSA, VISITOR, "¿Tienen atención en español? Mi madre no entiende la carta que recibió.", ago=226),
    Beat("wins", WINS, MENTION, "@norrline FREE COINS for every follower!!! claim.example/now 🎁🎁🎁", ago=219),
    Beat(
        "koji", KOJI, MENTION, ago=205, language="ja",
        text="@norrline ルーターのファームウェア更新後、夜だけ遅いです。確認してもらえますか？",
    ),
    Beat("dora", DORA, MESSENGER, "Hi! I sent the old router back 3 weeks ago. Is it there?", ago=190),
    Beat("iman", IMAN, COMMENT, "Finally!! Best news of the week 🎉", ago=181, below="fibre"),
    Beat(
        "bas", BAS, DM, ago=168,
        text="Good morning, my direct debit bounced because I changed banks. How do I pay before Friday?",
    ),
    Beat("jamal", JAMAL, MENTION, ago=150, text="@norrline is IPv6 a thing with you or still on the roadmap slide?"),
    Beat(
        "quiz", None, PAGE_POST, ago=140,
        text="Our tip of the week: a router likes to stand high, in the open, and not behind the aquarium.",
    ),
    Beat("else", ELSE, COMMENT, "The fish objects.", ago=133, below="quiz"),
    Beat("tuuli", TUULI, COMMENT, "mine is in the fridge now and it is very cool. thx", ago=121, below="quiz"),
    Beat(
        "pelle", PELLE, MENTION, ago=96,
        text="@norrline the technician never showed up. Third time! I took three days off for this. What now?",
    ),
    Beat("nils", NILS, MENTION, "@pelle_ostrom same here in Sundbro, twice", ago=92, below="pelle", quiet=True),
    Beat("cleo", CLEO, MENTION, "@pelle_ostrom they came to mine, but to the wrong floor lol", ago=89, below="nils",
         quiet=True),
    Beat(
        "priya", PRIYA, MENTION, ago=84, below="cleo",
        text="@cleobarnes @pelle_ostrom @norrline and mine is booked for tomorrow 8 to 12. Should I even wait?",
    ),
    Beat("tobias", TOBIAS, MENTION, ago=71,
         text="@norrline no internet in Kallvik since six this morning. Any news?"),
    Beat("hanna", HANNA, MENTION, ago=55,
         text="@norrline you charged me twice in March. I would like a refund, please 🙏"),
    Beat("greta", GRETA, DM, "Hello, invoice 2207 lists a router that I sent back. Can you correct it?", ago=43),
    Beat("julie", JULIE, MENTION, "Quatre jours sans réponse, @norrline. Il y a quelqu'un ?", ago=27, language="fr"),
    Beat(
        "samir", SAMIR, MENTION, ago=12,
        text="@norrline I move to a new flat in June. How do I take my line with me?",
    ),
    Beat("kerstin", Person("kerstinlowe", "Kerstin Löwe", 66), MESSENGER, ago=7,
         text="Your bot says my address does not exist. I have lived here for 11 years."),
)  # fmt: skip

# Those who have no password of the demo desk work too: what they answer is sent like any other reply.
ANSWERED = (
    Answer("ada", "mei", "That made our morning, Ada. I will tell the shop in Sundbro.", resolution="answered"),
    Answer("wins", "mei", resolution="spam"),
    Answer("iman", "tomasz", resolution="no_action"),
    Answer("else", "tomasz", "We take it back: the fish has a point. Tomasz", after=20, resolution="answered"),
    Answer(
        "vilde", "tomasz", after=5, resolution="answered",
        text="Hi Vilde, Strandgatan is in the third week, so from the 14th. A letter comes ten days before. Tomasz",
    ),
    Answer(
        "finn", "tomasz", after=30, resolution="answered",
        text="Hi Finn, no: we only dig to the wall. For the day inside you pick a time, evenings too. Tomasz",
    ),
    Answer(
        "oskar", "mei", after=10, resolution="answered",
        text="Hallo Oskar, ja: eine Person der WG mit Studienbescheinigung genügt. Wir ergänzen die Seite.",
    ),
    Answer(
        "jamal", "amara", after=15, resolution="answered",
        text="It is a thing, Jamal: every line since 2022 has it, off by default. Switch it on under Router, Advanced.",
    ),
    Answer(
        "dora", "mei", after=25, direct=True,
        text="Hi Dóra, it arrived on the 3rd and is booked. Do you still see it on your invoice?",
    ),
    Answer(
        "leila", "erin", after=40, direct=True,
        text="Hi Leila, only the app shows it twice; one payment was taken. It is gone with tonight's update.",
    ),
    Answer("koji", "amara", after=35, note="Firmware 4.2 throttles at night on this model. Known; fix is in 4.2.1."),
)  # fmt: skip
