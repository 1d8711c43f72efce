"""How fast Handrail is, against floors measured in the same run. See docs/performance.md."""
