#!/usr/bin/env python3
"""The corpus' SAM templates as the referee translates them.

  translate.py SHARED OUT.jsonl

SHARED is the folder that holds `oracles` and `corpus`. Runs aws-sam-translator over every SAM template of the
corpus and writes one record for each that it accepts: file, region, parameter values and the translated template.
Each is translated as it stands, for a region of another partition, and with values for its parameters. Wants the
packages of SHARED/oracles/requirements.txt.
"""
import json
import multiprocessing
import os
import re
import sys

SUITE = "aws__serverless-application-model/tests/translator/input"
REGION = {True: "ap-southeast-1", False: "us-east-1"}
ROUNDS = ("as it stands", "elsewhere", "with values")


def values(template):
    """A value for each parameter that is one text: the last that is allowed, else one of its own."""
    found = {}
    for name, parameter in (template.get("Parameters") or {}).items():
        if not isinstance(parameter, dict):
            continue
        allowed = parameter.get("AllowedValues")
        if parameter.get("Type") != "String":
            continue
        if not allowed:
            found[name] = "given-" + name
        elif isinstance(allowed, list) and isinstance(allowed[-1], str):
            found[name] = allowed[-1]
    return found


def record(job):
    import cfn_yaml
    import sam_translate
    import yaml

    path, name, suite, kind = job
    region = "cn-north-1" if kind == "elsewhere" else REGION[suite]
    sam_translate.setup(region)
    try:
        template, _warnings = cfn_yaml.load(path)
    except (cfn_yaml.TemplateError, yaml.YAMLError, OSError, UnicodeDecodeError, RecursionError):
        return None
    if not suite and sam_translate.SAM not in sam_translate.transforms_of(template):
        return None
    if not isinstance(template.get("Resources"), dict):
        return None
    parameters = values(template) if kind == "with values" else {}
    if kind == "with values" and not parameters:
        return None
    result = sam_translate.one(path, parameters, region, name, suite, suite)
    if not result["ok"]:
        return None
    # A transform that the referee does not run is left for whoever reads the translation.
    others = result.get("other_transforms") or []
    if others:
        result["template"]["Transform"] = others
    return {"file": name, "round": kind, "region": region, "parameters": parameters, "template": result["template"]}


def main():
    shared, target = sys.argv[1:3]
    sys.path.insert(0, os.path.join(shared, "oracles"))
    corpus = os.path.join(shared, "corpus")
    jobs = []
    for top, folders, names in os.walk(corpus):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(top, name)
            relative = os.path.relpath(path, corpus).replace(os.sep, "/")
            suite = relative.startswith(SUITE)
            if re.search(r"\.(ya?ml|json|template)$", name) and (suite or "/translator/" not in relative):
                jobs.extend((path, relative, suite, kind) for kind in ROUNDS)
    written = 0
    with multiprocessing.Pool(2) as pool, open(target, "w", encoding="utf-8") as out:
        for found in pool.imap(record, jobs, chunksize=16):
            if found:
                written += 1
                out.write(json.dumps(found) + "\n")
    print("%d SAM templates translated" % written, file=sys.stderr)
    return 0 if written else 1


if __name__ == "__main__":
    sys.exit(main())
