"""The lighter stories: a variant of a profile, a name, and what is going on just now.

Each variant of ``profiles.toml`` is used once, so that no two people are alike. Coordinators get
the same mixture of what is going on (``MIXTURE``): every worklist has some of everything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from handrail.site.demo.days import dice
from handrail.site.demo.words import read

Story = dict[str, Any]
Events = list[dict[str, Any]]

MIXTURE = (
    "today", "silent", "yesterday", "quiet", "waiting", "late", "snoozed", "later", "quiet",
    "called", "inside", "today", "new", "silent", "tried", "today", "waiting", "nothing",
    "facility", "snoozed", "today", "parked", "quiet", "arrived", "late", "over", "silent",
)  # fmt: skip
"""What is going on with each person of one coordinator, in turn."""

ELSEWHERE = ("pool", "fits", "fits", "pool", "fits", "fits", "pool")
"""What is going on with those nobody manages yet: in the intake pool, or not enrolled."""

_ENROLLED = (-150, -118, -92, -76, -62, -48)
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


@dataclass(frozen=True, slots=True)
class Thread:
    """One person in the making."""

    number: int
    profile: Mapping[str, Any]
    variant: Mapping[str, Any]
    to: str
    chance: Random

    @property
    def place(self) -> str:
        """Return where the person is seen."""
        return str(self.profile["visit"][1])

    @property
    def hospital(self) -> str:
        """Return the hospital the person is brought to."""
        return ("Harborlight Hospital", "Mossbrook Regional Hospital")[self.number % 5 == 0]

    def stay(self, first: int, nights: int | None, kind: str = "inpatient", **more: Any) -> Story:
        """Return a stay; without ``nights`` it lasts."""
        why = self.profile["stays"][0 if kind == "inpatient" else 1]
        stay = {"day": first, "stay": kind, "why": why, "at": self.hospital, **more}
        return stay if nights is None else {**stay, "nights": nights}

    def call(self, day: int, which: int = -1, outcome: str = "", **more: Any) -> Story:
        """Return a contact; ``which`` of the two things that were said."""
        said = str(self.variant["said"][which])
        reached = outcome or ("spoke-family" if self.profile.get("child") else "spoke-patient")
        text = said if reached.startswith("spoke") else ""
        minutes = self.chance.choice((4, 5, 6, 7, 8, 9, 11, 12, 14))
        call = {"day": day, "call": reached, "text": text, "minutes": minutes, **more}
        return {**call, "with": 0} if reached == "spoke-family" else call

    def visit(self, day: int, **more: Any) -> Story:
        """Return an appointment."""
        return {"day": day, "visit": self.profile["visit"][0], "at": self.place, **more}

    def step(self, day: int, due: int, **more: Any) -> Story:
        """Return the next step somebody wrote down."""
        kept = {name: self.variant[name] for name in ("source", "priority") if name in self.variant}
        return {
            "day": day,
            "step": self.variant["step"],
            "why": self.variant["because"],
            "due": due,
            **kept,
            **more,
        }


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
    story["care"], story["events"] = _ARCS[_fitting(going_on, profile)](thread)
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


def _care(thread: Thread, day: int, **more: Any) -> Story:
    return {"to": thread.to, "day": day, "why": thread.variant["why"], **more}


def _long(thread: Thread) -> tuple[Story, Events]:
    """Return an enrolment of some time ago and what led to it."""
    day = _ENROLLED[thread.number % len(_ENROLLED)]
    before = [
        thread.stay(day - thread.chance.randrange(95, 150), thread.chance.randrange(2, 6)),
        thread.stay(day - thread.chance.randrange(38, 80), 0, "emergency"),
    ]
    first = thread.call(day + 2, 0)
    return _care(thread, day), [*before, first]


def _recent(thread: Thread) -> int:
    """Return the day of a contact that is not long ago."""
    return -thread.chance.randrange(4, 12)


def _quiet(thread: Thread) -> tuple[Story, Events]:
    care, events = _long(thread)
    day = _recent(thread)
    return care, [*events, thread.call(day), thread.visit(thread.chance.randrange(2, 26))]


def _with_step(*dues: int) -> Callable[[Thread], tuple[Story, Events]]:
    def arc(thread: Thread) -> tuple[Story, Events]:
        care, events = _long(thread)
        day = _recent(thread)
        due = dues[thread.number % len(dues)]
        return care, [*events, thread.call(day), thread.step(min(day, -4), due)]

    return arc


def _waiting(thread: Thread) -> tuple[Story, Events]:
    care, events = _long(thread)
    day = _recent(thread)
    step = thread.step(min(day, -4), 1)
    wait = thread.variant.get("wait", f"{thread.place}: will call back")
    until = thread.chance.choice((2, 3, 4, 6))
    hold = {"day": -3, "hold": step["step"], "wait": wait, "until": until}
    return care, [*events, thread.call(day), step, hold]


def _snoozed(thread: Thread) -> tuple[Story, Events]:
    care, events = _long(thread)
    day = _recent(thread)
    step = thread.step(min(day, -4), 1)
    words = ("Away until then", "After the visit", "Asked for later", "After payday")
    snooze, until = thread.chance.choice(words), thread.chance.choice((3, 5, 8, 11))
    hold = {"day": -3, "hold": step["step"], "snooze": snooze, "until": until}
    return care, [*events, thread.call(day), step, hold]


def _silent(thread: Thread) -> tuple[Story, Events]:
    care, events = _long(thread)
    return care, [*events, thread.call(-(14, 16, 17, 15)[thread.number % 4])]


def _nothing(thread: Thread) -> tuple[Story, Events]:
    care, events = _long(thread)
    return care, [*events, thread.call(_recent(thread))]


def _parked(thread: Thread) -> tuple[Story, Events]:
    care, events = _long(thread)
    park = {"day": -2, "park": "Away with family until then; wants no calls", "until": 31}
    return care, [*events, thread.call(_recent(thread)), park]


def _yesterday(thread: Thread) -> tuple[Story, Events]:
    care, events = _long(thread)
    nights = thread.chance.randrange(2, 6)
    return care, [*events, thread.call(-24), thread.stay(-1 - nights, nights)]


def _called(thread: Thread) -> tuple[Story, Events]:
    care, events = _long(thread)
    stay = thread.stay(-8, 5)
    visit = thread.visit(thread.chance.choice((2, 3, 5)), made=-1)
    return care, [*events, stay, thread.call(-2), visit]


def _tried(thread: Thread) -> tuple[Story, Events]:
    care, events = _long(thread)
    stay = thread.stay(-6, 3)
    tried = thread.call(-1, outcome=thread.chance.choice(("no-answer", "left-message")))
    return care, [*events, stay, tried]


def _inside(thread: Thread) -> tuple[Story, Events]:
    care, events = _long(thread)
    return care, [*events, thread.call(-9), thread.stay(-thread.chance.choice((1, 1, 2)), None)]


def _facility(thread: Thread) -> tuple[Story, Events]:
    care, events = _long(thread)
    place = thread.chance.choice(("Fernhill Nursing Home", "Saltmarsh Rehabilitation"))
    stay = thread.stay(-7, 6, out="snf", to=place)
    return care, [*events, thread.call(-11), stay]


def _arrived(thread: Thread) -> tuple[Story, Events]:
    care = {"to": thread.to, "today": True, "why": ""}
    earlier = thread.stay(-thread.chance.randrange(60, 200), 0, "emergency")
    return care, [earlier, thread.stay(-5, thread.chance.choice((3, 4)))]


def _new(thread: Thread) -> tuple[Story, Events]:
    care = _care(thread, -thread.chance.choice((2, 3)))
    stays = [thread.stay(-130, 3), thread.stay(-50, 0, "emergency")]
    return care, stays


def _over(thread: Thread) -> tuple[Story, Events]:
    care = _care(thread, -38, program="transitional-care", team="clinic")
    events = [
        thread.stay(-44, 4),
        thread.call(-37, 0),
        {"day": -33, "seen": thread.profile["visit"][0], "at": thread.place},
        {
            "day": -33,
            "done": "med-reconciliation",
            "by": "nora",
            "text": "List compared at the visit.",
        },
        thread.call(-6),
        thread.visit(9),
    ]
    return care, events


def _pool(thread: Thread) -> tuple[Story, Events]:
    care, events = _new(thread)
    return {**care, "by": "lee"}, events


def _fits(thread: Thread) -> tuple[Story, Events]:
    """Return somebody whom no one has enrolled, though a program fits."""
    first = -thread.chance.choice((5, 8, 13, 20))
    return {}, [thread.stay(first, 3), thread.stay(-140, 0, "emergency")]


_ARCS: Mapping[str, Callable[[Thread], tuple[Story, Events]]] = {
    "quiet": _quiet,
    "late": _with_step(-1, -2),
    "today": _with_step(0),
    "later": _with_step(2, 4, 1, 6),
    "waiting": _waiting,
    "snoozed": _snoozed,
    "silent": _silent,
    "nothing": _nothing,
    "parked": _parked,
    "yesterday": _yesterday,
    "called": _called,
    "tried": _tried,
    "inside": _inside,
    "facility": _facility,
    "arrived": _arrived,
    "new": _new,
    "over": _over,
    "pool": _pool,
    "fits": _fits,
}
