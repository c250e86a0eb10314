"""Answers of the referee for every plain CloudFormation template of the corpus: by default, and with values given.

  expected.py SHARED OUT.jsonl

One line an answer: {"file", "run", "region", "params", "ok", and conditions/resources/unresolved or error}.
"""
import csv
import json
import multiprocessing
import os
import sys

SHARED = sys.argv[1]
sys.path.insert(0, os.path.join(SHARED, "oracles"))

import cfn_resolve  # noqa: E402
import cfn_yaml  # noqa: E402

# Region and whether parameters are given; China has a partition and a URL suffix of its own.
RUNS = {"defaults": ("us-east-1", False), "china": ("cn-north-1", False), "given": ("eu-west-1", True)}


def given(name, slot):
    """A value other than the default where the declaration leaves one."""
    allowed = slot.get("AllowedValues")
    kind = slot.get("Type")
    if isinstance(allowed, list) and allowed:
        texts = [cfn_resolve.text(value, name) for value in allowed]
        default = slot.get("Default")
        others = [text for text in texts if default is None or text != cfn_resolve.text(default, name)]
        return (others or texts)[-1]
    if not isinstance(kind, str):
        return "given"
    if kind.startswith("AWS::SSM::"):
        return "/given/" + name
    if "List" in kind:
        return "given-1, given-2,"
    return "17" if kind == "Number" else "given-" + name


def answer(template, params, region):
    env = {"region": region, "account": "123456789012", "stack": "stack", "exports": {}, "ssm": {},
           "token_missing": True}
    try:
        return dict(cfn_resolve.resolve(template, params, env, None, "own"), ok=True)
    except cfn_resolve.ResolveError as err:
        return {"ok": False, "error": str(err)}
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError) as err:
        return {"ok": False, "error": "malformed template: %s: %s" % (type(err).__name__, err)}


def is_sam(template):
    resources = template.get("Resources")
    slots = resources.values() if isinstance(resources, dict) else []
    types = [slot.get("Type") for slot in slots if isinstance(slot, dict)]
    return "AWS::Serverless" in json.dumps(template.get("Transform")) or any(
        isinstance(kind, str) and kind.startswith("AWS::Serverless::") for kind in types)


def one(name):
    try:
        template, warnings = cfn_yaml.load(os.path.join(SHARED, "corpus", name))
    except (cfn_yaml.TemplateError, UnicodeDecodeError, RecursionError, ValueError) as err:
        return [{"file": name, "run": "read", "ok": False, "error": "unreadable: %s" % err}]
    if is_sam(template):
        return []
    slots = template.get("Parameters")
    slots = slots if isinstance(slots, dict) else {}
    records = []
    for run, (region, is_given) in RUNS.items():
        try:
            values = {k: given(k, v) for k, v in slots.items() if isinstance(v, dict)} if is_given else {}
            record = answer(template, values, region)
        except cfn_resolve.ResolveError as err:
            values, record = {}, {"ok": False, "error": str(err)}
        records.append(dict(record, file=name, run=run, region=region, params=values, doubled=bool(warnings)))
    return records


def main():
    with open(os.path.join(SHARED, "corpus", "MANIFEST.tsv"), encoding="utf-8") as handle:
        names = [row["file"] for row in csv.DictReader(handle, delimiter="\t") if row["kind"] == "template"]
    with open(sys.argv[2], "w", encoding="utf-8") as out, multiprocessing.Pool() as pool:
        for records in pool.imap(one, sorted(names), chunksize=16):
            out.writelines(json.dumps(record) + "\n" for record in records)


if __name__ == "__main__":
    main()
