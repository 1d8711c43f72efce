"""Random histories: what must hold whatever happens. No database."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from handrail.duties.caseload.resources import Stay, start_of
from handrail.duties.caseload.rules import next_step
from handrail.duties.caseload.rules.balance import Load, spread
from handrail.duties.caseload.rules.criteria import Facts, separate
from handrail.duties.caseload.rules.enrolment import ended, enrolled, parked, resumed
from handrail.duties.caseload.tests.paper import NEW_YORK, SAT, Paper, appointment, patient, program
from handrail.fhir.errors import HandrailError
from handrail.fhir.work import kind_of, look_by

TODAY = SAT.date()


@st.composite
def a_stay(draw):
    starts = start_of(TODAY - timedelta(days=draw(st.integers(-5, 500))), NEW_YORK)
    lasted = draw(st.none() | st.integers(0, 20))
    ends = None if lasted is None else starts + timedelta(days=lasted)
    kind = draw(st.sampled_from(["inpatient", "emergency", "observation"]))
    return Stay("p1", kind, "in-progress" if ends is None else "finished", starts, ends)


histories = st.lists(a_stay(), max_size=8)
conditions = st.dictionaries(
    st.sampled_from(["diabetes", "copd", "asthma"]), st.none() | st.dates(date(1990, 1, 1), TODAY)
)


@given(histories, a_stay(), conditions)
def test_more_history_never_unmakes_a_fit(stays, another, chronic):
    for identity in ("transitional-care", "complex-care"):
        care = program(identity)
        before = Facts(zone=NEW_YORK, stays=tuple(stays), chronic=chronic)
        after = Facts(zone=NEW_YORK, stays=(*stays, another), chronic={**chronic, "cancer": None})
        # An added stay can bridge two others into one; by the end it only adds.
        if care.fits(before, TODAY) and identity == "transitional-care":
            assert care.fits(after, TODAY)
        assert not care.fits(Facts(zone=NEW_YORK, stays=tuple(stays), deceased=True), TODAY)


@given(histories)
def test_the_order_in_which_stays_arrive_does_not_matter(stays):
    def starts(history):
        return [stay.starts for stay in separate(history)]

    assert starts(stays) == starts(list(reversed(stays)))


@given(histories)
def test_whoever_fits_does_not_leave_on_the_same_day(stays):
    facts = Facts(zone=NEW_YORK, stays=tuple(stays), chronic={"copd": None, "asthma": None})
    for identity in ("transitional-care", "complex-care"):
        care = program(identity)
        assert not (care.fits(facts, TODAY) and care.leaves(facts, TODAY))


@given(
    st.lists(st.integers(1, 120), max_size=40),
    st.lists(st.integers(0, 600), min_size=1, max_size=6),
)
def test_patients_are_spread_so_that_nobody_is_given_more_while_carrying_more(minutes, carried):
    loads = [Load(f"Practitioner/{n}", str(n), load) for n, load in enumerate(carried)]
    by_patient = {f"p{n:03}": value for n, value in enumerate(minutes)}
    given_to = spread(list(by_patient), by_patient, loads)
    assert given_to.keys() == by_patient.keys()
    after = {load.reference: load.minutes for load in loads}
    for each, to in given_to.items():
        after[to] += by_patient[each]
    heaviest = max(minutes, default=0)
    for load in loads:
        if after[load.reference] > load.minutes:
            assert after[load.reference] - heaviest <= min(after.values())


@settings(max_examples=60, deadline=None)  # the first call loads the holidays
@given(st.lists(st.sampled_from(["park", "resume", "end", "day", "month", "visit", "die"])))
def test_nobody_enrolled_is_ever_without_a_next_step_after_the_sweep(moves):
    """P1 and P2 over random lives of an enrolment."""
    paper = Paper()
    paper.put(patient())
    paper.put({"id": "e1", **enrolled("p1", program("complex-care"), "Practitioner/a", on=TODAY)})
    for number, move in enumerate(moves):
        _do(paper, move)
        for sweep in (
            next_step.decide_next_step,
            next_step.decide_after_parking,
            next_step.check_in_when_silent,
            next_step.review_when_due,
        ):
            for place, task in enumerate(sweep("p1", paper)):
                assert task["owner"]["reference"]
                assert look_by(task) > paper.as_of.isoformat()[:10]
                paper.put({**task, "id": f"{sweep.__name__}-{number}-{place}"})
        seen = next_step.picture("p1", paper)
        if seen.active():
            assert seen.open_tasks or appointment_to_come(paper)
        if seen.deceased:
            since = [t for t in seen.open_tasks if kind_of(t) in next_step.OUTREACH]
            assert len(since) <= 1


def appointment_to_come(paper):
    return any(
        visit["start"] > paper.as_of.isoformat() for visit in paper.of_patient("p1", "Appointment")
    )


def _do(paper, move):
    episode = paper.kept["EpisodeOfCare/e1"]
    on = paper.as_of.date()
    try:
        if move == "park":
            paper.put(parked(episode, on + timedelta(days=9), "Rehab", on=on, most_days=180))
        elif move == "resume":
            paper.put(resumed(episode, on=on, review_days=90))
        elif move == "end":
            paper.put(ended(episode, "goals-met", on=on))
    except HandrailError:
        return
    if move in {"day", "month"}:
        paper.as_of += timedelta(days=1 if move == "day" else 31)
    elif move == "visit":
        paper.put(appointment((paper.as_of + timedelta(days=2)).isoformat()))
    elif move == "die":
        paper.put(patient(deceasedBoolean=True))
