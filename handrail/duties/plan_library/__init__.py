"""The library of problem, goal and step suggestions that plans are made from.

Writes PlanDefinition: shipped with its sources, edited by the organization, imported, and applied by
``$apply`` (http://hl7.org/fhir/R4/plandefinition-operation-apply.html).
"""
