"""``python -m handrail.site.cli``: the command line without its launcher."""

from handrail.site.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
