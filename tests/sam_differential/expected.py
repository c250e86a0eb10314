#!/usr/bin/env python3
"""Expected exposure facts of the corpus' SAM templates, by the referee.

  expected.py SHARED OUT.jsonl

SHARED is the folder that holds `oracles` and `corpus`. Runs aws-sam-translator over every SAM template of the
corpus and writes one record per template: file, region, whether it was taken as it is, parameter defaults, and
either the exposure facts or the error. Wants the packages of SHARED/oracles/requirements.txt.
"""
import json
import multiprocessing
import os
import re
import sys

SUITE = "aws__serverless-application-model/tests/translator/input"
REGION = {True: "ap-southeast-1", False: "us-east-1"}


def defaults(template):
    found = {}
    for name, parameter in (template.get("Parameters") or {}).items():
        if isinstance(parameter, dict) and "Default" in parameter:
            found[name] = parameter["Default"]
    return found


def record(job):
    import cfn_yaml
    import sam_exposure
    import sam_translate
    import yaml

    path, name, suite = job
    region = REGION[suite]
    sam_translate.setup(region)
    try:
        template, warnings = cfn_yaml.load(path)
    except (cfn_yaml.TemplateError, yaml.YAMLError, OSError, UnicodeDecodeError, RecursionError):
        return None
    if not suite and sam_translate.SAM not in sam_translate.transforms_of(template):
        return None
    if not isinstance(template.get("Resources"), dict):
        return None
    out = {"file": name, "region": region, "suite": suite, "warnings": warnings, "defaults": defaults(template)}
    result = sam_translate.one(path, {}, region, name, suite, suite)
    out["ok"] = result["ok"]
    if result["ok"]:
        out["exposure"] = sam_exposure.exposure(result["template"])
        out["conditions"] = result["template"].get("Conditions")
    else:
        out["error"] = "%s %s" % (result["error"], " ".join(result.get("causes", [])))
        out["stage"] = result["stage"]
    return out


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
                jobs.append((path, relative, suite))
    written = 0
    with multiprocessing.Pool(2) as pool, open(target, "w", encoding="utf-8") as out:
        for found in pool.imap(record, jobs, chunksize=16):
            if found:
                written += 1
                out.write(json.dumps(found, sort_keys=True) + "\n")
    print("%d SAM templates" % written, file=sys.stderr)
    return 0 if written else 1


if __name__ == "__main__":
    sys.exit(main())
