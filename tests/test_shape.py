"""The shape of the house: sizes, names, reasons, and templates that keep to their room."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command

ROOT = Path(__file__).resolve().parent.parent
HOUSE = ROOT / "handrail"
LONGEST = 400  # lines of a module
LONGEST_TEST = 600  # of a module of tests, or of a tool that is run by hand
LONGEST_TEMPLATE = 200
BANNED = {"utils", "helpers", "common", "core", "base", "misc", "manager", "service", "handler"}
BANNED |= {"util", "helper", "managers", "services", "handlers"}
IN_ROOM = {
    "__init__",
    "actions",
    "api",
    "apps",
    "migrations",
    "models",
    "projections",
    "resources",
    "room",
    "rules",
    "screens",
    "tests",
    "urls",
    "locale",
    "static",
    "templates",
    "__pycache__",
}
NAMES_A_TEMPLATE = re.compile(
    r"{%-?\s*(?:include|extends|import|from)\s+[\"']([^\"']+)[\"']"
    r"|render(?:_to_string)?\((?:request,\s*)?[\"']([^\"']+\.html)[\"']"
)
UNREASONED = re.compile(
    r"#\s*(?:noqa|type:\s*ignore)(?::?\s*[A-Z]+[0-9]+[A-Z0-9, ]*|\[[^]]*\])?\s*$"
)
FOREIGN = [
    "/wo" + "rk/main",
    "/wo" + "rk/shared",
    "/ro" + "ot/",
    "pypi" + ".org",
    "registry." + "npmjs",
    "files.python" + "hosted",
]
UNFINISHED = re.compile(r"\b(?:TO" + "DO|FIX" + "ME|X" + r"XX)\b")


def is_generated(path: Path) -> bool:
    """Tell whether a program wrote the module, as its first lines then say."""
    with path.open(encoding="utf-8") as file:
        return any("enerated by" in line for line in [*file][:8])


def modules(*places: str) -> Iterator[Path]:
    for place in places:
        for path in sorted((ROOT / place).rglob("*.py")):
            if "migrations" not in path.parts and not is_generated(path):
                yield path


def rooms() -> list[Path]:
    return sorted(path.parent for path in (HOUSE / "duties").glob("*/__init__.py"))


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_no_module_is_longer_than_four_hundred_lines():
    found = {}
    for path in modules("handrail", "tests", "bench", "e2e", "tools"):
        size = len(path.read_text("utf-8").splitlines())
        beside = {"tests", "e2e", "tools"} & set(path.parts)
        if size > (LONGEST_TEST if beside else LONGEST):
            found[relative(path)] = size
    assert found == {}


def test_no_template_is_longer_than_two_hundred_lines():
    sizes = {
        relative(path): len(path.read_text("utf-8").splitlines()) for path in HOUSE.rglob("*.html")
    }
    assert {path: size for path, size in sizes.items() if size > LONGEST_TEMPLATE} == {}


def test_no_module_or_folder_has_a_name_that_says_nothing():
    found = [
        relative(path)
        for path in [*HOUSE.rglob("*.py"), *(path for path in HOUSE.rglob("*") if path.is_dir())]
        if path.stem in BANNED
    ]
    assert found == []


def test_nothing_reaches_for_a_model_by_its_name():
    found = [
        relative(path)
        for path in modules("handrail")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute)
        and node.attr == "get_model"
        and isinstance(node.value, ast.Name)
    ]
    assert found == []


@pytest.mark.parametrize("room", rooms(), ids=lambda room: room.name)
def test_a_room_has_only_the_parts_every_room_has(room):
    assert {path.stem for path in room.iterdir()} - IN_ROOM == set()


@pytest.mark.parametrize("room", rooms(), ids=lambda room: room.name)
def test_a_room_says_what_its_duty_is_and_what_it_writes(room):
    text = ast.get_docstring(ast.parse((room / "__init__.py").read_text("utf-8"))) or ""
    assert len(text.split()) >= 20, "say the duty, the FHIR resources written, the standard"
    assert re.search(r"\bwrit", text, re.IGNORECASE), "say which FHIR resources it writes"


def parts() -> list[Path]:
    """Every package that may have templates of its own."""
    folders = [*rooms(), *(path.parent for path in (HOUSE / "edge").glob("*/__init__.py"))]
    return [*folders, HOUSE / "desk", HOUSE / "access", HOUSE / "look"]


@pytest.mark.parametrize("part", parts(), ids=lambda part: part.name)
def test_templates_are_shared_only_through_the_look(part):
    allowed = {part.name, "look"}
    foreign = []
    for path in [*part.rglob("*.html"), *part.rglob("*.py")]:
        for match in NAMES_A_TEMPLATE.finditer(path.read_text("utf-8")):
            named = match.group(1) or match.group(2)
            if named.partition("/")[0] not in allowed:
                foreign.append(f"{relative(path)}: {named}")
    assert foreign == []


@pytest.mark.parametrize("part", parts(), ids=lambda part: part.name)
def test_templates_lie_in_a_folder_of_their_own_name(part):
    folder = part / "templates"
    assert {path.name for path in folder.glob("*")} <= {part.name}


def test_pages_have_no_inline_style_or_script():
    """The content security policy would refuse them."""
    inline = re.compile(r"<style|<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=|hx-on", re.IGNORECASE)
    found = [
        f"{relative(path)}: {match.group()}"
        for path in HOUSE.rglob("*.html")
        for match in inline.finditer(path.read_text("utf-8"))
    ]
    assert found == []


def test_every_silenced_complaint_has_a_reason_on_its_line():
    found = [
        f"{relative(path)}:{number}"
        for path in modules("handrail", "tests", "bench", "e2e", "tools")
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if UNREASONED.search(line)
    ]
    assert found == []


@pytest.mark.django_db
def test_the_migrations_make_the_models():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def texts() -> Iterator[tuple[Path, str]]:
    kinds = {
        ".py",
        ".md",
        ".html",
        ".toml",
        ".lock",
        ".css",
        ".js",
        ".mjs",
        ".yaml",
        ".po",
        ".sql",
        ".txt",
    }
    places = ("handrail", "tests", "bench", "e2e", "tools", "docs", "rules", "requirements", ".ci")
    files = [path for place in places for path in (ROOT / place).rglob("*")]
    ours = [path for path in files if "node_modules" not in path.parts]
    for path in [*ours, *ROOT.glob("*")]:
        if path.is_file() and (path.suffix in kinds or path.name in {"Makefile", "run", "NOTICE"}):
            yield path, path.read_text("utf-8")


def test_nothing_names_a_machine_or_a_registry():
    found = [
        f"{relative(path)}: {place}" for path, text in texts() for place in FOREIGN if place in text
    ]
    assert found == []


def test_nothing_is_left_to_do():
    found = [relative(path) for path, text in texts() if UNFINISHED.search(text)]
    assert found == []


def test_locks_have_a_hash_for_everything():
    for lock in sorted((ROOT / "requirements").glob("*.lock")):
        entries = lock.read_text("utf-8").replace("\\\n", " ").splitlines()
        assert entries
        assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
