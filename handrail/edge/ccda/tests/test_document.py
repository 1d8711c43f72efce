"""The C-CDA Care Plan: what the standard wants is there, in order, and points rightly."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree as ET

import pytest

from handrail.access import keys
from handrail.access.database import acting
from handrail.access.models import AuditEntry
from handrail.access.principal import system
from handrail.edge.ccda.tests.plan import record, without_empty
from handrail.fhir.profiles import faults as profile_faults
from handrail.record import store
from tests.data import data
from tests.fhir_client import Client as Caller

pytestmark = pytest.mark.django_db
H = "{urn:hl7-org:v3}"
XSI = "{http://www.w3.org/2001/XMLSchema-instance}type"
WHERE = "/patients/rosa/plan/ccda"
SECTIONS = {
    "75310-3": "2.16.840.1.113883.10.20.22.2.58",
    "61146-7": "2.16.840.1.113883.10.20.22.2.60",
    "62387-6": "2.16.840.1.113883.10.20.21.2.3",
    "11383-7": "2.16.840.1.113883.10.20.22.2.61",
}
ORDER = {
    "ClinicalDocument": "realmCode typeId templateId id code title effectiveTime "
    "confidentialityCode languageCode setId versionNumber copyTime recordTarget author "
    "dataEnterer informant custodian informationRecipient legalAuthenticator authenticator "
    "participant inFulfillmentOf documentationOf relatedDocument authorization componentOf "
    "component",
    "patientRole": "id addr telecom patient providerOrganization",
    "patient": "id name administrativeGenderCode birthTime maritalStatusCode "
    "religiousAffiliationCode raceCode sdtc:raceCode ethnicGroupCode guardian birthplace "
    "languageCommunication",
    "languageCommunication": "languageCode modeCode proficiencyLevelCode preferenceInd",
    "author": "templateId functionCode time assignedAuthor",
    "assignedAuthor": "id code addr telecom assignedPerson representedOrganization",
    "assignedEntity": "id code addr telecom assignedPerson representedOrganization",
    "authenticator": "time signatureCode assignedEntity",
    "participant": "templateId functionCode time awarenessCode associatedEntity participantRole",
    "associatedEntity": "id code addr telecom associatedPerson scopingOrganization",
    "providerOrganization": "id name telecom addr",
    "representedOrganization": "id name telecom addr",
    "representedCustodianOrganization": "id name telecom addr",
    "serviceEvent": "id code effectiveTime performer",
    "parentDocument": "id code text setId versionNumber",
    "section": "templateId id code title text confidentialityCode languageCode entry component",
    "act": "templateId id code text statusCode effectiveTime priorityCode languageCode performer "
    "author informant participant entryRelationship reference precondition",
    "observation": "templateId id code text statusCode effectiveTime priorityCode languageCode "
    "value interpretationCode methodCode targetSiteCode performer author informant participant "
    "entryRelationship reference",
    "organizer": "templateId id code statusCode effectiveTime performer author participant "
    "reference precondition component",
    "addr": "streetAddressLine city state postalCode country",
    "name": "prefix given family suffix",
    "value": "originalText low high translation qualifier",
    "code": "originalText translation",
    "effectiveTime": "low high",
}
"""Order of elements in CDA R2 (POCD_HD000040), as far as we write them."""


@pytest.fixture
def house(org):
    return system(org.id, "tests", "Tests")


@pytest.fixture
def write(house):
    def written(resources=None, **words):
        with acting(house):
            store.commit(without_empty(resources or record(**words)), by=house, reason="test")

    return written


@pytest.fixture
def web(sign_in):
    return sign_in("coordinator", practitioner="ana")


def document(web, query=""):
    answer = web.get(f"{WHERE}{query}")
    assert answer.status_code == 200, answer.content[:500]
    assert answer.headers["Content-Type"].startswith("application/xml")
    return ET.fromstring(answer.content)  # noqa: S314 - our own text


def section(root, loinc):
    return next(s for s in root.iter(f"{H}section") if s.find(f"{H}code").get("code") == loinc)


def templates(root):
    return {one.get("root") for one in root.iter(f"{H}templateId")}


def ids(element):
    return [one.get("root") for one in element.findall(f"{H}id")]


def entries(root, template):
    return [
        one
        for one in root.iter()
        if any(t.get("root") == template for t in one.findall(f"{H}templateId"))
    ]


def pointed(element, kind):
    return {
        one.find(f"{H}act/{H}id").get("root")
        for one in element.findall(f"{H}entryRelationship")
        if one.get("typeCode") == kind and one.find(f"{H}act/{H}id") is not None
    }


def out_of_order(root):
    for element in root.iter():
        tag = element.tag.removeprefix(H)
        if tag not in ORDER:
            continue
        ranks = {name: rank for rank, name in enumerate(ORDER[tag].split())}
        found = [
            child.tag.removeprefix(H).replace("{urn:hl7-org:sdtc}", "sdtc:") for child in element
        ]
        unknown = [name for name in found if name not in ranks]
        placed = [ranks[name] for name in found if name in ranks]
        if unknown or placed != sorted(placed):
            yield tag, found


def test_the_header_says_which_document_whose_by_whom(web, write):
    write()
    root = document(web)
    roots = [one.get("root") for one in root.findall(f"{H}templateId")]
    assert roots == ["2.16.840.1.113883.10.20.22.1.1", "2.16.840.1.113883.10.20.22.1.15"]
    assert root.find(f"{H}typeId").get("extension") == "POCD_HD000040"
    assert root.find(f"{H}code").get("code") == "52521-2"
    role = root.find(f"{H}recordTarget/{H}patientRole")
    assert role.find(f"{H}patient/{H}name/{H}family").text == "Delgado"
    assert role.find(f"{H}patient/{H}birthTime").get("value") == "19440214"
    assert role.find(f"{H}patient/{H}raceCode").get("nullFlavor") == "UNK"
    assert re.fullmatch(r"\d{14}[+-]\d{4}", root.find(f"{H}effectiveTime").get("value"))
    assert root.find(f"{H}authenticator/{H}assignedEntity/{H}code").get("code") == "ONESELF"
    assert root.find(f"{H}relatedDocument").get("typeCode") == "RPLC"
    review = next(p for p in root.findall(f"{H}participant") if p.get("typeCode") == "VRF")
    assert "20261101" < review.find(f"{H}time").get("value") <= "20270520"


def test_a_social_security_number_never_goes_out(web, write):
    write()
    assert b"000-00-0000" not in web.get(WHERE).content


def test_every_section_has_its_templates_narrative_and_entries(web, write):
    write()
    root = document(web)
    for loinc, template in SECTIONS.items():
        found = section(root, loinc)
        assert template in {one.get("root") for one in found.findall(f"{H}templateId")}
        assert found.find(f"{H}text/{H}table") is not None, loinc
        assert found.findall(f"{H}entry"), loinc
    assert section(root, "85847-2").find(f"{H}entry/{H}organizer") is not None


def test_elements_stand_in_the_order_of_cda(web, write):
    write()
    assert list(out_of_order(document(web))) == []


def test_goals_point_to_concerns_and_steps_and_outcomes_to_goals(web, write):
    write()
    root = document(web)
    concern = {ids(one)[0] for one in entries(root, "2.16.840.1.113883.10.20.22.4.132")}
    aims = entries(root, "2.16.840.1.113883.10.20.22.4.121")
    aim_ids = {ids(one)[0] for one in aims}
    assert len(concern) == 3
    assert len(aim_ids) == 2
    assert all(pointed(one, "REFR") <= concern and pointed(one, "REFR") for one in aims)
    planned = entries(root, "2.16.840.1.113883.10.20.22.4.146")
    done = entries(root, "2.16.840.1.113883.10.20.22.4.131")
    assert [one.get("moodCode") for one in (*planned, *done)] == ["INT", "EVN"]
    assert all(pointed(one, "RSON") <= aim_ids for one in (*planned, *done))
    for one in entries(root, "2.16.840.1.113883.10.20.22.4.144"):
        assert pointed(one, "GEVL") <= aim_ids
        assert pointed(one, "GEVL")


def test_codes_and_values_are_of_the_record(web, write):
    write()
    root = document(web)
    problems = entries(root, "2.16.840.1.113883.10.20.22.4.4")
    values = {
        v.get("code") or v.get("nullFlavor") for p in problems for v in p.findall(f"{H}value")
    }
    assert values == {"84114007", "OTH"}
    translations = {one.get("code") for one in root.iter(f"{H}translation")}
    assert "Z59.41" in translations
    goal = entries(root, "2.16.840.1.113883.10.20.22.4.121")[0]
    high = goal.find(f"{H}value/{H}high")
    assert (goal.find(f"{H}value").get(XSI), high.get("value"), high.get("unit")) == (
        "IVL_PQ", "70", "kg",
    )  # fmt: skip
    measured = [
        v.get("value")
        for one in entries(root, "2.16.840.1.113883.10.20.22.4.144")
        for v in one.findall(f"{H}value")
    ]
    assert "71.5" in measured
    progress = entries(root, "2.16.840.1.113883.10.20.22.4.110")[0]
    assert progress.find(f"{H}value").get("code") == "390802008"


def test_every_reference_to_the_narrative_leads_somewhere(web, write):
    write()
    root = document(web)
    marks = {one.get("ID") for one in root.iter() if one.get("ID")}
    wanted = {one.get("value").removeprefix("#") for one in root.iter(f"{H}reference")}
    assert wanted
    assert wanted <= marks
    assert all(re.fullmatch(r"[A-Za-z_][\w.-]*", one) for one in marks)


def test_hostile_text_is_text(web, write):
    evil = "</td><script>&amp;]]> <!-- \u202e 'x' \"y\" <?xml?>"
    write(goal=evil, need=evil, step=evil)
    root = document(web)
    assert not list(root.iter(f"{H}script"))
    assert any((one.text or "").startswith("</td><script>&amp;") for one in root.iter())


def test_a_plan_of_which_nothing_is_known_says_so(web, write):
    bare = [one for one in record() if one["resourceType"] == "Patient"]
    plan = {key: value for key, value in record()[-3].items() if key in {
        "resourceType", "id", "status", "intent", "subject", "category"}}  # fmt: skip
    assert plan["resourceType"] == "CarePlan"
    kept = {key: bare[0][key] for key in ("resourceType", "id")}
    episode = next(one for one in record() if one["resourceType"] == "EpisodeOfCare")
    write([kept, episode, plan])
    root = document(web)
    assert list(out_of_order(root)) == []
    for loinc in SECTIONS:
        found = section(root, loinc)
        assert found.get("nullFlavor") == "NI"
        assert found.find(f"{H}text/{H}paragraph").text == "No information."
    role = root.find(f"{H}recordTarget/{H}patientRole")
    assert role.find(f"{H}addr").get("nullFlavor") == "UNK"
    assert role.find(f"{H}patient/{H}name").get("nullFlavor") == "UNK"


def test_the_same_sections_and_header_as_the_sample_of_hl7(web, write):
    write()
    kept = data("ccda/hl7-ccda-examples/Documents__Care Plan__Care_Plan.xml")
    sample = ET.parse(kept).getroot()  # noqa: S314 - a file of HL7
    root = document(web)
    ours, theirs = ({child.tag for child in one} for one in (root, sample))
    optional = {"dataEnterer", "informant", "informationRecipient", "legalAuthenticator"}
    optional |= {"componentOf"}
    assert theirs - ours <= {f"{H}{name}" for name in optional}
    wanted = {s.find(f"{H}templateId").get("root") for s in sample.iter(f"{H}section")}
    assert wanted <= templates(root)
    entry = {
        t.get("root")
        for e in sample.iter(f"{H}entry")
        for child in e
        for t in child.findall(f"{H}templateId")
    }
    # A risk concern (4.136) and a plain external document are what the sample shows besides.
    assert entry - templates(root) <= {"2.16.840.1.113883.10.20.22.4.136"}


def test_the_operation_gives_the_document_and_leaves_a_trail(write, house, principal_for):
    write()
    with acting(house):
        before = AuditEntry.objects.filter(patient="rosa").count()
    with acting(house):
        secret = keys.add(principal_for("administrator"), "test", ["system/*.rs"]).secret
    answer = Caller(secret).get("/CarePlan/p1/$ccda")
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("application/xml")
    assert ET.fromstring(answer.body).tag == f"{H}ClinicalDocument"  # noqa: S314 - our own text
    with acting(house):
        assert AuditEntry.objects.filter(patient="rosa").count() > before


def test_strangers_and_missing_plans(web, write, sign_in):
    write()
    assert web.get(f"{WHERE}?version=nothing").status_code == 404
    assert sign_in("front-desk", practitioner="fred").get(WHERE).status_code == 403


def test_the_bundle_has_everything_the_plan_refers_to_and_validates(web, write):
    write()
    answer = web.get("/patients/rosa/plan/bundle")
    assert answer.status_code == 200
    bundle = json.loads(answer.content)
    assert bundle["type"] == "collection"
    there = {f"{e['resource']['resourceType']}/{e['resource']['id']}" for e in bundle["entry"]}
    assert {"CarePlan/p1", "Goal/g1", "Condition/hf", "Task/t1", "CareTeam/team", "Patient/rosa",
            "Practitioner/ana", "Observation/w1", "Condition/stairs"} <= there  # fmt: skip
    core = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"
    profiles = {"CarePlan": "careplan", "Goal": "goal", "CareTeam": "careteam",
                "Patient": "patient"}  # fmt: skip
    for entry in bundle["entry"]:
        resource = entry["resource"]
        if profile := profiles.get(resource["resourceType"]):
            wrong = [
                one
                for version in ("6.1.0", "7.0.0")
                for one in profile_faults(resource, f"{core}{profile}|{version}")
                if one.severity == "error"
            ]
            assert wrong == [], (resource["id"], wrong)
