"""Conformance, measured by what nobody here wrote: test metadata, examples and other clients."""
