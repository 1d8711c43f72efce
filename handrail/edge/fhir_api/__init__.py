"""The FHIR R4 API at ``/fhir``: a lean WSGI function, one file an interaction.

Source: http://hl7.org/fhir/R4/http.html. See docs/fhir-api.md for what it does and does not do.
"""
