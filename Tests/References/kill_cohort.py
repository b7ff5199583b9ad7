"""Kills `pellucid cohort` at random instants and holds what the next run makes against an undisturbed one, byte by byte.

usage: kill_cohort.py --tool PELLUCID --fixtures Tests/PellucidToolTests/Fixtures [--kills 100] [--seed 0]

Only kills that met a running process count. A third of the folders is written by one run, a third by one with two jobs, a third by two runs at
once, of which one or both are killed; a folder may be cut short several times before it is finished. What finishes it is one run, or two at once.
"""

import argparse
import hashlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SUBJECTS = 12
WAYS = {"one run": [[]], "two jobs": [["--jobs", "2"]], "two runs at once": [["--threads", "1"], ["--threads", "1"]]}


def contents(folder: Path) -> dict[str, str]:
    files = (file for file in folder.rglob("*") if file.is_file())
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


class Study:
    def __init__(self, place: Path, tool: Path, fixtures: Path) -> None:
        self.place, self.tool = place, tool
        for name in ("scan.nii.gz", "scan_LIA.nii.gz", "cnn.onnx", "cnn.yaml", "quarters.nii.gz", "quarters.tsv"):
            shutil.copy(fixtures / name, place)
        rows = [f"sub-{n:02}\t{'scan' if n % 2 else 'scan_LIA'}.nii.gz\t{'AD' if n % 3 else 'CN'}" for n in range(1, SUBJECTS + 1)]
        (place / "study.tsv").write_text("participant_id\timage\tgroup\n" + "\n".join(rows) + "\n")

    def start(self, out: str, *more: str) -> subprocess.Popen:
        command = [self.tool, "cohort", "study.tsv", "--model", "cnn.onnx", "--method", "saliency,grad-cam", "--target", "AD"]
        command += ["--atlas", "quarters.nii.gz", "--out", out, *more]
        return subprocess.Popen(command, cwd=self.place, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def finish(self, out: str, *runs: list[str]) -> None:
        for run in [self.start(out, *more) for more in runs]:
            said = run.communicate()[1].decode()
            assert run.returncode == 0, f"status {run.returncode}: {said}"

    def duration(self, runs: list[list[str]]) -> float:
        begin = time.monotonic()
        self.finish("timed", *runs)
        taken = time.monotonic() - begin
        shutil.rmtree(self.place / "timed")
        return taken


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--tool", required=True, type=Path)
    parser.add_argument("--fixtures", required=True, type=Path)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        study = Study(place, options.tool.resolve(), options.fixtures)
        study.finish("whole", [])
        wanted, cut = contents(place / "whole"), place / "cut"
        durations = {way: study.duration(runs) for way, runs in WAYS.items()}
        killed = finished = begun = 0
        unlike_each_other = set()
        while killed < options.kills:
            way = list(WAYS)[finished % len(WAYS)]
            runs = [study.start("cut", *more) for more in WAYS[way]]
            # Of two runs, sometimes one alone dies, and the other must go on beside what it left.
            doomed = runs[: rng.choice((1, len(runs)))]
            begun += 1
            for run in doomed:
                time.sleep(rng.uniform(0, durations[way] / len(doomed)))
                run.kill()
            hits = sum(run.wait() == -signal.SIGKILL for run in doomed)
            for run in runs[len(doomed) :]:
                said = run.communicate()[1].decode()
                assert run.returncode == 0, f"beside a killed run: status {run.returncode}: {said}"
            killed += hits
            if hits:
                unlike_each_other.add(hashlib.sha256(repr(sorted(contents(cut))).encode()).hexdigest() if cut.exists() else "")
            if not hits or rng.random() < 0.6 or killed >= options.kills:
                study.finish("cut", *rng.choice(list(WAYS.values())))
                differing = sorted(set(wanted.items()) ^ set(contents(cut).items()))
                assert not differing, f"after {killed} kills, {way}: {differing[:4]}"
                shutil.rmtree(cut)
                finished += 1
                print(f"\r{killed} kills, {finished} folders finished", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
        print(
            f"{killed} running processes killed (of {begun} starts), which left {len(unlike_each_other)} different states; "
            f"{finished} folders finished, each with the same {len(wanted)} files byte by byte"
        )
    return 0


sys.exit(main())
