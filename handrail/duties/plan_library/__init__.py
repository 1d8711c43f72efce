"""The library of problem, goal and step suggestions that plans are made from.

Writes FHIR PlanDefinition, and the ActivityDefinition that an imported one refers to: shipped with
its sources, edited, imported, and used by ``$apply``
(http://hl7.org/fhir/R4/plandefinition-operation-apply.html).
"""
