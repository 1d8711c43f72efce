"""What is wrong with a request before anything is written down. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Protocol, Self

from handrail.fhir.change import Known
from handrail.fhir.errors import BusinessRuleError, Fault, NotFoundError
from handrail.fhir.moments import whole_day
from handrail.fhir.referring.building import CHANNELS
from handrail.fhir.resource import id_of, is_deceased

SELF: Final = "self"
MODES: Final = ("direct", "light", "indirect", "assessment", SELF)
KINDS: Final = ("service", "specialist")
PRIORITIES: Final = ("routine", "urgent", "asap", "stat")
ASKED_BY: Final = tuple(name for name in CHANNELS if name != "link")
NEEDS_ADDRESS: Final = frozenset({"mail", "sms", "fax"})
REFERENCES: Final = ("HealthcareService/", "PractitionerRole/", "Practitioner/", "Organization/")
LONGEST: Final = 2000
LONGEST_LINE: Final = 200
MOST: Final = 20
"""How many are asked in one go."""


class AskError(BusinessRuleError):
    """The request says too little, or something that cannot be; ``faults`` name the fields."""

    @classmethod
    def at(cls, field: str, words: str) -> Self:
        """Return the error of one field."""
        return cls(words, [Fault(field, words)])


class Receives(Protocol):
    """Who is asked."""

    @property
    def reference(self) -> str:
        """Return "HealthcareService/..."; empty: only the name is known."""

    @property
    def name(self) -> str:
        """Return what they are called."""

    @property
    def channel(self) -> str:
        """Return how they are reached."""

    @property
    def address(self) -> str:
        """Return where that leads."""


class Asks(Protocol):
    """What is asked; see :class:`handrail.duties.referrals.actions.asking.Ask`."""

    @property
    def patient(self) -> str:
        """Return the id of whom it is for."""

    @property
    def what(self) -> str:
        """Return what is asked for."""

    @property
    def kind(self) -> str:
        """Return service or specialist."""

    @property
    def category(self) -> str:
        """Return an SDOH category code."""

    @property
    def reasons(self) -> tuple[str, ...]:
        """Return the ids of the needs."""

    @property
    def goal(self) -> str:
        """Return the id of the goal."""

    @property
    def priority(self) -> str:
        """Return how soon."""

    @property
    def needed_by(self) -> str:
        """Return the day."""

    @property
    def words(self) -> str:
        """Return what they should know."""

    @property
    def mode(self) -> str:
        """Return how it is done."""

    @property
    def on_behalf_of(self) -> str:
        """Return the Task somebody gave us."""

    @property
    def receivers(self) -> Sequence[Receives]:
        """Return who is asked."""


def check(ask: Asks, known: Known) -> None:
    """Refuse a request that says too little, or something that cannot be.

    Raises:
        AskError: with a fault for each field.
        NotFoundError: there is no such person.
    """
    patient = known.read(f"Patient/{ask.patient}")
    if patient is None:
        raise NotFoundError("There is no such patient that you may see.")
    faults = [*_form(ask), *_day(ask.needed_by, known), *_about(ask, known)]
    if is_deceased(patient):
        faults.append(Fault("patient", "This person has died. Nothing is asked for any more."))
    for place, one in enumerate(ask.receivers):
        faults += list(_receiver(one, place))
    if faults:
        raise AskError(faults[0].text, faults)


def _form(ask: Asks) -> Iterator[Fault]:
    if not ask.what.strip():
        yield Fault("what", "Say what is asked for.")
    if len(ask.what) > LONGEST_LINE or len(ask.words) > LONGEST:
        yield Fault("what", f"Say it in fewer words: at most {LONGEST_LINE} characters.")
    if ask.kind not in KINDS:
        yield Fault("kind", "Choose a service or a specialist.")
    if ask.priority not in PRIORITIES:
        yield Fault("priority", "Choose how soon it is needed.")
    if ask.mode not in MODES or (ask.mode == "indirect" and not ask.on_behalf_of):
        yield Fault("mode", "Choose how it is asked; for somebody else, name their request.")
    if len(ask.receivers) > MOST:
        yield Fault("receivers", f"At most {MOST} are asked in one go.")


def _day(text: str, known: Known) -> Iterator[Fault]:
    if not text:
        return
    day = whole_day(text)
    if day is None or day < known.as_of.date():
        yield Fault("needed_by", "Name a day from today on.")


def _about(ask: Asks, known: Known) -> Iterator[Fault]:
    """Yield what is wrong with the needs, the goal and the category."""
    for one in ask.reasons:
        condition = known.read(f"Condition/{one}") or {}
        if id_of(condition.get("subject"), "Patient") != ask.patient:
            yield Fault("reasons", "There is no such need of this person.")
    goal = (known.read(f"Goal/{ask.goal}") or {}) if ask.goal else None
    if goal is not None and id_of(goal.get("subject"), "Patient") != ask.patient:
        yield Fault("goal", "There is no such goal of this person.")
    if ask.category and ask.category not in CATEGORIES:
        yield Fault("category", "Choose an area of need.")


CATEGORIES: Final = frozenset(
    {
        "sdoh-category-unspecified",
        "food-insecurity",
        "housing-instability",
        "homelessness",
        "inadequate-housing",
        "transportation-insecurity",
        "financial-insecurity",
        "material-hardship",
        "educational-attainment",
        "employment-status",
        "veteran-status",
        "stress",
        "social-connection",
        "intimate-partner-violence",
        "elder-abuse",
        "personal-health-literacy",
        "health-insurance-coverage-status",
        "medical-cost-burden",
        "digital-literacy",
        "digital-access",
        "utility-insecurity",
        "incarceration-status",
        "language-access",
        "protective-factor",
    }
)
"""SDOH categories of SDOH Clinical Care 3.0.0."""


def check_receiver(receiver: Receives, place: int) -> None:
    """Refuse somebody who cannot be asked like this.

    Raises:
        AskError: with the field.
    """
    for fault in _receiver(receiver, place):
        raise AskError(fault.text, [fault])


def _receiver(one: Receives, place: int) -> Iterator[Fault]:
    where = f"receivers-{place}"
    if not one.name.strip():
        yield Fault(f"{where}-name", "Say who is asked.")
    if one.reference and not one.reference.startswith(REFERENCES):
        yield Fault(f"{where}-reference", "Choose a service, a practice or an organization.")
    if one.channel not in ASKED_BY:
        yield Fault(f"{where}-channel", "Choose how they are asked.")
    if one.channel in NEEDS_ADDRESS and not one.address.strip():
        yield Fault(f"{where}-address", "Say where it is sent: an address or a number.")
    if max(len(one.name), len(one.address), len(one.reference)) > LONGEST_LINE:
        yield Fault(f"{where}-name", f"At most {LONGEST_LINE} characters.")


def check_look(text: str, known: Known) -> None:
    """Refuse a day that is none, or past, to look again.

    Raises:
        AskError: with the field ``look_by``.
    """
    for _fault in _day(text, known):
        raise AskError.at("look_by", "Name a day from today on.")
