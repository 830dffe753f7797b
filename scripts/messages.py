"""`make messages`: gathers what the sources say into locale/, and compiles the catalogues that the desk reads.

A new sentence stands in each catalogue without a translation, one that is gone is taken out; a test asks for the
rest. Plain Python and Babel: no machine needs the tools of GNU gettext.
"""

from __future__ import annotations

import ast
import io
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages import Catalog, pofile
from babel.messages.extract import extract_javascript, extract_python
from babel.messages.mofile import write_mo

ROOT = Path(__file__).resolve().parents[1]
LOCALE = ROOT / "locale"
# GNU gettext's rule of each language; Arabic counts none, one, two, few, many and the rest.
PLURALS = {
    "de": "nplurals=2; plural=(n != 1);",
    "ar": "nplurals=6; plural=n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3"
    " : n%100>=11 && n%100<=99 ? 4 : 5;",
}
DOMAINS = ("django", "djangojs")
APPS = ("connectors", "inbox", "routing", "metrics", "socialdesk")
IN_PYTHON = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop"), None),
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
}
IN_SCRIPTS = {"say": None, "plural": (1, 2)}
# Declared in English by code that knows no Django; said in the reader's language by inbox/saying.py.
PLAIN = ("connectors/networks/", "connectors/base.py", "inbox/guard/search.py")
Found = tuple[str, object, str | None]  # file, what is said (one or both numbers), context


def _found(
    path: Path, said: Iterator[tuple[int, str, object, list[str]]], keywords: dict[str, object]
) -> Iterator[Found]:
    name = path.relative_to(ROOT).as_posix()
    for _, function, words, _ in said:
        parts = words if isinstance(words, tuple) else (words,)
        if keywords[function] == (1, 2):
            yield name, tuple(parts[:2]), None
        elif function == "pgettext":
            yield name, parts[1], str(parts[0])
        elif parts[0]:
            yield name, parts[0], None


def of_python(path: Path) -> Iterator[Found]:
    with path.open("rb") as source:
        yield from _found(path, extract_python(source, list(IN_PYTHON), [], {}), IN_PYTHON)


def of_template(path: Path) -> Iterator[Found]:
    """Django writes its tags as calls; the rest of the page becomes names, which say nothing."""
    from django.utils.translation.template import templatize  # needs Django's settings

    calls = templatize(path.read_text(encoding="utf-8"), origin=path.name)
    plain = "\n".join(line.strip() for line in calls.splitlines())
    yield from _found(path, extract_python(io.BytesIO(plain.encode()), list(IN_PYTHON), [], {}), IN_PYTHON)


def of_script(path: Path) -> Iterator[Found]:
    with path.open("rb") as source:
        said = extract_javascript(source, list(IN_SCRIPTS), [], {"encoding": "utf-8"})
        yield from _found(path, said, IN_SCRIPTS)


def of_plain(path: Path) -> Iterator[Found]:
    """Whole sentences, and what a form of settings shows, of code that marks nothing."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    pieces = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    documents = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    shown = {
        id(word.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for word in node.keywords
        if word.arg in ("label", "group", "streams", "name")
    } | {
        id(node.args[1])
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "StreamSpec"
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in pieces | documents:
            sentence = re.fullmatch(r"[A-Z][^\n]* [^\n]*\.", node.value)
            if sentence or (id(node) in shown and re.fullmatch(r"[A-Z][A-Za-z0-9' .,-]+", node.value)):
                yield path.relative_to(ROOT).as_posix(), node.value, None


def gather(domain: str) -> Catalog:
    """What the sources say today."""
    found: list[Found] = []
    if domain == "djangojs":
        for path in sorted((ROOT / "static" / "desk" / "js").rglob("*.js")):
            found += of_script(path)
    else:
        for path in sorted((ROOT / "templates").rglob("*.*")):
            found += of_template(path)
        for path in sorted(path for app in APPS for path in (ROOT / app).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if "/migrations/" not in name:
                found += of_python(path)
                found += of_plain(path) if name.startswith(PLAIN) else ()
    catalog = Catalog(charset="utf-8")
    for name, said, context in found:
        catalog.add(said, locations=[(name, 0)], context=context)
    return catalog


def read(language: str, domain: str) -> Catalog:
    path = LOCALE / language / "LC_MESSAGES" / f"{domain}.po"
    if not path.exists():
        return Catalog(locale=language, charset="utf-8")
    with path.open("rb") as source:
        return pofile.read_po(source, locale=language, domain=domain)


def brought_up_to_date(language: str, domain: str) -> Catalog:
    """The catalogue with what the sources say now: new sentences without a translation, without those that are gone."""
    stored, now = read(language, domain), gather(domain)
    made = Catalog(locale=language, charset="utf-8")
    for message in now:
        if message.id:
            known = stored.get(message.id if isinstance(message.id, str) else message.id[0], message.context)
            same = known is not None and known.id == message.id
            made.add(message.id, known.string if same and known else None, message.locations, context=message.context)
    return made


def written(language: str, catalog: Catalog) -> bytes:
    """The .po: without dates, names and line numbers, so that only a sentence changes it."""
    out = io.BytesIO()
    pofile.write_po(out, catalog, width=118, omit_header=True, sort_by_file=True, include_lineno=False)
    head = (
        'msgid ""\nmsgstr ""\n'
        f'"Language: {language}\\n"\n"MIME-Version: 1.0\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
        f'"Content-Transfer-Encoding: 8bit\\n"\n"Plural-Forms: {PLURALS[language]}\\n"\n\n'
    )
    return head.encode() + out.getvalue()


def compiled(language: str, domain: str) -> bytes:
    """The .mo that stands for a .po, to the byte: without the time at which it was made."""
    catalog = read(language, domain)
    catalog.project, catalog.version, catalog.creation_date = "socialdesk", domain, datetime(2026, 1, 1, tzinfo=UTC)
    out = io.BytesIO()
    write_mo(out, catalog)
    return out.getvalue()


def main() -> int:
    import django
    from django.conf import settings

    settings.configure(USE_I18N=True)
    django.setup()
    for language in PLURALS:
        for domain in DOMAINS:
            path = LOCALE / language / "LC_MESSAGES" / f"{domain}.po"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(written(language, brought_up_to_date(language, domain)))
            path.with_suffix(".mo").write_bytes(compiled(language, domain))
            open_ones = [one.id for one in read(language, domain) if one.id and not all(_strings(one.string))]
            print(f"{path.relative_to(ROOT)}: {len(read(language, domain))} messages, {len(open_ones)} to translate")
    return 0


def _strings(said: object) -> tuple[object, ...]:
    return said if isinstance(said, tuple) else (said,)


if __name__ == "__main__":
    sys.exit(main())
