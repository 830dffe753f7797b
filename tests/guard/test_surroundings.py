"""The record, the private thread, the notes, and what may be said after all."""

from __future__ import annotations

import pytest

from inbox.guard import Field, Level, Protection, Surroundings, indexed, normal
from tests.guard.asking import found, held, kinds, secret, soft

RECORD = Surroundings(
    record=[
        secret("customer", "KD-48 213"),
        secret("phone", "+49 170 1234567"),
        secret("born", "1985-03-12"),
        secret("address", "12 Elm House, Springfield"),
        secret("answer", "Rosebud"),
        soft("city", "Lyon"),
        soft("plan", "Gold Plus"),
        Field("shop", "KD-OPEN-77", Protection.OPEN),
    ],
    names=["Carol", "Carol Smith"],
)


@pytest.mark.parametrize(
    ("text", "piece"),
    [
        ("Your number KD-48 213 is fine", "KD-48 213"),
        ("it is kd48213.", "kd48213"),
        ("it is ＫＤ４８２１３", "ＫＤ４８２１３"),
        ("k d 4 8 2 1 3", "k d 4 8 2 1 3"),
        ("on 0170/1234567 then", "0170/1234567"),
        ("on 0049 170 123 45 67", "0049 170 123 45 67"),
        ("one seven zero one two three four five six seven", "one seven zero one two three four five six seven"),
        ("first 170 12, then 345 67", "170 12, then 345 67"),
        ("your day is 12.3.85", "12.3.85"),
        ("your day is March 12, 1985", "March 12, 1985"),
        ("near 12 Elm House, right?", "12 Elm House"),
        ("the word was rosebud!", "rosebud"),
    ],
)
def test_a_secret_of_the_record_holds_however_it_is_spelled(text: str, piece: str) -> None:
    assert ("record", piece) in found(text, RECORD, Level.HOLD)


def test_soft_fields_only_warn_and_open_ones_pass() -> None:
    text = "In Lyon with Gold Plus, see KD-OPEN-77"
    assert found(text, RECORD) == {("soft", "Lyon"), ("soft", "Gold Plus")}
    assert held(text, RECORD) == set()


@pytest.mark.parametrize("value", ["", " ", "a", "é", "-", "7", "ab", "123", "N/A", "none", "unknown", "…"])
def test_an_empty_or_tiny_field_matches_nothing(value: str) -> None:
    around = Surroundings(record=[secret("x", value)])
    assert found("a b c 7 123 none of ab, unknown - a … N/A é", around) == set()


def test_short_secrets_match_whole_words_only() -> None:
    around = Surroundings(record=[secret("pin", "4821"), secret("word", "rose")])
    assert held("14821 and 48210 and primrose pro se", around) == set()
    assert found("so 4821 and rose", around, Level.HOLD) == {("record", "4821"), ("record", "rose")}


def test_a_secret_ends_where_the_word_or_number_ends() -> None:
    around = Surroundings(record=[secret("address", "Hauptplatz 5"), secret("number", "48213377")])
    assert "record" not in held("Our house at Hauptplatz 51, number 482133779", around)
    assert found("at Hauptplatz 5, no. 48213377", around) >= {("record", "Hauptplatz 5"), ("record", "48213377")}


def test_a_part_of_our_own_number_passes() -> None:
    around = Surroundings(public=["+48 22 123 45 67"])
    assert found("Nasz numer 22 123 45 67, numer 123 45 67 nie", around) == found("numer 123 45 67 nie", around)


def test_greeting_the_customer_by_name_passes() -> None:
    around = Surroundings(
        record=[secret("first name", "Carol"), secret("whole", "Carol Smith")],
        direct=["I am Carol Smith and my line is down since Monday"],
        names=["Carol Smith"],
    )
    assert found("Hi Carol! Sorry that your line is down, Carol Smith.", around) == set()


PRIVATE = Surroundings(
    direct=[
        "Hi, my husband left me last week and I cannot pay the bill anymore. Ref 99-4821-AB, code X7K9Q2, "
        "https://help.acme.example/articles/360012345",
        "Thank you for reaching out, we will get back to you as soon as possible.",
    ],
    notes=["She threatens a lawyer, offer at most fifty euro and escalate to Bob in legal"],
    names=["Carol"],
)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Sorry that your husband left me last week and I cannot pay", "passage"),
        ("HUSBAND LEFT ME, LAST WEEK: and I cannot pay…", "passage"),
        ("about 994821ab", "passage"),
        ("about 99-4821-AB", "passage"),
        ("about x7k9q2", "passage"),
        ("we offer at most fifty euro and escalate to Bob in legal", "note"),
    ],
)
def test_what_was_copied_from_a_private_place_holds(text: str, kind: str) -> None:
    assert kind in held(text, PRIVATE)


@pytest.mark.parametrize(
    "text",
    [
        "Thank you for reaching out, we will get back to you as soon as possible.",
        "Hi Carol, we cannot see the bill. Last week was busy.",
        "See https://help.acme.example/articles/360012345",
        "A lawyer is not needed.",
    ],
)
def test_politeness_ordinary_words_and_help_articles_may_be_shared_with_the_private_thread(text: str) -> None:
    assert found(text, PRIVATE) == set()


def test_what_the_customer_said_in_public_only_warns() -> None:
    around = Surroundings(record=[secret("order", "48213377")], said=["my order 4821 3377 never came!"])
    text = "Your order 48213377 left today"
    assert held(text, around) == set()
    assert kinds(text, around) == {"record", "account"}
    assert held("Your order 48213378 left today", around) == {"account"}


def test_the_companys_own_numbers_and_addresses_pass() -> None:
    around = Surroundings(
        public=["acme.example", "+49 30 901820", "Acme GmbH, Hauptstraße 12, 10115 Berlin", "press@other.example"],
        record=[secret("hotline", "030 901820")],
        direct=["call 030 901820"],
    )
    text = "jane.doe@mail.acme.example, 030 901820, Hauptstraße 12, press@other.example"
    assert found(text, around) == set()
    assert held("jane@notacme.example, Hauptstraße 13", around) == {"email", "address"}


def test_anothers_data_holds_and_is_asked_for_once() -> None:
    asked: list[list[str]] = []
    theirs = (
        indexed("+49 170 1234567") | indexed("dora@mail.example") | indexed("7788-1234") | indexed("4 Elm House, Ulm")
    )

    def strangers(values: object) -> set[str]:
        asked.append(list(values))  # type: ignore[call-overload]
        return theirs & set(asked[-1])

    text = "dora@mail.example on 0170 1234567, 77 88 12 34, at 4 Elm House, and 99112233"
    pieces = {piece for kind, piece in found(text, Surroundings(strangers=strangers)) if kind == "stranger"}
    assert pieces == {"dora@mail.example", "0170 1234567", "77 88 12 34", "4 Elm House"}
    assert len(asked) == 1
    assert found("Hi Carol, all is well", Surroundings(strangers=strangers)) == set()


def test_words_of_a_record_are_not_indexed_for_others() -> None:
    assert indexed("sunshine") == set()
    assert indexed("1234") == set()
    assert normal("KD-48 213") in indexed("KD-48 213")


@pytest.mark.parametrize(
    ("parts", "kind"),
    [
        (["Your card 4111 1111 (1/2)", "(2/2) 1111 1111 is fine"], "card"),
        (["4111", "and 1111", "and 1111", "and 1111"], "card"),
        (["hello", "4111 1111", "pic.jpg", "1111 1111"], "card"),
        (["IBAN DE89 3704 0044", "0532 0130 00"], "iban"),
        (["write to carol@mai", "l.example soon"], "email"),
        (["Your order number is…", "…48213377"], "account"),
        (["call 0170 12", "34567 today"], "phone"),
    ],
)
def test_a_value_split_over_two_posts_holds_in_each(parts: list[str], kind: str) -> None:
    assert kind in held(parts)
    assert all(kind not in held(part) for part in parts)


@pytest.mark.parametrize(
    ("parts", "marked"),
    [
        (["Write to carol@mail.example", "Thanks for waiting"], {"carol@mail.example"}),
        (["Write to carol@mail.example.", "Thanks for waiting"], {"carol@mail.example"}),
        (["Write to carol@mail.example 1/2", "2/2 Thanks"], {"carol@mail.example"}),
        (["We write to", "carol@mail.example today"], {"carol@mail.example"}),
        (["It is carol@mail.exam", "ple.com now"], {"carol@mail.exam", "ple.com"}),
        (["It is carol.sven", "sson@mail.example now"], {"carol.sven", "sson@mail.example"}),
        (["It is carol", "@mail.example now"], {"carol", "@mail.example"}),
    ],
)
def test_an_address_at_a_seam_is_marked_without_the_word_beyond_it(parts: list[str], marked: set[str]) -> None:
    assert found(parts, level=Level.HOLD) == {("email", piece) for piece in marked}


def test_our_own_address_at_the_end_of_a_post_does_not_run_into_the_next() -> None:
    ours = Surroundings(public=["carol.olsen@norrline.example"])
    assert held(["Write to carol.olsen@norrline.example", "Thanks for waiting"], ours) == set()


def test_a_secret_split_over_two_posts_holds() -> None:
    assert "record" in held(["your number is 170 123 1/2", "2/2 45 67"], RECORD)


def test_two_posts_that_only_stand_together_pass() -> None:
    assert found(["We were founded in 2019", "2020 was a good year, 1500 came"]) == set()
