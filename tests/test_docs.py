"""The documentation is true: what it names is there, and what is there is named."""

from __future__ import annotations

import ast
import re
import shlex
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.urls import Resolver404, resolve

from handrail.access.principal import Role
from handrail.duties.caseload.rules import criteria
from handrail.edge.fhir_api import routing
from handrail.edge.fhir_api.errors import MethodNotAllowedError
from handrail.edge.hl7v2 import events
from handrail.fhir.calendar import Calendar
from handrail.fhir.change import Change
from handrail.fhir.rulebook import Rulebook
from handrail.fhir.work import kind_of, look_by
from handrail.record.registry import registry
from handrail.record.rulebook import rules_in
from handrail.room import house
from handrail.site.cli import COMMANDS

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
OWN = ("README.md", "CONTRIBUTING.md")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
A_PLACE = re.compile(r"(?:[\w.-]+/)+[\w.-]*")
TOPS = ("docs", "tests", "rules", "e2e", "bench", "tools", "requirements", "handrail")
FLOORS = ("fhir", "access", "record", "look", "desk", "duties", "edge", "site")
FOREIGN = re.compile(r"/(?:wo" r"rk|ro" r"ot|ho" r"me)/|py" r"pi\.org|npm" r"js|python" r"hosted")
STANDARD = re.compile(r"\b(?:FHIR|US Core|HL7|CMS|SDOHCC)\b")


def text(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as code hosts make them."""
    titles = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    plain = (re.sub(r"[^\w\s-]", "", title.lower()) for title in titles)
    return {title.strip().replace(" ", "-") for title in plain}


def shell_lines(page: str) -> Iterator[list[str]]:
    """The words of each command in a page's shell blocks, without what is set before them."""
    for language, block in BLOCK.findall(text(page)):
        for line in block.splitlines() if language == "sh" else ():
            words = shlex.split(line, comments=True)
            while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
                words.pop(0)
            if words:
                yield words


def targets() -> set[str]:
    return set(re.findall(r"^([a-z0-9-]+):", text("Makefile"), re.MULTILINE))


def modules(*places: str) -> Iterator[ast.Module]:
    for place in places:
        for path in [ROOT / place] if place.endswith(".py") else (ROOT / place).rglob("*.py"):
            if path != Path(__file__) and not {"r4", "compiled"} & set(path.parts):
                yield ast.parse(path.read_text("utf-8"))


def words_in(*places: str) -> Iterator[str]:
    """Every text that stands by itself in the code."""
    for module in modules(*places):
        for node in ast.walk(module):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


# Pages


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_leads_somewhere(page):
    broken = []
    for link in LINK.findall(BLOCK.sub("", page.read_text("utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        place, _, anchor = link.partition("#")
        target = (page.parent / place).resolve() if place else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_file_that_is_named_is_there(page):
    missing = []
    for place in CODE.findall(BLOCK.sub("", page.read_text("utf-8"))):
        first = place.partition("/")[0]
        if not A_PLACE.fullmatch(place) or first not in (*TOPS, *FLOORS):
            continue
        spots = (ROOT / place, ROOT / "handrail" / place)
        if not any(spot.exists() for spot in spots) and not place.startswith("rules/*"):
            missing.append(place)
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_no_page_names_a_machine_or_a_registry(page):
    assert FOREIGN.findall(page.read_text("utf-8")) == []


def test_the_index_lists_every_page():
    linked = set(LINK.findall(text("docs/index.md")))
    assert {page.name for page in DOCS.glob("*.md")} - linked == {"index.md"}


def test_every_decision_is_in_its_index_with_its_title():
    index = dict(
        reversed(found)
        for found in re.findall(r"\[([^\]]+)\]\((\d{4}-[^)]+)\)", text("docs/decisions/README.md"))
    )
    pages = {page.name: page for page in (DOCS / "decisions").glob("[0-9]*.md")}
    assert set(index) == set(pages)
    for name, page in pages.items():
        number, _, title = (
            page.read_text("utf-8").splitlines()[0].removeprefix("# ").partition(". ")
        )
        assert index[name] == f"{int(number):04d} {title}"


@pytest.mark.parametrize("name", ["decision", "context", "consequences", "alternatives"])
def test_every_decision_has_its_parts(name):
    for page in (DOCS / "decisions").glob("[0-9]*.md"):
        assert f"\n## {name.capitalize()}\n" in page.read_text("utf-8"), page.name


def test_pictures_are_small_and_each_is_shown():
    shown = set(LINK.findall(text("docs/screens.md")))
    for picture in (DOCS / "pictures").iterdir():
        assert picture.suffix == ".png"
        assert picture.stat().st_size < 200_000, picture.name
        assert f"pictures/{picture.name}" in shown


# Commands and settings


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_described(command):
    assert re.search(rf"`handrail {command}\b", text("docs/commands.md"))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_and_verb_of_a_command_is_described(command):
    module = ast.parse(text(f"handrail/site/cli/{command}.py"))
    words = {
        call.args[0].value
        for call in ast.walk(module)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)
        if call.func.attr in {"add_argument", "add_parser"}
        if isinstance(call.args[0], ast.Constant)
    }
    named_so = {word for word in words if word.startswith("--") or command in {"user", "key"}}
    arguments = {"name", "username", "key"}
    page = text("docs/commands.md")
    assert [word for word in named_so - arguments if f"`{word}" not in page] == []


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "docs/commands.md"])
def test_the_commands_in_a_page_can_be_run(page):
    found = 0
    for words in shell_lines(page):
        program = words[0].rpartition("/")[2]
        if program == "make":
            assert set(words[1:]) <= targets()
        elif program == "handrail":
            _can_be_parsed(words[1:])
        else:
            assert program in {"export", "curl"}, words
            continue
        found += 1
    assert found


def _can_be_parsed(words: list[str]) -> None:
    """See that a command exists and that its parser knows every option."""
    assert words[0] in COMMANDS
    code = text(f"handrail/site/cli/{words[0]}.py") + text("handrail/site/cli/serve.py")
    for word in words[1:]:
        if word.startswith("--"):
            assert f'"{word}"' in code, word
    if words[0] in {"user", "key"}:
        assert f'"{words[1]}"' in code


def test_every_make_target_is_explained():
    assert [name for name in targets() if f"`make {name}`" not in text("CONTRIBUTING.md")] == []


def test_every_make_target_that_is_named_exists():
    for page in PAGES:
        for target in re.findall(r"`make ([a-z-]+)`", page.read_text("utf-8")):
            assert target in targets(), f"{named(page)}: make {target}"


@cache
def settings() -> set[str]:
    """Every environment variable that the code, the tests or the tools read."""
    places = ("handrail", "tests", "e2e", "bench", "tools", "conftest.py")
    return {word for word in words_in(*places) if re.fullmatch(r"HANDRAIL_[A-Z_]+", word)} | {
        "PORT"
    }


def test_every_setting_is_described():
    described = set(re.findall(r"^\| `([A-Z_]+)` \|", text("docs/settings.md"), re.MULTILINE))
    assert described == settings()


def test_no_page_names_a_setting_that_is_none():
    for page in PAGES:
        assert set(re.findall(r"HANDRAIL_[A-Z_]+", page.read_text("utf-8"))) <= settings(), (
            page.name
        )


# Rooms, work and access


@pytest.mark.parametrize("room", house.rooms.values(), ids=lambda room: room.name)
def test_a_room_names_its_duty_what_it_writes_and_the_standard(room):
    package = next(
        name
        for name in (f"handrail.{place}{room.name}" for place in ("duties.", "edge.", ""))
        if (ROOT / name.replace(".", "/")).is_dir()
    )
    said = import_module(package).__doc__ or ""
    if not package.startswith("handrail.duties"):
        assert said
        return
    written = set(room.writes) | ({"Task"} if room.task_kinds else set())
    assert [name for name in written if name not in said] == []
    assert STANDARD.search(said)


def test_every_room_is_in_the_plan_of_the_house_with_what_it_writes():
    plan = text("docs/architecture.md")
    for folder in (ROOT / "handrail" / "duties").glob("*/room.py"):
        room = house.rooms[folder.parent.name]
        row = re.search(rf"^\| `{room.name}` \|.*$", plan, re.MULTILINE)
        assert row, room.name
        assert [name for name in room.writes if name not in row[0]] == []


def test_every_kind_of_work_is_in_the_map():
    page = text("docs/reactions.md")
    for kind in house.task_kinds.values():
        assert f"- `{kind.code}` {kind.label} (done by: {kind.does}; queue: {kind.queue})" in page


def test_every_reaction_and_sweep_says_what_it_does():
    reactions = [
        (room, reaction.decide) for found in registry.reactions.values() for room, reaction in found
    ]
    sweeps = [(room, sweep.decide) for room, sweep in registry.sweeps]
    page = text("docs/reactions.md")
    for room, decide in (*reactions, *sweeps):
        sentence = (decide.__doc__ or "").partition("\n")[0].strip()
        assert sentence.endswith("."), f"{room}.{decide.__name__}"
        assert sentence in page


def test_every_sweep_of_the_caseload_is_explained():
    for room, sweep in registry.sweeps:
        if room == "caseload":
            assert f"`{sweep.name}`" in text("docs/programs.md")


def test_every_role_is_explained():
    rows = re.findall(r"^\| ([a-z, -]+) \|", text("docs/architecture.md"), re.MULTILINE)
    explained = {role for row in rows for role in row.split(", ")}
    assert {role.value for role in Role} - {Role.SYSTEM.value} <= explained
    assert [role for role in Role if role != Role.SYSTEM and role not in text("README.md")] == []


def test_every_place_of_the_navigation_is_shown_and_exists():
    page = text("docs/screens.md")
    for room in house.rooms.values():
        for nav in room.nav:
            assert f"`{nav.url}`" in page, nav.url
        for tab in room.tabs:
            assert f"`{tab.url}`" in page, tab.url
    for address in re.findall(r"`(/[^`\s]*)`", page):
        try:
            resolve(address.replace("{patient}", "p1"))
        except Resolver404:
            pytest.fail(f"docs/screens.md names {address}")


def test_every_fact_and_word_of_a_program_is_explained():
    page = text("docs/programs.md")
    for fact, words in criteria._WORDS.items():
        row = re.search(rf"^\| `{fact}` \|.*$", page, re.MULTILINE)
        assert row, fact
        assert [word for word in words - {"fact"} if word not in row[0]] == []


# Faces


def test_every_hospital_event_is_explained():
    page = text("docs/hl7v2.md")
    assert [event for event in events.UNDERSTOOD if event not in page] == []


REQUESTS = {
    "read": ("GET", ("Patient", "1")),
    "vread": ("GET", ("Patient", "1", "_history", "2")),
    "history": ("GET", ("Patient", "1", "_history")),
    "create": ("POST", ("Patient",)),
    "update": ("PUT", ("Patient", "1")),
    "update_where": ("PUT", ("Patient",)),
    "patch": ("PATCH", ("Patient", "1")),
    "patch_where": ("PATCH", ("Patient",)),
    "delete": ("DELETE", ("Patient", "1")),
    "delete_where": ("DELETE", ("Patient",)),
    "search": ("GET", ("Patient",)),
}


def documented() -> set[tuple[str, tuple[str, ...]]]:
    """What the page on the FHIR API says can be asked for, as method and path."""
    found = set()
    for method, path in re.findall(
        r"`(GET|POST|PUT|PATCH|DELETE) /fhir([^`\s]*)", text("docs/fhir-api.md")
    ):
        parts = path.partition("?")[0].strip("/").split("/")
        known = {"Type": "Patient", "id": "1", "n": "2"}
        found.add((method, tuple(known.get(part, part) for part in parts if part)))
    return found


@pytest.mark.parametrize(("name", "asked"), REQUESTS.items(), ids=REQUESTS)
def test_every_fhir_interaction_is_explained_and_answered(name, asked):
    method, path = asked
    assert routing.interaction(SimpleNamespace(method=method, path=path)).__name__ == name
    assert asked in documented()


def test_the_fhir_page_claims_nothing_that_is_not_answered():
    public = {("GET", ("metadata",)), ("GET", ("openapi.json",))}
    for method, path in documented() - {("POST", ()), *public}:
        assert routing.interaction(SimpleNamespace(method=method, path=path))
    with pytest.raises(MethodNotAllowedError):
        routing.interaction(SimpleNamespace(method="POST", path=("Patient", "1")))


# Dependencies, version, example


def test_every_dependency_is_explained():
    project = tomllib.loads(text("pyproject.toml"))
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    names = {re.match(r"[\w-]+", line)[0] for line in wanted}
    rows = re.findall(r"^\| ([^|]+) \|", text("docs/dependencies.md"), re.MULTILINE)
    assert names <= {name.strip() for row in rows for name in row.split(",")}


def test_the_changelog_begins_with_this_version():
    version = tomllib.loads(text("pyproject.toml"))["project"]["version"]
    assert re.search(r"^## \[([\d.]+)\]", text("CHANGELOG.md"), re.MULTILINE)[1] == version


def test_the_notice_names_files_that_are_here_and_every_font_and_script():
    notice = text("NOTICE")
    places = re.findall(r"\((handrail/[^)]+)\)", notice)
    assert [place for place in places if not (ROOT / place).exists()] == []
    vendored = [*(ROOT / "handrail").rglob("*.min.js"), *(ROOT / "handrail").rglob("*.woff2")]
    assert vendored
    for path in vendored:
        assert any(named(path).startswith(place) for place in places), named(path)


def test_the_room_that_is_the_example_works():
    page = text("CONTRIBUTING.md")
    code = re.search(r"^`rules\.py` decides.*?```python\n(.*?)```", page, re.DOTALL | re.MULTILINE)
    written = re.search(r"```toml\n(.*?)```", page, re.DOTALL)
    made: dict[str, object] = {}
    exec(code[1], made)  # noqa: S102 - our own page
    known = SimpleNamespace(
        as_of=datetime(2026, 11, 25, 15, tzinfo=UTC),
        calendar=Calendar(),
        rules=Rulebook(rules_in(written[1], "CONTRIBUTING.md")),
        pool="CareTeam/intake",
    )
    visit = {
        "resourceType": "Appointment",
        "id": "v",
        "status": "noshow",
        "participant": [{"actor": {"reference": "Patient/p"}}],
    }
    [task] = made["on_missed"](Change(None, visit), known)
    assert kind_of(task) == "rebook-visit"
    assert look_by(task).startswith("2026-11-27")  # the day between is Thanksgiving


def test_no_two_places_of_the_navigation_have_one_key():
    keys = [nav.key for room in house.rooms.values() for nav in room.nav if nav.key]
    assert sorted(set(keys)) == sorted(keys)
