"""The demo caseload: invented, believable, the same for one day, and true to P1, P2 and P3."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User

from handrail.access.database import acting, cursor
from handrail.access.models import Cover, Organization
from handrail.desk import worklist
from handrail.desk.models import WorkItem
from handrail.duties.caseload.actions import finding
from handrail.duties.caseload.models import Enrolment, Face
from handrail.fhir.arrival import channel_of, is_waiting
from handrail.fhir.calendar import Calendar
from handrail.fhir.directory.confirming import confirmed_in
from handrail.fhir.directory.telling import told_of
from handrail.fhir.disclosing import disclosable, disclosures
from handrail.fhir.errors import BusinessRuleError
from handrail.fhir.referring.stages import Stage, stage_of
from handrail.fhir.referring.state import state_in
from handrail.fhir.resource import code_of
from handrail.fhir.task import is_open
from handrail.fhir.validation import validate
from handrail.fhir.work import EVIDENCE, kind_of, outputs_of
from handrail.record.comparing import differences
from handrail.record.known import forget, known
from handrail.record.verify import verify
from handrail.site import demo as demo_package
from handrail.site.demo import create, house, papers_of, told
from handrail.site.demo.days import Days
from handrail.site.demo.weaving import woven
from handrail.site.demo.words import stories

MONDAY = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
REAL = re.compile(
    r"mayo clinic|cleveland|kaiser|sutter health|mount sinai|massachusetts general|johns hopkins|"
    r"cedars|geisinger|intermountain|providence|dignity|ascension|fresenius|davita|aetna|cigna|"
    r"humana|anthem|elevance|blue cross|unitedhealth|centene|molina|oscar health|wellcare|"
    r"veterans affairs|walgreens|cvs|brigham|baylor|tufts|highmark|caresource|epic\b|cerner",
    re.IGNORECASE,
)


class Counting:
    """Counts changes."""

    done = 0

    def add(self, steps: int = 1) -> None:
        self.done += steps


@pytest.fixture(scope="module")
def sign_ins(module_database):
    forget()
    yield create(Counting())
    forget()


def on_paper(now: datetime) -> str:
    """Return everything the demo says for one moment, as text."""
    papers = papers_of(Days(now, Calendar(ZoneInfo("America/New_York"))))
    before, since = told(papers)
    about = [list(paper.about()) for paper in papers]
    lines = [(one.at, one.verb, one.by, one.event, one.resources) for one in (*before, *since)]
    return json.dumps([about, lines], default=str)


def read_all(resource_type: str) -> list[dict]:
    """Return the current resources of a type."""
    with acting(house.received()):
        found = cursor().execute(
            "select v.body from record_current c join record_version v"
            " using (org, resource_type, id, version)"
            " where c.org = %s and c.resource_type = %s and not c.deleted",
            (house.ORG, resource_type),
        )
        return [json.loads(row[0]) for row in found]


def test_one_day_always_gives_the_same_people():
    assert on_paper(MONDAY) == on_paper(MONDAY)


@pytest.mark.parametrize("days", [1, 4, 5, 6, 30, 200])
def test_another_day_moves_everything_and_nothing_comes_from_the_future(days):
    later = MONDAY + timedelta(days=days)
    assert on_paper(later) != on_paper(MONDAY)
    _before, since = told(papers_of(Days(later, Calendar(ZoneInfo("America/New_York")))))
    assert all(one.at < later for one in since)


def test_no_two_are_alike():
    people = [*stories(), *woven()]
    names = Counter((one["given"], one["family"]) for one in people)
    steps = Counter(e["step"] for one in people for e in one.get("events", ()) if "step" in e)
    keys = Counter(one["key"] for one in people)
    for counted in (names, steps, keys):
        assert [each for each, number in counted.items() if number > 1] == []


def test_nothing_names_a_real_hospital_payer_or_pharmacy():
    folder = Path(demo_package.__file__).parent
    texts = {path.name: path.read_text("utf-8") for path in folder.rglob("*") if path.is_file()
             and path.suffix in {".py", ".toml"}}  # fmt: skip
    assert {name: REAL.findall(text) for name, text in texts.items() if REAL.search(text)} == {}


def test_everybody_can_sign_in_and_every_role_is_there(sign_ins):
    assert len(sign_ins) == 8
    for username, password, _who in sign_ins:
        assert User.objects.get(username=username).check_password(password)


def test_about_a_hundred_and_twenty_people_of_every_age_and_many_languages(sign_ins):
    patients = read_all("Patient")
    assert 112 <= len(patients) <= 128
    ages = [(datetime.now(UTC).date() - datetime.fromisoformat(p["birthDate"]).date()).days // 365
            for p in patients]  # fmt: skip
    bands = [(0, 1), (2, 12), (13, 19), (20, 39), (40, 64), (65, 84), (85, 110)]
    assert all(any(low <= age <= high for age in ages) for low, high in bands)
    languages = Counter(code_of(p["communication"][0]["language"]) for p in patients)
    assert {"en", "es", "vi", "ar", "ht", "pt", "zh"} <= languages.keys()
    assert sum(bool(p.get("deceasedDateTime")) for p in patients) == 1


def test_every_phone_is_kept_for_fiction_and_first_numbers_are_ones_own(sign_ins):
    people = [*read_all("Patient"), *read_all("RelatedPerson")]
    numbers = [point["value"] for person in people for point in person.get("telecom", ())]
    assert all(re.fullmatch(r"\d{3}-555-01\d\d", number) for number in numbers)
    first = [p["telecom"][0]["value"] for p in read_all("Patient") if "telecom" in p]
    assert len(set(first)) == len(first)


def test_all_open_work_has_an_owner_and_a_day(sign_ins):
    with acting(house.received()):
        adopted = list(WorkItem.objects.filter(adopted=True).values_list("step", flat=True))
        unowned = WorkItem.objects.filter(owner="", adopted=False).count()
    assert adopted == ["Arrange an Arabic interpreter for the heart clinic"]
    assert unowned == 0


def test_nobody_enrolled_is_without_a_next_step_except_those_parked_on_purpose(sign_ins):
    with acting(house.received()):
        assert list(finding.without_next_step(house.ORG, known(house.ORG))) == []
        parked = Enrolment.objects.filter(org=house.ORG, status="onhold")
        assert parked.count() == 3
        assert all(each.review_on for each in parked)


def test_work_that_ended_says_on_what_evidence_or_for_what_reason(sign_ins):
    ended = [task for task in read_all("Task") if kind_of(task) and not is_open(task["status"])]
    assert len(ended) > 100
    assert all(
        any(outputs_of(task, EVIDENCE)) or code_of(task.get("statusReason")) for task in ended
    )


def test_nobody_calls_the_dead(sign_ins):
    with acting(house.received()):
        dead = Face.objects.get(org=house.ORG, deceased=True).patient
        open_kinds = {item.kind for item in WorkItem.objects.filter(patient=dead)}
    assert open_kinds == {"review-enrolment"}


@pytest.mark.parametrize("who", house.COORDINATORS, ids=lambda who: who.username)
def test_every_coordinator_has_a_day_of_work(sign_ins, who):
    by = who.principal
    with acting(by):
        mine = worklist.whose(by, "mine", house.INTAKE)
        counts = worklist.counts(by, mine)
        items = worklist.items(by, mine, worklist.ALL)
    assert 25 <= counts.all <= 90
    assert 1 <= counts.late <= 14
    assert counts.today >= 4
    assert counts.waiting >= 2
    assert counts.snoozed >= 1
    assert len({item.kind for item in items}) >= 7
    assert all(item.why and item.step and item.name for item in items)


def test_there_are_plans_in_every_state(sign_ins):
    plans = Counter(plan["status"] for plan in read_all("CarePlan"))
    assert plans["draft"] >= 6
    assert plans["active"] >= 8
    assert plans["completed"] >= 1
    asked = [task for task in read_all("Task") if kind_of(task) == "plan-sign-off"]
    assert any(is_open(task["status"]) for task in asked)
    assert any(code_of(task.get("statusReason")) == "sent-back" for task in asked)
    assert any(goal["lifecycleStatus"] == "completed" for goal in read_all("Goal"))
    assert any("replaces" in plan for plan in read_all("CarePlan") if plan["status"] == "draft")


def test_every_agreed_plan_has_a_day_of_review(sign_ins):
    agreed = {f"CarePlan/{p['id']}" for p in read_all("CarePlan") if p["status"] == "active"}
    reviews = {
        task["focus"]["reference"]: task["restriction"]["period"]["end"]
        for task in read_all("Task")
        if kind_of(task) == "plan-review" and is_open(task["status"])
    }
    assert agreed
    assert all(reviews.get(plan) for plan in agreed)


def test_every_task_of_ours_says_who_does_it(sign_ins):
    ours = [task for task in read_all("Task") if kind_of(task)]
    owners = [task.get("owner") or {} for task in ours]
    assert all(owner.get("reference") or owner.get("display") for owner in owners)
    steps = [task for task in ours if kind_of(task) == "plan-step"]
    whose = {(task["owner"].get("reference") or "named").partition("/")[0] for task in steps}
    assert whose == {
        "Patient", "RelatedPerson", "Practitioner", "Organization", "named",
    }  # fmt: skip


def test_needs_were_spoken_about_and_teams_say_how_to_reach_everybody(sign_ins):
    wishes = Counter(
        one["valueCodeableConcept"]["coding"][0]["code"]
        for one in read_all("Observation")
        if code_of(one["code"], "urn:handrail:observation") == "help-wish"
    )
    assert {"not-now", "already-getting-help", "wants-help"} <= wishes.keys()
    teams = read_all("CareTeam")
    assert sum("subject" in team for team in teams) >= 20
    outside = [one for one in (*read_all("Practitioner"), *read_all("Organization"))
               if "telecom" in one]  # fmt: skip
    assert len(outside) > 20
    numbers = [point["value"] for one in outside for point in one["telecom"]]
    assert all(re.fullmatch(r"\d{3}-555-01\d\d", number) for number in numbers)


VALID = ("CarePlan", "Goal", "CareTeam", "Consent", "Condition", "Task", "HealthcareService",
         "Location", "PractitionerRole", "InsurancePlan", "VerificationResult", "ServiceRequest",
         "Procedure", "Communication")  # fmt: skip


@pytest.mark.parametrize("kind", VALID)
def test_what_the_demo_wrote_is_valid(sign_ins, kind):
    found = read_all(kind)
    assert found
    for resource in found:
        validate(json.dumps(resource).encode(), kind)


def test_somebody_on_leave_is_covered(sign_ins):
    with acting(house.SAM.principal):
        cover = Cover.objects.get(org=house.ORG)
    assert (cover.covering, cover.covered) == (house.DANA.person, house.AMIRA.person)
    assert cover.starts_at < datetime.now(UTC) < cover.ends_at


def test_a_second_demo_is_refused_and_the_first_is_kept(sign_ins):
    before = len(read_all("Patient"))
    with pytest.raises(BusinessRuleError, match="empty database"):
        create(Counting())
    assert Organization.objects.count() == 1
    assert len(read_all("Patient")) == before


def test_what_a_month_of_commits_wrote_is_what_a_rebuild_would_make(sign_ins):
    """Every row beside the record, of every resource: `handrail rebuild` changes nothing."""
    with acting(house.received()):
        assert list(differences(house.ORG, sample=1_000_000)) == []


def test_the_record_of_the_demo_is_whole(sign_ins):
    found = verify(house.ORG)
    assert found.wrong == []
    assert found.versions > 1000


def test_about_thirty_stories_tell_what_people_answered(sign_ins):
    responses = read_all("QuestionnaireResponse")
    own = [one for one in responses if "reference" in one["author"]]
    assert 24 <= len({one["subject"]["reference"] for one in own}) <= 40
    assert len({one["questionnaire"].partition("|")[0] for one in own}) >= 9
    assert sum(one["status"] == "in-progress" for one in own) == 3
    totals = {code_of(each["code"]) for each in read_all("Observation") if "derivedFrom" in each}
    assert {"44261-6", "70274-6", "75626-2", "88124-3", "steadi-yes"} <= totals


def test_one_safety_protocol_is_open_and_some_assessments_are_late(sign_ins):
    waiting = Counter(kind_of(task) for task in read_all("Task") if is_open(task["status"]))
    assert waiting["safety-protocol"] == 1
    assert waiting["assessment-due"] >= 5
    with acting(house.received()):
        due = WorkItem.objects.filter(kind="assessment-due", due_at__lt=datetime.now(UTC))
        assert due.count() >= 2


def test_needs_were_decided_with_the_person_and_some_wait(sign_ins):
    states = Counter(
        code_of(one.get("verificationStatus"))
        for one in read_all("Condition")
        if one.get("evidence")
    )
    assert states["confirmed"] > 100
    assert states["unconfirmed"] >= 5


def test_referrals_stand_in_every_stage_and_one_letter_came_back(sign_ins):
    referrals = [task for task in read_all("Task") if kind_of(task) == "referral"]
    stages = Counter(stage_of(task) for task in referrals)
    assert len(referrals) >= 25
    assert stages.keys() >= set(Stage) - {Stage.CANCEL_ASKED, Stage.FAILED}
    assert [state_in(t).trouble for t in referrals if state_in(t).trouble] == [
        "There is no mailbox of this name"
    ]
    follow_ups = Counter(kind_of(t) for t in read_all("Task") if is_open(t["status"]))
    asked = ("referral-next-step", "referral-review", "referral-need-check")
    assert all(follow_ups[kind] for kind in asked)
    assert follow_ups["provider-call"] == 2
    assert follow_ups["network-recheck"] >= 1


def test_needs_were_met_in_part_and_not_only_closed(sign_ins):
    met = [one for one in read_all("Observation") if code_of(one["code"]) == "need-met"]
    assert {code_of(one["valueCodeableConcept"]) for one in met} == {"yes", "partly"}
    closed = Counter(one["status"] for one in read_all("ServiceRequest"))
    assert closed["completed"] >= 3
    assert closed["revoked"] >= 2


def test_what_left_says_on_which_basis(sign_ins):
    left = list(disclosures(read_all("Communication")))
    assert {one.basis for one in left} == {"none", "consent", "treatment"}
    agreed = {f"Consent/{c['id']}" for c in read_all("Consent") if disclosable(c)}
    assert len(agreed) >= 4
    assert {one.consent for one in left if one.basis == "consent"} <= agreed


def test_a_directory_of_every_need_with_old_and_fresh_facts(sign_ins):
    services = read_all("HealthcareService")
    assert len(services) >= 45
    needs = {c["code"] for s in services for k in s["category"] for c in k["coding"]}
    assert len(needs - {"sdoh"}) >= 20
    confirmed = [one for result in read_all("VerificationResult") for one in confirmed_in(result)]
    ages = [(datetime.now(UTC).date() - one.on).days for one in confirmed]
    assert min(ages) < 14
    assert max(ages) > 600
    assert {one.target for one in confirmed} < {f"HealthcareService/{s['id']}" for s in services}
    rooms = [one.value for one in confirmed if one.fact == "capacity"]
    assert any(value.startswith("no-capacity") for value in rooms)


def test_offices_said_yes_no_and_both(sign_ins):
    assert len(read_all("PractitionerRole")) >= 30
    told = [one for result in read_all("VerificationResult") if (one := told_of(result))]
    assert {one.answer.value for one in told} == {"yes", "no", "only-existing", "unsure"}
    answers: dict = {}
    for one in told:
        answers.setdefault((one.about, one.plan), set()).add(one.answer)
    assert any(len(said) > 1 for said in answers.values())


def test_all_numbers_and_addresses_of_the_directory_are_kept_for_fiction(sign_ins):
    held = (*read_all("HealthcareService"), *read_all("PractitionerRole"))
    points = [point for one in held for point in one.get("telecom", ())]
    for point in points:
        fiction = r".+@[a-z]+\.example" if point["system"] == "email" else r"\d{3}-555-01\d\d"
        assert re.fullmatch(fiction, point["value"])


def test_four_things_wait_to_be_sorted_by_as_many_ways(sign_ins):
    waiting = [channel_of(one) for one in read_all("DocumentReference") if is_waiting(one)]
    assert sorted(waiting) == ["fax", "form", "mail"]
    sorting = [one for one in read_all("Task") if kind_of(one) == "incoming-referral"]
    assert len(sorting) == 4
