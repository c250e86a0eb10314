#!/usr/bin/env python3
"""What the referees make of the corpus' SAM templates.

  translate.py SHARED OUT.jsonl

SHARED is the folder that holds `oracles` and `corpus`. Runs aws-sam-translator over every SAM template of the
corpus, in each of ROUNDS, and writes one record for each: file, round, region, parameter values, defaults, whether
it is accepted (`ok`) and either

  template   the translation, as text
  exposure   its facts, nothing resolved (`sam_exposure.py`; only in the first round)
  resolved   its facts after `cfn_resolve.py` has worked out every value, with the types of `resources`, or
             `unresolvable`, why it cannot

or the `error`. Wants the packages of SHARED/oracles/requirements.txt.
"""
import json
import multiprocessing
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import facts

SUITE = "aws__serverless-application-model/tests/translator/input"
# Name, region, whether parameters are given values.
ROUNDS = (("defaults", "ap-southeast-1", False), ("given", "ap-southeast-1", True),
          ("defaults, cn", "cn-north-1", False), ("given, cn", "cn-north-1", True))
ACCOUNT, STACK = "123456789012", "stack"
OWN = {"AWS::EC2::VPC::Id": "vpc-0fedcba9876543210", "AWS::EC2::Subnet::Id": "subnet-0fedcba9876543210",
       "AWS::EC2::SecurityGroup::Id": "sg-0fedcba9876543210", "Number": "7"}


def defaults(template):
    found = {}
    for name, parameter in (template.get("Parameters") or {}).items():
        if isinstance(parameter, dict) and "Default" in parameter:
            found[name] = parameter["Default"]
    return found


def given(template):
    """A value for each parameter that is one text or number: the last that is allowed, else one of its own."""
    found = {}
    for name, parameter in (template.get("Parameters") or {}).items():
        if not isinstance(parameter, dict):
            continue
        kind, allowed = parameter.get("Type"), parameter.get("AllowedValues")
        if kind != "String" and kind not in OWN:
            continue
        if not allowed:
            found[name] = OWN.get(kind, "given-" + name)
        elif isinstance(allowed, list) and isinstance(allowed[-1], (str, int)) \
                and not isinstance(allowed[-1], bool):
            found[name] = str(allowed[-1])
    return found


def resolved(template, parameters, region):
    """Facts of a translation with all values worked out, or why that cannot be done."""
    import cfn_resolve

    env = {"region": region, "account": ACCOUNT, "stack": STACK, "exports": {}, "ssm": {}, "token_missing": True}
    try:
        found = cfn_resolve.resolve(template, parameters, env, cfn_resolve.TYPES, "own")
        types = {key: {"type": resource["type"]} for key, resource in found["resources"].items()}
        return {"resolved": facts.of_resolved(found["resources"]), "resources": types}
    except cfn_resolve.ResolveError as err:
        return {"unresolvable": str(err)}
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as err:
        return {"unresolvable": "malformed: %s: %s" % (type(err).__name__, err)}


def record(job):
    import cfn_yaml
    import sam_exposure
    import sam_translate
    import yaml
    from samtranslator.translator.arn_generator import ArnGenerator

    path, name, suite, (kind, region, with_values) = job
    sam_translate.setup(region)
    # The translator remembers the first region that its process was in.
    ArnGenerator.BOTO_SESSION_REGION_NAME = region
    try:
        template, warnings = cfn_yaml.load(path)
    except (cfn_yaml.TemplateError, yaml.YAMLError, OSError, UnicodeDecodeError, RecursionError):
        return None
    if not suite and sam_translate.SAM not in sam_translate.transforms_of(template):
        return None
    if not isinstance(template.get("Resources"), dict):
        return None
    try:
        parameters = given(template) if with_values else {}
        known = defaults(template)
    except AttributeError:
        parameters, known = {}, {}
    if with_values and not parameters:
        return None
    out = {"file": name, "round": kind, "region": region, "parameters": parameters, "defaults": known,
           "warnings": warnings}
    result = sam_translate.one(path, parameters, region, name, suite, suite)
    out["ok"] = result["ok"]
    if not result["ok"]:
        out["error"] = "%s %s" % (result["error"], " ".join(result.get("causes", [])))
        return out
    translated = out["template"] = result["template"]
    if kind == ROUNDS[0][0]:
        out["exposure"] = sam_exposure.exposure(translated)
    out.update(resolved(translated, parameters, region))
    # A transform that the referee does not run is left for whoever reads the translation.
    others = result.get("other_transforms") or []
    if others:
        translated["Transform"] = others
    # As text: the order of keys counts in `Fn::ToJsonString`.
    out["template"] = json.dumps(translated)
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
                jobs.extend((path, relative, suite, kind) for kind in ROUNDS)
    written = 0
    with multiprocessing.Pool() as pool, open(target, "w", encoding="utf-8") as out:
        for found in pool.imap(record, jobs, chunksize=16):
            if found:
                written += 1
                out.write(json.dumps(found) + "\n")
    print("%d translations of SAM templates" % written, file=sys.stderr)
    return 0 if written else 1


if __name__ == "__main__":
    sys.exit(main())
