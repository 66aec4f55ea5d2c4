"""Looks the locked packages up among known vulnerabilities, with pip-audit.

It has an environment of its own, because it cannot share that of the service. Runs on any Python 3
with the standard library only; run it with ``make audit``. Exit codes: 0 nothing without a reason,
1 a vulnerability without a reason or a reason that has ended, 2 the advisory service did not
answer, so that nothing is known.
"""

import datetime
import json
import os
import re
import subprocess
import sys
import venv

PROJECT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LOCK = os.path.join(PROJECT, "requirements", "lock.txt")
REASONS = os.path.join(PROJECT, "requirements", "audit-reasons.txt")
ENVIRONMENT = os.path.join(PROJECT, ".audit")
PASSED, FOUND, UNKNOWN = 0, 1, 2
VERDICTS = {
    PASSED: "Audit passed.",
    FOUND: "Audit FAILED.",
    UNKNOWN: "NOT AUDITED: nothing is known of these packages. Run it where the service answers.",
}


class AuditError(Exception):
    """The audit cannot be made; the message is one plain sentence with the fix."""


def read_reasons(text):
    """Return {id: (package, last day, reason)}. Raises AuditError for a bad line."""
    found = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        parts = [part.strip() for part in line.split("|")]
        if len(parts) != 4 or not all(parts) or not re.match(r"\d{4}-\d\d-\d\d$", parts[2]):
            raise AuditError(
                "Line %d of requirements/audit-reasons.txt has to be "
                "`id | package | last day as 2026-12-31 | reason`." % number
            )
        found[parts[0]] = (parts[1], parts[2], parts[3])
    return found


def judge(report, reasons, today):
    """Return the exit code and the lines to print for a report of pip-audit (its JSON as data)."""
    packages = report.get("dependencies", [])
    skipped = [each["name"] for each in packages if "skip_reason" in each]
    lines, code = [], PASSED
    used = set()
    for package in packages:
        for finding in package.get("vulns", []):
            names = [finding["id"]] + list(finding.get("aliases", []))
            known = [name for name in names if name in reasons]
            place = "%s %s: %s" % (package["name"], package["version"], finding["id"])
            if not known:
                lines.append("FOUND    %s, no reason is written" % place)
                code = FOUND
                continue
            used.update(known)
            if reasons[known[0]][1] < today:
                lines.append("ENDED    %s, its reason ended on %s" % (place, reasons[known[0]][1]))
                code = FOUND
            else:
                lines.append("accepted %s: %s" % (place, reasons[known[0]][2]))
    for name in sorted(set(reasons) - used):
        lines.append("unused   %s: take it out of requirements/audit-reasons.txt" % name)
    if skipped:
        lines.append(
            "UNKNOWN  %d of %d packages could not be looked up (%s ...): the advisory service does "
            "not answer from here" % (len(skipped), len(packages), ", ".join(skipped[:3]))
        )
        code = code or UNKNOWN
    lines.append("%d packages, %d looked up." % (len(packages), len(packages) - len(skipped)))
    lines.append(VERDICTS[code])
    return code, lines


def pip_audit():
    """Return the path of pip-audit, installing it first. Raises AuditError when that fails."""
    program = os.path.join(ENVIRONMENT, "bin", "pip-audit")
    if not os.path.exists(program):
        venv.create(ENVIRONMENT, with_pip=True)
        pip = os.path.join(ENVIRONMENT, "bin", "pip")
        if subprocess.run([pip, "install", "--quiet", "pip-audit"]).returncode:
            raise AuditError("pip-audit could not be installed; is there a package index?")
    return program


def report():
    """Return what pip-audit says of the lock, as data. Raises AuditError when it says nothing."""
    command = [pip_audit(), "-r", LOCK, "--disable-pip", "--require-hashes", "--format", "json"]
    # Its own last line is "No known vulnerabilities found", also when it looked up nothing.
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        return json.loads(done.stdout.decode("utf-8"))
    except ValueError as error:
        sys.stderr.write(done.stderr.decode("utf-8", "replace"))
        raise AuditError("pip-audit gave no report; its lines above say why.") from error


def main():
    """Print what was found and return the exit code."""
    try:
        with open(REASONS, encoding="utf-8") as file:
            reasons = read_reasons(file.read())
        code, lines = judge(report(), reasons, datetime.date.today().isoformat())
    except AuditError as error:
        print(error)
        return UNKNOWN
    print("\n".join(lines))
    return code


if __name__ == "__main__":
    sys.exit(main())
