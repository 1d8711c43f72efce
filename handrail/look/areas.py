"""What help is needed with, in plain words: the SDOH categories of SDOH Clinical Care 3.0.0.

Source: http://hl7.org/fhir/us/sdoh-clinicalcare/ValueSet/SDOHCC-ValueSetSDOHCategory.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext_noop as noop

AREAS: Final[Mapping[str, str]] = {
    "food-insecurity": noop("Food"),
    "housing-instability": noop("Keeping a home"),
    "homelessness": noop("No home"),
    "inadequate-housing": noop("The state of the home"),
    "utility-insecurity": noop("Power, gas and water"),
    "transportation-insecurity": noop("Getting around"),
    "financial-insecurity": noop("Money"),
    "material-hardship": noop("Things for every day"),
    "medical-cost-burden": noop("The cost of care"),
    "health-insurance-coverage-status": noop("Insurance"),
    "employment-status": noop("Work"),
    "educational-attainment": noop("School and learning"),
    "personal-health-literacy": noop("Understanding health information"),
    "digital-access": noop("Phone and internet"),
    "digital-literacy": noop("Using phone and computer"),
    "language-access": noop("Language"),
    "social-connection": noop("People around them"),
    "stress": noop("Stress"),
    "intimate-partner-violence": noop("Safety with the partner"),
    "elder-abuse": noop("Safety in old age"),
    "incarceration-status": noop("Jail or prison"),
    "veteran-status": noop("Military service"),
    "sdoh-category-unspecified": noop("Other in daily life"),
}
"""By code; screens give the words through gettext."""
