"""HL7 v2 tables and the FHIR codes they stand for.

Sources: HL7 v2.5.1 appendix A; the concept maps of the HL7 v2-to-FHIR guide
(http://hl7.org/fhir/uv/v2mappings); patient discharge status: NUBC, as restated in HL7 table 0112.
What is not in a table stays text: nothing is invented.
"""

from __future__ import annotations

TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
ACT_CODE = f"{TERMINOLOGY}/v3-ActCode"
NULL_FLAVOR = f"{TERMINOLOGY}/v3-NullFlavor"
PARTICIPATION = f"{TERMINOLOGY}/v3-ParticipationType"
V2 = f"{TERMINOLOGY}/v2-"
SSN = "http://hl7.org/fhir/sid/us-ssn"
NPI = "http://hl7.org/fhir/sid/us-npi"
LANGUAGE = "urn:ietf:bcp:47"

#: Table 0001, administrative sex.
GENDER = {"F": "female", "M": "male", "O": "other", "U": "unknown", "A": "other", "N": "other"}

#: Table 0002, marital status, and where v3-MaritalStatus has another letter.
MARITAL = {
    "A": ("L", "Legally Separated"),
    "C": ("C", "Common Law"),
    "D": ("D", "Divorced"),
    "I": ("I", "Interlocutory"),
    "M": ("M", "Married"),
    "P": ("T", "Domestic partner"),
    "S": ("S", "Never Married"),
    "W": ("W", "Widowed"),
    "U": ("UNK", "unknown"),
}

#: Table 0004, patient class: (v3 ActCode, display).
CLASS = {
    "E": ("EMER", "emergency"),
    "I": ("IMP", "inpatient encounter"),
    "O": ("AMB", "ambulatory"),
    "P": ("PRENC", "pre-admission"),
    "R": ("AMB", "ambulatory"),
}
CLASS_NAMES = {
    "EMERGENCY": "E",
    "INPATIENT": "I",
    "OUTPATIENT": "O",
    "PREADMIT": "P",
    "RECURRING": "R",
    "IN": "I",
    "OUT": "O",
    "ER": "E",
    "ED": "E",
    "OP": "O",
    "IP": "I",
}

#: Table 0190, address type.
ADDRESS_USE = {"H": "home", "C": "temp", "B": "work", "O": "work", "BA": "old", "BI": "billing"}
#: Table 0200, name type. ``M`` is a maiden name.
NAME_USE = {"L": "official", "A": "anonymous", "N": "nickname", "M": "maiden", "D": "usual"}
#: Table 0201, telecommunication use.
PHONE_USE = {"PRN": "home", "ORN": "home", "WPN": "work", "VHN": "temp", "PRS": "mobile"}
#: Table 0202, telecommunication equipment.
PHONE_SYSTEM = {
    "PH": "phone",
    "CP": "phone",
    "FX": "fax",
    "BP": "pager",
    "INTERNET": "email",
    "X.400": "email",
    "TDD": "phone",
    "TTY": "phone",
    "SAT": "phone",
}

#: Table 0203, identifier types that name a person at an organization (what we match by).
PERSON_TYPES = frozenset({"", "MR", "MRN", "PI", "PT", "PN", "MRT", "EHRID", "PE", "EN", "PIN"})
IDENTIFIER_TYPES = PERSON_TYPES | frozenset(
    {"SS", "AN", "VN", "DL", "PPN", "MA", "MC", "MB", "MI", "NPI", "NI", "XX", "U", "RI"}
)

#: Table 0063, relationship: v3-RoleCode where it has the same sense.
RELATION = {
    "SPO": ("SPS", "spouse"),
    "DOM": ("DOMPART", "domestic partner"),
    "CHD": ("CHILD", "child"),
    "GCH": ("GRNDCHILD", "grandchild"),
    "PAR": ("PRN", "parent"),
    "GRP": ("GRPRN", "grandparent"),
    "SIB": ("SIB", "sibling"),
    "GRD": ("GUARD", "guardian"),
    "FTH": ("FTH", "father"),
    "MTH": ("MTH", "mother"),
    "BRO": ("BRO", "brother"),
    "SIS": ("SIS", "sister"),
    "FND": ("FRND", "unrelated friend"),
    "EXF": ("EXT", "extended family member"),
}
#: Table 0131, contact role: v2-0131 codes we keep.
CONTACT_ROLE = {
    "C": "Emergency Contact",
    "N": "Next-of-Kin",
    "E": "Employer",
    "EMC": "C",
    "NOK": "N",
}

#: Where people go when they leave: the patient discharge status codes, in our words.
DISPOSITION = {
    "01": "Home or self-care",
    "02": "Another hospital",
    "03": "Skilled nursing facility",
    "04": "Custodial or supportive care facility",
    "05": "Cancer center or children's hospital",
    "06": "Home with home health services",
    "07": "Left against medical advice",
    "09": "Admitted as an inpatient here",
    "20": "Died",
    "21": "Court or law enforcement",
    "30": "Still a patient",
    "40": "Died at home",
    "41": "Died in a medical facility",
    "42": "Died, place unknown",
    "43": "Federal health care facility",
    "50": "Hospice at home",
    "51": "Hospice in a medical facility",
    "61": "Swing bed in this hospital",
    "62": "Inpatient rehabilitation facility",
    "63": "Long-term care hospital",
    "64": "Medicaid nursing facility",
    "65": "Psychiatric hospital",
    "66": "Critical access hospital",
}
DIED = frozenset({"20", "40", "41", "42"})

#: Coding systems as feeds name them.
SYSTEMS = {
    "I10": "http://hl7.org/fhir/sid/icd-10-cm",
    "I10C": "http://hl7.org/fhir/sid/icd-10-cm",
    "ICD10": "http://hl7.org/fhir/sid/icd-10-cm",
    "ICD-10": "http://hl7.org/fhir/sid/icd-10-cm",
    "ICD-10-CM": "http://hl7.org/fhir/sid/icd-10-cm",
    "I9": "http://hl7.org/fhir/sid/icd-9-cm",
    "I9C": "http://hl7.org/fhir/sid/icd-9-cm",
    "SCT": "http://snomed.info/sct",
    "SNM": "http://snomed.info/sct",
    "LN": "http://loinc.org",
}

#: Languages as feeds write them (ISO 639-2, English names, table 0296) to BCP 47.
LANGUAGES = {
    "ENG": "en", "ENGLISH": "en", "SPA": "es", "SPANISH": "es", "FRE": "fr", "FRA": "fr",
    "FRENCH": "fr", "POR": "pt", "PORTUGUESE": "pt", "CHI": "zh", "ZHO": "zh", "CHINESE": "zh",
    "VIE": "vi", "VIETNAMESE": "vi", "RUS": "ru", "RUSSIAN": "ru", "ARA": "ar", "ARABIC": "ar",
    "HAT": "ht", "HAITIAN CREOLE": "ht", "KOR": "ko", "KOREAN": "ko", "TGL": "tl", "TAGALOG": "tl",
    "GER": "de", "DEU": "de", "GERMAN": "de", "ITA": "it", "ITALIAN": "it", "POL": "pl",
    "POLISH": "pl", "JPN": "ja", "JAPANESE": "ja", "HIN": "hi", "HINDI": "hi", "SOM": "so",
    "SOMALI": "so", "NEP": "ne", "NEPALI": "ne", "KHM": "km", "KHMER": "km", "ASE": "ase",
}  # fmt: skip
