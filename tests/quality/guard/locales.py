"""The locales of the generated replies, and how each writes digits and dates in words and figures."""

from __future__ import annotations

LOCALES = {
    "en-US": ("en_US", "US"),
    "en-GB": ("en_GB", "GB"),
    "de": ("de_DE", "DE"),
    "fr": ("fr_FR", "FR"),
    "es": ("es_ES", "ES"),
    "it": ("it_IT", "IT"),
    "nl": ("nl_NL", "NL"),
    "pl": ("pl_PL", "PL"),
    "sv": ("sv_SE", "SE"),
}
DIGIT_WORDS = {
    "en-US": "zero one two three four five six seven eight nine",
    "en-GB": "zero one two three four five six seven eight nine",
    "de": "null eins zwei drei vier fünf sechs sieben acht neun",
    "fr": "zéro un deux trois quatre cinq six sept huit neuf",
    "es": "cero uno dos tres cuatro cinco seis siete ocho nueve",
    "it": "zero uno due tre quattro cinque sei sette otto nove",
    "nl": "nul een twee drie vier vijf zes zeven acht negen",
    "pl": "zero jeden dwa trzy cztery pięć sześć siedem osiem dziewięć",
    "sv": "noll ett två tre fyra fem sex sju åtta nio",
}
MONTHS = {
    "en-US": "January February March April May June July August September October November December",
    "en-GB": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "pl": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    "sv": "januari februari mars april maj juni juli augusti september oktober november december",
}
NUMERIC_DATE = {
    "en-US": "{m:02}/{d:02}/{y}",
    "en-GB": "{d:02}/{m:02}/{y}",
    "de": "{d:02}.{m:02}.{y}",
    "fr": "{d:02}/{m:02}/{y}",
    "es": "{d:02}/{m:02}/{y}",
    "it": "{d:02}/{m:02}/{y}",
    "nl": "{d:02}-{m:02}-{y}",
    "pl": "{d:02}.{m:02}.{y}",
    "sv": "{y}-{m:02}-{d:02}",
}
WORDED_DATE = {
    "en-US": "{month} {d}, {y}",
    "de": "{d}. {month} {y}",
    "es": "{d} de {month} de {y}",
}
