"""The lighter stories: a variant of a profile, a name, and what is going on just now.

Each variant of ``profiles.toml`` is used once, so that no two people are alike. Coordinators get
the same mixture of what is going on (``MIXTURE``): every worklist has some of everything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

from handrail.site.demo.days import dice
from handrail.site.demo.threads import ARCS, Story, Thread
from handrail.site.demo.words import read

MIXTURE = (
    "today", "silent", "yesterday", "quiet", "waiting", "late", "snoozed", "later", "quiet",
    "called", "inside", "today", "new", "silent", "tried", "today", "waiting", "nothing",
    "facility", "snoozed", "today", "parked", "quiet", "arrived", "late", "over", "silent",
)  # fmt: skip
"""What is going on with each person of one coordinator, in turn."""

ELSEWHERE = ("pool", "fits", "fits", "pool", "fits", "fits", "pool")
"""What is going on with those nobody manages yet: in the intake pool, or not enrolled."""

_LANGUAGES = (
    "en", "es", "en", "vi", "en", "pt", "en", "ar", "es", "en", "ht", "en", "zh", "en", "es", "en",
    "tl", "en", "ru", "en", "ko", "es", "en",
)  # fmt: skip
_ABROAD = ("so", "ne", "sw", "ar")
_STREETS = (
    "Tern Street", "Cooper's Lane", "Quarry Row", "Canal Walk", "Heron Street", "Ferry Road",
    "Mill Steps", "Orchard Path", "Chandler Street", "Foundry Street", "Rope Walk", "Weir Cottages",
)  # fmt: skip
_TOWNS = ("Mossbrook", "Mossbrook", "Eastfen", "Northfold")
_PLANS = (
    ["Medicaid"], ["Bayberry Health Plan"], ["Tallgrass Advantage"], ["Cedarline Mutual"],
    ["Medicaid"],
)  # fmt: skip
_RELATIONS = {
    "older": ("DAU", "SON", "SPS", "NBOR"),
    "adult": ("SPS", "SIS", "BRO", "MTH", "FRND"),
}
_RETIRED = 65
_GROWN = 18
_HOME_AFTER = 45  # days between the birth and the enrolment of a baby
_ELDER = 50


def woven() -> Iterator[Story]:
    """Yield the lighter stories, always the same ones."""
    variants = _shuffled()
    names = _Names()
    for number, (profile, variant) in enumerate(variants):
        to, going_on = _whose(number, len(variants))
        chance = dice("woven", number)
        thread = Thread(number, profile, variant, to, chance)
        yield _story(thread, going_on, names)


def _shuffled() -> list[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    found = [(p, variant) for p in read("variety/profiles")["profile"] for variant in p["variants"]]
    dice("order").shuffle(found)
    return found


def _whose(number: int, many: int) -> tuple[str, str]:
    """Return who looks after the person, and what is going on."""
    managed = many - len(ELSEWHERE)
    if number >= managed:
        return "intake", ELSEWHERE[number - managed]
    return ("dana", "lee", "amira")[number % 3], MIXTURE[number // 3 % len(MIXTURE)]


def _story(thread: Thread, going_on: str, names: _Names) -> Story:
    profile, chance = thread.profile, thread.chance
    language = _language(thread)
    woman = bool(profile.get("female")) or chance.random() < 0.5  # noqa: PLR2004 - a coin
    given, family = names.next(language, woman=woman)
    age = 0 if "days" in profile else chance.randrange(*profile["ages"])
    story: Story = {
        "key": f"woven-{thread.number}",
        "given": given,
        "family": family,
        "gender": "female" if woman else "male",
        "age": age,
        "language": language,
        "phones": _phones(chance, age),
        "lives": f"{chance.randrange(2, 120)} {chance.choice(_STREETS)}, {chance.choice(_TOWNS)}",
        "insurance": _insurance(thread, age),
        "people": _people(thread, age, family, names, language),
        "conditions": [*profile["conditions"], *thread.variant["more"]],
        "medicines": profile["medicines"],
    }
    if "days" in profile:
        story["days_old"] = chance.randrange(*profile["days"])
    if language != "en":
        story["interpreter"] = chance.random() < 0.75  # noqa: PLR2004 - most, not all
    if chance.random() < 0.2:  # noqa: PLR2004 - one in five
        story["allergies"] = [chance.choice(("penicillin: rash", "sulfa: hives", "latex: itching"))]
    story["care"], story["events"] = ARCS[_fitting(going_on, profile)](thread)
    if "days" in profile:
        _after_birth(story)
    return story


def _fitting(going_on: str, profile: Mapping[str, Any]) -> str:
    """Return what is going on; only older people go to a nursing home."""
    older = "ages" in profile and profile["ages"][0] >= _ELDER
    return "called" if going_on == "facility" and not older else going_on


def _after_birth(story: Story) -> None:
    """Keep a baby's story within its life: born early, home, looked after since."""
    born = 1 - int(story["days_old"])
    care = story["care"]
    if "day" in care:
        care["day"] = max(int(care["day"]), min(born + _HOME_AFTER, -6))
    since = int(care.get("day", 0))
    birth = {"day": born, "stay": "inpatient", "nights": 9, "why": "Born early"}
    later = [each for each in story["events"] if int(each["day"]) >= since or "day" not in care]
    story["events"] = [birth, *(each for each in later if int(each["day"]) > born)]


def _language(thread: Thread) -> str:
    if thread.profile.get("abroad"):
        return _ABROAD[thread.number % len(_ABROAD)]
    return _LANGUAGES[thread.number % len(_LANGUAGES)]


def _phones(chance: Random, age: int) -> list[str]:
    mobile = chance.choice(("mobile yes", "mobile yes", "mobile no", "mobile"))
    if age >= _RETIRED:
        return chance.choice((["home yes"], ["home", mobile], ["home no"], [mobile, "home"]))
    return chance.choice(([mobile], [mobile], [mobile, "work no"], [mobile, "home"]))


def _insurance(thread: Thread, age: int) -> list[str]:
    if thread.profile.get("uninsured"):
        return []
    if age >= _RETIRED:
        return ["Medicare"] if thread.number % 3 else ["Medicare", "Medicaid"]
    return ["Medicaid"] if age < _GROWN else list(_PLANS[thread.number % len(_PLANS)])


def _people(
    thread: Thread, age: int, family: str, names: _Names, language: str
) -> list[dict[str, Any]]:
    """Return who belongs to the person; a child's parent always, others now and then."""
    chance = thread.chance
    if age < _GROWN:
        return [
            {"name": f"{names.given(language, woman=True)} {family}", "is": "MTH", "may": "all"}
        ]
    if chance.random() < 0.35:  # noqa: PLR2004 - some have nobody, or told us of nobody
        return []
    is_who = chance.choice(_RELATIONS["older" if age >= _RETIRED else "adult"])
    woman = is_who in {"DAU", "SIS", "MTH"} or chance.random() < 0.5  # noqa: PLR2004 - a coin
    related = family if is_who not in {"NBOR", "FRND"} else "Pell"
    who: dict[str, Any] = {"name": f"{names.given(language, woman=woman)} {related}", "is": is_who}
    may = chance.choice(("all", "all", "appointments", "emergency", ""))
    if may:
        who["may"] = may
        if chance.random() < 0.4:  # noqa: PLR2004 - permissions end now and then
            who["ends"] = chance.choice((-20, 12, 90, 180, 300))
    return [who]


class _Names:
    """Hands out names; nobody gets the name of somebody else."""

    def __init__(self) -> None:
        self._lists = read("variety/names")
        self._taken: dict[str, int] = {}

    def next(self, language: str, *, woman: bool) -> tuple[str, str]:
        """Return a given and a family name for a patient."""
        families = self._lists[language]["family"]
        place = self._count(language)
        return self.given(language, woman=woman), families[place % len(families)]

    def given(self, language: str, *, woman: bool) -> str:
        """Return a given name."""
        given = self._lists[language]["women" if woman else "men"]
        return str(given[self._count(f"{language}{woman}") % len(given)])

    def _count(self, which: str) -> int:
        self._taken[which] = self._taken.get(which, -1) + 1
        return self._taken[which]
