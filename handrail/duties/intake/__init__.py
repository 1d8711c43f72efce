"""Intake visits and assessments: what a person tells, asked once, scored and kept.

Writes QuestionnaireResponse, Observation and Questionnaire by SDC
(http://hl7.org/fhir/uv/sdc) and US Core screening and assessments; ValueSet and CodeSystem that
come along with a form; Task for what is due, to read or not safe, and Communication for what was
done about it.
"""
