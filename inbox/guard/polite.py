"""Words of greeting, thanks, apology and grammar: a sentence of these was not copied from anybody."""

# Plain form: small letters, no accents. By language, as they are looked through by the people who speak it.
_WORDS = {
    "en": """
        a able about above account address after again agent all already also although always am an and
        another answer any anything apologies apologise apologize appreciate are as ask asked assist
        assistance at back be because been before being below best between bit but by can cant care caused
        check checked checking cheers colleague colleagues concern concerns contact contacting could
        customer customers day days dear detail details did didnt direct dm dms do does doesnt doing done
        dont down during each else email ever every experience feedback feel few first follow following for
        free from further gave get give glad good got great had happy has have having he hear heard hearing
        hello help helped helping her here hey hi him his hope hour hours how i if ill im in inconvenience
        info information into investigate is issue issues it its ive just kind knew know last later let lets
        like link look looking lot made make many may me message messages might mine minute minutes moment
        more most much must my name need never next nice no nor not now number of off often ok okay on once
        one only onto or order other our ours out over own patience patient phone please possible private
        privately problem problems query question questions reach reached reaching regards replied reply
        replying respond response right said same say see seen send sending sent service shall she should
        sincerely so some something soon sorry still such support sure take team tell than thank thanks
        thankyou that thats the their them then there theres these they think this those though through time
        times to today told tomorrow too took touch two unable under understand until up us very via wait
        waiting want was we week welcome well were weve what when where which while who whom whose why will
        wishes with within without wont would yes yesterday yet you your youre yours youve""",
    "de": """
        abend aber alles als am an anfrage anliegen ansehen antwort antworten auch auf aus bald bei beim bin
        bis bist bitte da damit dank danke dann darf das dass daten dein deine deinen dem den denn der des
        details dich die diese diesem diesen dieser dieses dir direktnachricht dort du durch durfen ein eine
        einem einen einer eines einmal entschuldige entschuldigen entschuldigung er es etwas frage fragen
        freundliche freundlichen fur geduld gegen genau gern gerne gleich grusen grusse gruß gruße gut guten
        habe haben hallo hat hatte hatten helfen herzlichen heute hier hilfe ich ihnen ihr ihre ihrem ihren
        im in info informationen ist ja jede jeder kann kein keine keinen kollegen konnen konnte konnten
        konntest kontakt kontaktieren kummern kunde kunden kundenservice kurz leid liebe lieber mal man mehr
        mein meine meinen melde melden meldung mich mir mit mochte mochten moglich moment morgen muss mussen
        nach nachricht nachrichten nein nicht noch nochmal nur ob oder ohne problem probleme prufen schade
        schauen schick schicken schnell schon schonen schreib schreiben sehr seid sein seit sende senden
        service sich sie sind so sobald sofort soll sollte sollten tag team thema tut uber um umgehend
        unannehmlichkeiten und uns unser unsere unserem unseren unter unterstutzung verstandnis viel vielen
        vom von vor wann war waren warum was weil weiter weiterhelfen welche welcher welches wenig wenn wer
        werden wie wieder wir wird wo wunschen wurde wurden zeit zu zum zur""",
    "fr": """
        a ai aide aider apres as attente au aussi autre autres aux avait avant avec avez avoir avons
        beaucoup bien bientot bon bonjour bonne bonsoir car ce ceci cela ces cet cette chez client clients
        comme comprendre comprenons conseiller contact contacter cordialement d dans de deja demande depuis
        des desole desolee desoles details devez devons disposition dm doit donc dont du ecrire ecrivez elle
        elles en encore entre envoyer envoyez equipe es est et etaient etait ete etes etre excuses excusons
        faire fait faites gene hesitez il ils information informations instant j jamais je journee l la le
        les leur leurs lorsque m ma mais me merci mes message messages moins mon mp n ne ni non nos notre
        nous occasionnee on ont or ou oui par pas patience pendant peut plus possible pour pourriez
        pourrions pouvez pouvoir pouvons prive prives probleme puis qu quand que quel quelle quels question
        questions qui quoi rapidement regarder regrettons repondre reponse retour s sa salutations sans se
        service ses si soiree sommes son sont souhaitez souhaitons sous suis sur t ta te temps tes ton
        toujours tous tout toute toutes tres trop tu un une verifier vers voir vos votre vous y""",
    "es": """
        a al algo ante aquel atencion aun ayuda ayudar ayudarle ayudarte buenas buenos cliente clientes como
        comprension con consulta contactar contacto contra cordial cual cuales cualquier cuando cuanto cuyo
        datos de debe del desde detalles dias directo disculpa disculpas disculpe dm donde duda dudas e el
        ella ellas ellos en entre envia enviame envianos enviar equipo era eres es esa esas escribenos
        escribir ese eso esos esta estaba estamos estan estar estas este esto estos estoy favor fue gracias
        ha haber hace hacer hacia han has hasta hay he hecho hemos hola inconvenientes informacion la
        lamentamos las le les lo los mas md me menos mensaje mensajes mi mis molestias momento muchas muy ni
        no noches nos nosotros nuestra nuestras nuestro nuestros nunca o os otra otro paciencia para pero
        podemos poder podria podrias por porque posible pregunta privado problema pronto puede pueden puedes
        que quien quiere quieres responder respuesta revisar saludo saludos se segun sentimos ser si sido
        siempre siento sin sino sobre solo somos son soy su sus tambien tan tardes te tenemos tener tengo
        tiempo tiene tienen tienes toda todas todavia todo todos tras tu tus u un una unas unos usted
        ustedes ver vosotros vuestro y ya yo""",
    "it": """
        a abbiamo agli ai aiutare aiutarti aiuto al alla alle allo altro anche ancora assistenza avere avete
        buonasera buongiorno che chi ci ciao cliente clienti come con contattarci contattare contatto
        cordiali cui da dal dalla dati degli dei del della delle dello dettagli deve di diretto disagio
        dispiace dm domanda dove e ed era essere fare fatto favore fra gia gli grazie ha hai hanno ho i il
        in informazioni invia inviaci inviare io l la le lei lo loro lui ma mai me meno messaggi messaggio
        mi mia miei mille mio molto momento ne nei nel nella nelle nello noi non nostra nostre nostri nostro
        o pazienza per perche piu possiamo possibile potete potrebbe potresti presto privato problema puo
        puoi quale quali qualsiasi quando quanto quella quello questa queste questi questo rispondere
        risposta saluti salve scrivere scrivici scusa scusaci scuse se sei sempre servizio si siamo siete
        solo sono spiacenti stata stato su sua sue sul sulla suo suoi te team tempo ti tra tu tua tuo tutti
        tutto un una uno vedere verificare vi vogliamo voi vostra vostro vuoi""",
    "nl": """
        aan al alleen alles als alsjeblieft alstublieft ander andere antwoord antwoorden bedankt begrip
        bekijken ben bent bericht berichten beste bij contact contacteren controleren daar dan dank
        dankjewel dat de der details deze die dit dm door dus een en er erg even excuses geduld geen
        gegevens goedemiddag goedemorgen goedenavond graag groet groeten haar had hadden hallo heb hebben
        hebt heeft heel helpen hem hen het hier hij hoe hoi hulp hun iets ik in informatie is ja je jij jou
        jouw kan kijken klant klanten klantenservice kon kun kunnen kunt maar mag me meer met mij mijn
        minder moet moeten mogelijk mogen moment na naar nee niet nog of om onder ongemak ons onze ook op
        over prive probleem reactie schrijf schrijven service sinds snel sorry spijt sturen stuur te team
        ten ter tijd tot u uit uw van verder vervelend voor vraag vragen vriendelijke waar waarom wanneer
        want waren was wat we werd wie wij wil willen worden wordt zal ze zeer zij zijn zo zonder zou zouden
        zullen""",
    "pl": """
        a aby albo ale bardzo beda bede bedzie bez bo byc byl byla byli bylo chwile ci cie ciebie
        cierpliwosc co czas czesc czy dane dla dm do dobry dzieki dziekuje dziekujemy dzien gdy gdzie i ich
        im informacje inne ja jak jaka jaki jakie jego jej jesli jest jeszcze jezeli juz kiedy klient
        klienta kontakt kontaktu kto ktora ktore ktory lub ma macie maja mam mamy masz mi miec mnie mniej
        moge moze mozemy mozesz mozliwe mozna my na nad nam napisac napisz nas nasz nasza nasze naszego
        naszej nie niedogodnosci o obsluga obslugi od odpowiedz odpowiedziec on ona oni ono oraz pan pani
        panstwa panstwo panu po pod pomoc pomoca pomozemy poniewaz pozdrawiam pozdrawiamy pozdrowienia
        problem prosimy prosze prywatna prywatnej przed przepraszam przepraszamy przez przy przykro pytania
        pytanie sa sie siebie skontaktowac sprawdzic sprawdzimy szczegoly szybko ta tak takze te tego tej
        ten tez to twoj twoja twoje ty tych tylko tym u w we wiadomosc wiadomosci wiecej witaj witam
        wszystko wyslac wyslij z za ze zeby zespol zrozumienie""",
    "sv": """
        allt annat ar att av bara beklagar besvar blev bli blir bra da dag dar de dem den denna deras dessa
        det detaljer detta dig din dina ditt dm du efter eller er era ert far fick for forstaelse fort fraga
        fragor fran genom gjort god gor gora gott ha hade halsningar han hans har hej hejsan henne hennes
        hjalp hjalpa hon honom hur i information inga ingen inget innan inte ja jag kan kolla kontakt
        kontakta kund kunde kunder kundservice kundtjanst kvall ledsen man maste med meddelande meddelanden
        mellan men mer mig min mina mindre mitt mojligt morgon mycket nagon nagot nar nej ner ni nu och
        ocksa om oss over pa privat problem redan sedan sig ska skicka skriv skriva skulle snart som stund
        svar svara tack tackar talamod team tid till titta tyvarr under upp uppgifter ursakta ursaktar ut
        utan vad valdigt vanliga vanligen var vara varfor varit vart vem vi vid vidare vilka vilken vilket
        vill ville""",
}
POLITE = frozenset(word for words in _WORDS.values() for word in words.split())
