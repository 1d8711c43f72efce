"""Collects what people read into ``locale/*/LC_MESSAGES/django.po`` of each part of the house.

``make messages``: new words are added untranslated, words that are gone are dropped, and what was
translated stays. Compiling happens by itself when Handrail starts.
"""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
HOUSE = ROOT / "handrail"
LANGUAGES = ("es",)
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "later": None,
    "noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
RULES = {
    "duties/referrals": {
        "referrals.declines": "reasons",
        "referrals.next-steps": "steps",
        "referrals.closings": "reasons",
        "referrals.outcomes": "outcomes",
    },
}
"""Words that stand in rule files: by part, the rule and its rows, which are (code, words, …)."""
TEMPLATES = {
    "extensions": "jinja2.ext.i18n,jinja2.ext.do",
    "newstyle_gettext": "true",
    "trimmed": "false",
    "silent": "false",
}


def parts() -> Iterator[Path]:
    """Yield every folder that keeps translations of its own."""
    for path in sorted(HOUSE.rglob("templates")):
        yield path.parent


def sources(part: Path) -> Iterator[tuple[str, Path]]:
    """Yield the files of a part that may hold words, with the way to read them."""
    for path in sorted(part.rglob("*.py")):
        if not {"tests", "migrations"} & set(path.parts):
            yield "python", path
    for path in sorted((part / "templates").rglob("*.html")):
        yield "jinja2", path


def called(path: Path) -> Iterator[str]:
    """Yield what is marked inside of f-strings and other calls, where Babel does not look."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            said = node.args[0]
            plain = isinstance(said, ast.Constant) and isinstance(said.value, str)
            if plain and node.func.id in KEYWORDS and KEYWORDS[node.func.id] is None:
                yield said.value


def ruled(part: Path) -> Iterator[tuple[str, str]]:
    """Yield (rule file, words) of a part's rules."""
    wanted = RULES.get(str(part.relative_to(HOUSE)), {})
    for path in sorted((ROOT / "rules").glob("*.toml")) if wanted else ():
        for rule in tomllib.loads(path.read_text("utf-8"))["rule"]:
            rows = rule["values"][wanted[rule["id"]]] if rule["id"] in wanted else ()
            for _code, words, *_more in rows:
                yield str(path.relative_to(ROOT)), words


def collect(part: Path) -> Catalog:
    """Return everything a part says."""
    catalog = Catalog(project="Handrail", charset="utf-8")
    for method, path in sources(part):
        options = TEMPLATES if method == "jinja2" else {}
        found = extract_from_file(
            method, path, keywords=KEYWORDS, comment_tags=("Translators:",), options=options
        )
        for _line, words, comments, context in found:
            place = (str(path.relative_to(ROOT)), 0)
            catalog.add(words, locations=[place], auto_comments=comments, context=context)
        if method == "python":
            for words in called(path):
                catalog.add(words, locations=[(str(path.relative_to(ROOT)), 0)])
    for where, words in ruled(part):
        catalog.add(words, locations=[(where, 0)])
    return catalog


def merge(part: Path, language: str, said: Catalog) -> tuple[int, int]:
    """Write a part's words into its catalog; return how many there are and how many wait."""
    path = part / "locale" / language / "LC_MESSAGES" / "django.po"
    catalog = Catalog(locale=language, project="Handrail", fuzzy=False)
    if path.exists():
        with path.open("rb") as file:
            catalog = read_po(file, locale=language)
    begun = catalog.creation_date
    catalog.update(said, no_fuzzy_matching=True)
    catalog.header_comment = f"# Handrail: {part.relative_to(HOUSE)}, {language}."
    catalog.creation_date = catalog.revision_date = begun  # no change, no difference
    catalog.last_translator = catalog.msgid_bugs_address = ""
    catalog.language_team = language
    catalog.obsolete.clear()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalog, width=100, omit_header=False, include_lineno=False)
    every = [message for message in catalog if message.id]
    return len(every), sum(not all(_strings(message.string)) for message in every)


def _strings(text: str | list[str] | tuple[str, ...] | None) -> tuple[str, ...]:
    return (text or "",) if text is None or isinstance(text, str) else tuple(text)


def main() -> int:
    """Collect for every part and language, and say what waits for a translator."""
    for part in parts():
        said = collect(part)
        for language in LANGUAGES:
            every, waiting = merge(part, language, said)
            name = part.relative_to(ROOT)
            print(f"{name} {language}: {every} texts, {waiting} not translated")
    return 0


if __name__ == "__main__":
    sys.exit(main())
