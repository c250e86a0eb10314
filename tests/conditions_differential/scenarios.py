#!/usr/bin/env python3
"""Which truth assignments of the conditions that exposure resources use are possible, by brute force.

  scenarios.py SHARED GENERATED OUT.jsonl

SHARED is the folder that holds `oracles` and `corpus`. Looks at every template of the corpus and at GENERATED
templates of the generator. Writes one record for each that has such conditions: file, template (of generated ones),
the conditions, whether the answer is exact, whether references are compared with each other (the referee may then miss
rows), and the possible rows. Wants PyYAML.
"""
import json
import os
import subprocess
import sys

shared, generated, out = sys.argv[1], int(sys.argv[2]), sys.argv[3]
sys.path.insert(0, os.path.join(shared, "oracles"))

import cfn_resolve  # noqa: E402
import cfn_scenarios  # noqa: E402
import cfn_yaml  # noqa: E402

FAULTS = (cfn_resolve.ResolveError, cfn_yaml.TemplateError, KeyError, TypeError, AttributeError, ValueError)


def rows(template):
    """The conditions in use, their possible rows, and whether those are all; None without conditions."""
    if not isinstance(template.get("Resources"), dict):
        return None
    names = cfn_scenarios.used_conditions(template)
    if not names:
        return None
    seen, exact = cfn_scenarios.brute(template, names)
    compared = compares_two_unknowns(template.get("Conditions"))
    return {"conditions": names, "exact": exact, "compared": compared, "rows": sorted(map(list, seen))}


def refers(value):
    """Whether a value refers to anything."""
    if isinstance(value, dict):
        return "Ref" in value or "Fn::Sub" in value or any(map(refers, value.values()))
    return isinstance(value, list) and any(map(refers, value))


def compares_two_unknowns(value):
    """Whether two references are compared with each other. The referee tries each parameter with the texts that it
    is compared with itself, so it misses that `A = B` and `A = x` can hold together."""
    if isinstance(value, dict):
        sides = value.get("Fn::Equals")
        if isinstance(sides, list) and len(sides) == 2 and all(map(refers, sides)):
            return True
        return any(map(compares_two_unknowns, value.values()))
    return isinstance(value, list) and any(map(compares_two_unknowns, value))


def corpus():
    top = os.path.join(shared, "corpus")
    for folder, _dirs, names in sorted(os.walk(top)):
        for name in sorted(names):
            if name.endswith((".yaml", ".yml", ".json", ".template")):
                yield os.path.relpath(os.path.join(folder, name), top), os.path.join(folder, name)


def main():
    tally = {"templates": 0, "refused": 0}
    with open(out, "w", encoding="utf-8") as lines:
        for name, path in corpus():
            try:
                with open(path, "rb") as text:
                    if b"Conditions" not in text.read():
                        continue
                tally["templates"] += 1
                found = rows(cfn_yaml.load(path)[0])
            except FAULTS:
                tally["refused"] += 1
                continue
            if found:
                lines.write(json.dumps({"file": name, **found}) + "\n")
        made = subprocess.run(
            [sys.executable, os.path.join(shared, "oracles", "cfn_gen.py"), "--seed", "5", "--count",
             str(generated), "--engine", "own"], check=True, capture_output=True, text=True)
        for line in made.stdout.splitlines():
            case = json.loads(line)
            if "template" not in case:
                continue
            try:
                found = rows(case["template"])
            except FAULTS:
                tally["refused"] += 1
                continue
            if found:
                lines.write(json.dumps({"file": case["id"], "template": case["template"], **found}) + "\n")
    print(json.dumps(tally), file=sys.stderr)


main()
