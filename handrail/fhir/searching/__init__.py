"""FHIR search without a database: what a resource is found by, and what a search asks for.

``extract.index`` turns a resource into one search row, ``query.parse`` turns a search into clauses
over such rows. Both hash values with ``hashing.token``, so a search is a comparison of integers.
The definitions are the official R4 ones, compiled by ``tools/generate_search.py``.

Source: http://hl7.org/fhir/R4/search.html and http://hl7.org/fhir/R4/searchparameter-registry.html.
"""
