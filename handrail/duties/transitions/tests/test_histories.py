"""Random histories of one person: what hospitals and people send, in any order. No database."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from handrail.duties.transitions.room import REACTIONS
from handrail.duties.transitions.rules.clocks import CONTACT
from handrail.duties.transitions.tests.paper import Paper, at, episode, patient, stay, visit
from handrail.fhir import work
from handrail.fhir.resource import target_of

LISTENING = [(reaction.when, reaction.decide) for reaction in REACTIONS]
BEGIN = at("2026-11-02T08:00")

EVENTS = st.sampled_from(
    [
        "admit",
        "discharge",
        "discharge-to-facility",
        "discharge-died",
        "cancel-discharge",
        "correct",
        "cancel-stay",
        "die",
        "enrol",
        "leave-program",
        "visit",
        "call",
        "snooze",
        "resend",
    ]
)
HISTORY = st.lists(st.tuples(EVENTS, st.integers(0, 1), st.integers(0, 200)), max_size=25)


def play(events) -> Paper:
    """Play a history on paper; the hours between events are drawn with them."""
    paper = Paper(BEGIN, LISTENING)
    paper.put(patient(), episode("planned"))
    for number, (event, which, hours) in enumerate(events):
        paper.as_of += timedelta(hours=hours)
        _apply(paper, event, f"s{which}", number)
        _check(paper)
    return paper


def _apply(paper: Paper, event: str, identity: str, number: int) -> None:
    _hospital(paper, event, identity)
    now = paper.as_of
    if event == "die":
        paper.put(patient(deceasedBoolean=True))
    elif event in {"enrol", "leave-program"}:
        paper.put(episode("active" if event == "enrol" else "finished"))
    elif event in {"visit", "call"}:
        paper.put(visit(now, "AMB" if event == "visit" else "VR", f"v{number}"))
    elif event == "snooze":
        for task in paper.open()[:1]:
            day = (now + timedelta(days=1)).isoformat()
            paper.put(work.put_off(task, work.SNOOZED, "", day))


def _hospital(paper: Paper, event: str, identity: str) -> None:
    now, known = paper.as_of, paper.kept.get(f"Encounter/{identity}")
    start = known["period"]["start"] if known else (now - timedelta(days=3)).isoformat()
    outs = {"discharge": "home", "discharge-to-facility": "snf", "discharge-died": "exp"}
    if event in {"admit", "cancel-discharge"}:
        paper.put(stay(start, identity=identity))
    elif event in outs:
        paper.put(stay(start, now, identity=identity, out=outs[event]))
    elif event == "correct" and known and "end" in known["period"]:
        paper.put(stay(start, now - timedelta(hours=7), identity=identity))
    elif event in {"cancel-stay", "resend"} and known:
        paper.put({**known, "status": "cancelled"} if event == "cancel-stay" else dict(known))


def _check(paper: Paper) -> None:
    opened = paper.open()
    each = Counter((work.kind_of(task), target_of(task["focus"])) for task in opened)
    assert all(count == 1 for count in each.values()), each
    kinds = Counter(work.kind_of(task) for task in opened)
    assert kinds[CONTACT] <= 1, "one person is called once, whichever stays overlap"
    for task in opened:
        assert target_of(task["owner"])
        assert work.look_by(task)
    if paper.kept["Patient/maria"].get("deceasedBoolean"):
        assert opened == []
    if paper.kept["EpisodeOfCare/e1"]["status"] == "finished":
        assert opened == []
    for task in opened:
        about = paper.kept[target_of(task["focus"])]
        assert about["status"] in {"in-progress", "finished"}
    assert len({task["id"] for task in paper.tasks()}) == len(paper.tasks())


@settings(max_examples=150, deadline=None)
@given(HISTORY)
def test_no_history_leaves_two_calls_for_one_discharge_or_outreach_to_the_dead(events):
    play(events)


@settings(max_examples=50, deadline=None)
@given(HISTORY)
def test_everything_sent_again_changes_nothing(events):
    paper = play(events)
    before = list(paper.tasks())
    paper.put(*[dict(found) for found in paper.kept.values() if found["resourceType"] != "Task"])
    assert paper.tasks() == before
