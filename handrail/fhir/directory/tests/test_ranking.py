"""Who is asked first, and why."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handrail.fhir.directory.candidates import Track
from handrail.fhir.directory.ranking import Facts, Said, Scale, Takes, rank
from tests.rules import shipped

TODAY = date(2026, 11, 22)
SCALE = Scale.of(shipped(), TODAY)


def place(name="a", **known):
    return Facts(reference=f"PractitionerRole/{name}", name=name, **known)


def order(*every):
    return [one.facts.name for one in rank(every, SCALE, TODAY)]


def words(facts):
    (only,) = rank([facts], SCALE, TODAY)
    return " ".join(reason.words for reason in only.reasons)


def told(answer, days=10, by="the front desk"):
    return Said(answer=answer, on=TODAY - timedelta(days=days), by=by)


def test_what_was_told_counts_before_what_the_directory_says():
    plan = {"plan": "Blue Harbor"}
    yes = place("yes", told=told(Takes.YES), **plan)
    listed = place("listed", listed=Takes.YES, listed_on=TODAY, **plan)
    unknown = place("unknown", **plan)
    only = place("only-existing", told=told(Takes.ONLY_EXISTING), **plan)
    no = place("no", told=told(Takes.NO), listed=Takes.YES, listed_on=TODAY, **plan)

    assert order(no, only, unknown, listed, yes) == [
        "yes",
        "listed",
        "unknown",
        "only-existing",
        "no",
    ]


def test_the_reason_says_what_was_told_when_and_by_whom():
    facts = place(plan="Blue Harbor", told=told(Takes.YES), listed=Takes.NO)

    said = words(facts)

    assert "Takes Blue Harbor: told on 2026-11-12 by the front desk." in said
    assert "The directory says otherwise." in said


def test_an_answer_fades_with_its_age():
    fresh = place("fresh", plan="P", told=told(Takes.YES, 30))
    older = place("older", plan="P", told=told(Takes.YES, 200))
    stale = place("stale", plan="P", told=told(Takes.YES, 400))

    assert order(stale, older, fresh) == ["fresh", "older", "stale"]
    assert "ask again" in words(stale)
    assert order(place("unknown", plan="P"), stale) == ["stale", "unknown"]


def test_nobody_knows_is_said():
    assert "Nobody knows yet whether they take P: ask." in words(place(plan="P"))
    assert "as of 2026-09-01" in words(
        place(plan="P", listed=Takes.YES, listed_on=date(2026, 9, 1))
    )


def test_two_referrals_prove_little():
    lucky = place("lucky", track=Track(sent=2, answered=2, accepted=2, median_days=Decimal(1)))
    proven = place(
        "proven",
        track=Track(sent=40, answered=38, accepted=36, declined=2, median_days=Decimal(1)),
    )
    unknown = place("unknown")

    assert order(unknown, lucky, proven) == ["proven", "lucky", "unknown"]
    assert "So few prove little." in words(lucky)
    assert "So few prove little." not in words(proven)
    bad = place("bad", track=Track(sent=40, answered=10, declined=9, accepted=1))
    unlucky = place("unlucky", track=Track(sent=1))
    costs = {one.facts.name: one.cost for one in rank([unknown, unlucky, bad], SCALE, TODAY)}
    assert costs["unlucky"] - costs["unknown"] < (costs["bad"] - costs["unknown"]) / 2


def test_level_places_are_in_the_order_of_their_names():
    assert order(place("b"), place("C"), place("a")) == ["a", "b", "C"]


def test_nothing_about_money_or_partners_is_known():
    known = {one.name for one in fields(Facts)} | {one.name for one in fields(Scale)}

    assert not {name for name in known if any(w in name for w in ("paid", "partner", "price"))}


SAID = st.builds(
    Said,
    answer=st.sampled_from(Takes),
    on=st.none() | st.dates(date(2024, 1, 1), date(2027, 1, 1)),
    by=st.sampled_from(["", "Ms. Hill"]),
)


@st.composite
def facts(draw):
    sent = draw(st.integers(0, 30))
    answered = draw(st.integers(0, sent))
    accepted = draw(st.integers(0, answered))
    track = Track(
        sent=sent,
        answered=answered,
        accepted=accepted,
        declined=draw(st.integers(0, answered - accepted)),
        visits=draw(st.integers(0, accepted)),
        no_shows=draw(st.integers(0, 5)),
        median_days=Decimal(draw(st.integers(0, 90))) if answered else None,
    )
    return Facts(
        reference=f"PractitionerRole/{draw(st.integers(0, 99))}",
        name=draw(st.sampled_from(["A", "B", "C"])),
        plan=draw(st.sampled_from(["", "Plan"])),
        told=draw(SAID),
        listed=draw(st.sampled_from([Takes.YES, Takes.NO, Takes.UNKNOWN])),
        listed_on=draw(st.none() | st.dates(date(2024, 1, 1), date(2027, 1, 1))),
        near=draw(st.booleans()),
        kilometres=draw(st.none() | st.floats(0, 400)),
        minutes=draw(st.none() | st.integers(0, 120)),
        wait_days=draw(st.none() | st.integers(0, 500)),
        language=draw(st.sampled_from(["", "Spanish"])),
        speaks=draw(st.none() | st.booleans()),
        accepting=draw(st.none() | st.booleans()),
        track=track,
    )


def _later(said):
    newer = said.on or TODAY - timedelta(days=400)
    return replace(said, on=min(TODAY, newer + timedelta(days=60)))


BETTER = {
    "nearer": lambda one: replace(one, minutes=max(0, (one.minutes or 0) - 5)),
    "told yes": lambda one: replace(one, told=replace(one.told, answer=Takes.YES)),
    "told yes, later": lambda one: (
        replace(one, told=_later(one.told)) if one.told.answer is Takes.YES else one
    ),
    "listed": lambda one: replace(one, listed=Takes.YES),
    "listed at all": lambda one: (
        one if one.listed is not Takes.NO else replace(one, listed=Takes.UNKNOWN)
    ),
    "shorter wait": lambda one: (
        one if one.wait_days is None else replace(one, wait_days=max(0, one.wait_days - 9))
    ),
    "speaks": lambda one: replace(one, speaks=True),
    "takes new patients": lambda one: replace(one, accepting=True),
    "answered one more": lambda one: (
        replace(one, track=replace(one.track, answered=one.track.answered + 1))
        if one.track.median_days is not None and one.track.answered < one.track.sent
        else one
    ),
    "answered sooner": lambda one: (
        replace(one, track=replace(one.track, median_days=one.track.median_days / 2))
        if one.track.median_days is not None
        else one
    ),
    "accepted for declined": lambda one: (
        replace(
            one,
            track=replace(
                one.track, declined=one.track.declined - 1, accepted=one.track.accepted + 1
            ),
        )
        if one.track.declined
        else one
    ),
    "one no-show less": lambda one: replace(
        one, track=replace(one.track, no_shows=max(0, one.track.no_shows - 1))
    ),
}


@pytest.mark.parametrize("how", BETTER)
@settings(max_examples=60, deadline=None)
@given(one=facts())
def test_better_in_one_respect_never_ranks_lower(how, one):
    better = replace(BETTER[how](one), reference=one.reference)

    costs = [rank([each], SCALE, TODAY)[0].cost for each in (better, one)]

    assert costs[0] <= costs[1]


@settings(max_examples=60, deadline=None)
@given(st.lists(facts(), max_size=8, unique_by=lambda one: one.reference), st.randoms())
def test_the_order_does_not_depend_on_the_order_of_entry(every, chance):
    shuffled = list(every)
    chance.shuffle(shuffled)

    assert rank(every, SCALE, TODAY) == rank(shuffled, SCALE, TODAY)
