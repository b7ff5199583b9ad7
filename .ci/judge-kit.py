"""Fails where a check of the numerical kit fails that is not listed as pending, or where a pending one passes by now.

    python judge-kit.py RESULTS.json PENDING.txt
"""
import json
import pathlib
import sys

results = json.loads(pathlib.Path(sys.argv[1]).read_text())['checks']
pending = {line.strip() for line in pathlib.Path(sys.argv[2]).read_text().splitlines() if line.strip() and not line.startswith('#')}
name = lambda row: f"{row['case']}/{row['check']}"  # noqa: E731
failed = sorted(name(row) for row in results if not row['ok'] and name(row) not in pending)
mended = sorted(name(row) for row in results if row['ok'] and name(row) in pending)
for check in failed:
    print(f'kit: {check} fails and is not pending')
for check in mended:
    print(f'kit: {check} passes: take it off .ci/conformance-pending.txt')
print(f'kit: {sum(row["ok"] for row in results)} of {len(results)} checks pass, {len(pending)} pending')
sys.exit(1 if failed or mended else 0)
