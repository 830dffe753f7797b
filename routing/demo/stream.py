"""What comes while the desk runs: about twenty minutes, then a trickle. All invented."""

from __future__ import annotations

from routing.demo.before import ANSWERED, BEFORE
from routing.demo.story import Answer, Beat, Person, Place, Say, Story

MENTION, DM = Place.MENTION, Place.DM
PAGE_POST, COMMENT, VISITOR, MESSENGER = Place.PAGE_POST, Place.COMMENT, Place.VISITOR, Place.MESSENGER

NOOR = Person("noorhaddad", "Noor Haddad", 318)  # from public to private, and from one network to the other
MIRJA = Person("mirjasolbakk", "Mirja Solbakk", 48_000)
CASPER = Person("casperlind_", "Casper Lindh", 143)
AYUMI = Person("ayumi_on_air", "Ayumi Sato-Berg", 5_120)
GUS = Person("gusferrand", "Gus Ferrand", 61)
ZEYNEP = Person("zeynepaksoy", "Zeynep Aksoy", 277)
MILO = Person("milohartwig", "Milo Hartwig", 19)
OLENA = Person("olenabondar", "Olena Bondar", 84)
THEO = Person("theo_lacroix", "Théo Lacroix", 733)
SAGA = Person("sagaekman", "Saga Ekman", 205)
DEV = Person("devmathur", "Dev Mathur", 1_604)
INGRID = Person("ingridholt", "Ingrid Holt", 38)
RAFI = Person("rafibenami", "Rafi Benami", 92)
WANJA = Person("wanjakrol", "Wanja Król", 450)
LUCIA = Person("luciaprado", "Lucía Prado", 129)
TESS = Person("tessvandam", "Tess van Dam", 2_940)
ARVID = Person("arvidnorr", "Arvid Norr", 7)
YARA = Person("yarasaleh", "يارا صالح", 310)
PROMO = Person("grow_ur_page99", "Grow Ur Page", 11)
KIM = Person("kimrosendal", "Kim Rosendal", 55)

_THANKS = Say("Thank you, that helps 🙏")

MORNING = (
    Beat(
        "noor", NOOR, MENTION, wait=20,
        text="@norrline ordered fibre in August, got a welcome letter, a mug, and no fibre. The mug is great though.",
        public=Say(
            "Ok, but you can see my order I hope? I wrote you privately with the number.", public=_THANKS
        ),
    ),
    Beat("gus", GUS, VISITOR, "Shop in Sundbro closed at 4 today, door says 6. Which one is it?", public=_THANKS),
    Beat(
        "casper", CASPER, MENTION, language="sv",
        text="@norrline har ni en störning i Lerfors? Allt står stilla sen en kvart.",
        public=Say("Tack! Då väntar jag."), private=Say("Hej, det gäller Ekgatan 4 i Lerfors."),
    ),
    Beat(
        "noor-dm", NOOR, DM, wait=35,
        text="Hi, Noor from the mug. My order is NL-58213-07, ordered 12 August. Could you look where it hangs?",
        private=Say("Friday works. I will be home from 3 pm. Thanks for not sending another mug."),
    ),
    Beat(
        "zeynep", ZEYNEP, MENTION,
        text="@norrline just had the calmest technician ever. 20 min, cleaned up after himself, petted the cat. 10/10",
        public=Say("The cat says thanks too 🐈"),
    ),
    Beat(
        "mirja", MIRJA, MENTION, wait=40,
        text="Day 6 without a line. @norrline has told me “within 24 hours” four times now. I run a newsroom from "
        "my phone. Is that the plan?",
        public=Say(
            "A time, finally. I will hold you to it and tell my readers either way.",
            public=Say("Noted. Line is up since a minute ago, credit where due."),
            private=Say("Mirja here. Contract is under Solbakk Media, Hamngatan 3. What do you need from me?"),
        ),
        private=Say(
            "Mirja here. Contract is under Solbakk Media, Hamngatan 3. What do you need from me?",
            private=Say("Fine. I take the earlier slot. And no voucher, please, just the line."),
        ),
    ),
    Beat("milo", MILO, COMMENT, "is it true you are bought by someone?? asking for my dad", below="fibre"),
    Beat(
        "olena", OLENA, MESSENGER,
        text="Hello! I pay 39 but the letter says 45 from next month. Was there a price increase? I found no mail.",
        private=Say("Ah, the discount ended. Can I get it again if I stay for two years?", private=_THANKS),
    ),
    Beat("promo", PROMO, MENTION, "@norrline we can get you 10k REAL followers in 2 days, DM us 💯 grow.example"),
    Beat(
        "theo", THEO, MENTION, language="fr",
        text="@norrline bravo pour la hotline, 40 minutes de musique et puis plus rien. Au moins c'était du jazz.",
        public=Say("Merci pour la réponse, en vrai. J'attends votre appel."),
        private=Say("Bonsoir, c'est au sujet de la ligne 0700 000 118. Appelez après 18h svp."),
    ),
    Beat("saga", SAGA, COMMENT, "Will Björkvägen get it too or only the big streets as usual?", below="fibre",
         public=Say("Oh nice, did not expect that. Thanks!")),
)  # fmt: skip

_CROWD = (
    ("c1", Person("brittafors", "Britta Fors", 51), "Whole of Kallvik is dark. Card terminals too."),
    ("c2", Person("hugolarkin", "Hugo Larkin", 140), "no internet since 20 min, router blinks red"),
    ("c3", Person("amelievogt", "Amelie Vogt", 23), "Same in Norrhamn!"),
    ("c4", Person("stellanroth", "Stellan Roth", 390), "Third outage this month. What are we paying for"),
    ("c5", Person("nadiasheikh_", "Nadia Sheikh", 88), "I work from home and have a call at 3. When is it back?"),
    ("c6", Person("joelnyberg", "Joel Nyberg", 12), "down again 🙄"),
    ("c7", Person("marthabeck", "Martha Beck-Ruiz", 60), "My mother has an alarm button on this line. Does it work??"),
    ("c8", Person("eliasstrand", "Elias Strand", 205), "your status page says all green btw. it is not"),
    ("c9", Person("fatimaoz", "Fatima Özkan", 77), "Thanks for posting at least. A time would be nice"),
    ("c10", Person("gerdlindner", "Gerd Lindner", 31), "Will there be money back for this?"),
    ("c11", Person("petrahavel", "Petra Havel", 18), "Works again in Kallvik Norr!! Anyone else?"),
)

OUTAGE = (
    Beat(
        "outage", None, PAGE_POST, wait=25,
        text="Since 14:10 there is an outage in Kallvik and Norrhamn. A cable was cut at roadworks; our people are "
        "on site. Next update here in an hour.",
    ),
    *(Beat(key, who, COMMENT, text, wait=9, below="outage") for key, who, text in _CROWD[:6]),
    Beat("dev", DEV, MENTION, "@norrline outage in Kallvik or did my cat eat the cable?", wait=9,
         public=Say("The cat is relieved. Thanks for the quick answer!")),
    *(Beat(key, who, COMMENT, text, wait=9, below="outage") for key, who, text in _CROWD[6:]),
    Beat("c12", Person("oddvarmoe", "Oddvar Moe", 9), COMMENT, "Same as Petra, back on Storgatan", wait=9,
         below="outage"),
)  # fmt: skip

AFTERNOON = (
    Beat(
        "tess", TESS, MENTION, wait=35,
        text="@norrline my landlord says you need the consent of all tenants for fibre. You say landlord. Who lies?",
        public=Say("Ha, I will print that and pin it to his door."),
    ),
    Beat(
        "ingrid", INGRID, DM,
        text="I have been charged 129 for a technician who came because YOUR box was broken. I want the money back.",
        private=Say(
            "The invoice number is 30418. Please do it before the 28th, that is when it is taken.",
            private=Say("Got the mail. All good now, thanks for being quick."),
        ),
    ),
    Beat("rafi", RAFI, COMMENT, "first", below="outage"),
    Beat(
        "wanja", WANJA, MENTION,
        text="@norrline speed test: 94 Mbit on a 500 plan. By cable. New cable. New port. New me.",
        public=Say("Done, restarted, 95 now. So that was worth it.", private=Say("Serial is NR-77-20418, model R4.")),
        private=Say("Serial is NR-77-20418, model R4. Evenings are best.", private=_THANKS),
    ),
    Beat(
        "noor-fb", NOOR, VISITOR, wait=40,
        text="Writing here too since X is quiet: is there any news on my fibre order from August? Same Noor, same mug.",
        public=Say("Thanks, I see it now. Then I only look in one place 🙂"),
        private=Say("Yes that is me. Friday then."),
    ),
    Beat("lucia", LUCIA, MENTION, language="es",
         text="@norrline hago la mudanza en mayo, ¿puedo llevarme la línea al piso nuevo o empiezo de cero?",
         public=Say("¡Qué bien! Gracias 😊")),
    Beat(
        "yara", YARA, COMMENT, language="ar", below="outage",
        text="الإنترنت رجع عندنا، شكراً لكم. هل سيكون هناك تعويض؟",
        public=Say("شكراً جزيلاً"),
    ),
    Beat(
        "ayumi", AYUMI, MENTION,
        text="Nothing says “premium support” like a chat bot that wishes me a nice day mid-sentence. @norrline",
        public=Say("Ok, a human. That was all I wanted."),
        private=Say("It is about the line at Kvarnvägen 12, the upload dies every evening around 8."),
    ),
    Beat("arvid", ARVID, MENTION, "@norrline test"),
    Beat(
        "kim", KIM, MESSENGER, text="hi do you have a job for a trainee in the shop? i am 17 and know routers",
        private=Say("wow ok i will send it tonight, thanks!!"),
    ),
    Beat(
        "samir-2", Person("samir_rahmani", "Samir Rahmani", 31), MENTION, below="samir",
        text="@norrline me again, the landlord of the new flat asks which socket you need. Any idea?",
        public=_THANKS,
    ),
    Beat("iris", Person("irisfolke", "Iris Folke", 640), MENTION,
         text="Credit to @norrline: outage fixed before the kids noticed. That is a record."),
    Beat(
        "bruno", Person("brunosattler", "Bruno Sattler", 26), MENTION, language="de",
        text="@norrline meine Rechnung ist auf den Namen meiner Ex-Frau. Seit zwei Jahren. Langsam wird's peinlich.",
        public=Say("Danke, schicke ich Ihnen gleich."),
        private=Say("Guten Tag, Kundennummer 118-4471, bitte auf Bruno Sattler ändern."),
    ),
    Beat("leo", Person("leokask", "Leo Kask", 5), COMMENT, "👍", below="outage"),
    Beat(
        "hedda", Person("heddawik", "Hedda Wik", 98), MESSENGER,
        text="I want to terminate. New place has another provider in the rent. What is the notice?",
        private=Say("One month is fair. Please confirm it in writing, then we are done here. Thank you."),
    ),
    Beat(
        "marek", Person("marekdolny", "Marek Dolny", 150), MENTION,
        text="@norrline why is my latency 12 ms by day and 140 at night? Is the router tired?",
        public=Say("Will try the other channel and report back."),
    ),
    Beat("sofie", Person("sofieberner", "Sofie Berner", 41), VISITOR,
         text="Your man Jonte at the Lerfors shop stayed half an hour longer to set up my mum's phone. Give him cake."),
)  # fmt: skip

_SLOW = (
    ("t1", Person("veragrund", "Vera Grund", 73), MENTION, "@norrline is the hotline open on Sundays?"),
    ("t2", Person("iboyilmaz", "Ibo Yılmaz", 34), MESSENGER, "Can I get my invoice by post again? I have no app."),
    ("t3", Person("nellandersson", "Nell Anders", 410), MENTION, "@norrline upload is fine again, thank you"),
    ("t4", Person("pacomolina", "Paco Molina", 58), VISITOR, "Is the Östhamn shop moving or closing?"),
    ("t5", Person("ulrikadahl", "Ulrika Dahlin", 126), DM, "I forgot my customer password and the mail never arrives."),
    ("t6", Person("benoitcarre", "Benoît Carré", 19), MENTION, "@norrline facture reçue deux fois, erreur ou pas ?"),
    (
        "t7",
        Person("junepark_x", "June Parkin", 902),
        MENTION,
        "@norrline does the new router have a fan, or is it quiet?",
    ),
    ("t8", Person("hassantariq", "Hassan Tariq", 47), MESSENGER, "Technician came early, all works. Thanks!"),
    ("t9", Person("ebbasten", "Ebba Sten", 15), MENTION, "@norrline offline for ten minutes every day at noon, why?"),
    ("t10", Person("otisgrey", "Otis Greyling", 230), VISITOR, "Who do I call about a cable over the pavement?"),
)
TRICKLE = tuple(
    Beat(key, who, place, text, wait=240, language="fr" if key == "t6" else "en", public=_THANKS, private=_THANKS)
    for key, who, place, text in _SLOW
)

ANSWERS = (
    *ANSWERED,
    Answer("gus", "tomasz", "Hi Gus, 6 from now on: the sign is right, the early end today was ours. Tomasz", after=50),
    Answer("promo", "mei", after=30, resolution="spam"),
    Answer("zeynep", "mei", "The cat made his day too. Thank you, Zeynep.", after=45),
    Answer("c7", "amara", after=40, text="Hi Martha, alarm buttons use the mobile network too: it works. Amara"),
    Answer("rafi", "tomasz", after=20, resolution="no_action"),
    Answer("leo", "tomasz", after=20, resolution="no_action"),
)
STORY = Story(before=BEFORE, live=MORNING + OUTAGE + AFTERNOON, trickle=TRICKLE, answers=ANSWERS)
