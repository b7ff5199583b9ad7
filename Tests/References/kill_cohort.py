"""Kills `pellucid cohort` at random instants and holds what the next run makes against an undisturbed one, byte by byte.

usage: kill_cohort.py --tool PELLUCID --fixtures Tests/PellucidToolTests/Fixtures [--kills 100] [--seed 0]
"""
import argparse
import hashlib
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path


def contents(folder):
    return {str(f.relative_to(folder)): hashlib.sha256(f.read_bytes()).hexdigest() for f in sorted(folder.rglob("*")) if f.is_file()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tool", required=True, type=Path)
    parser.add_argument("--fixtures", required=True, type=Path)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as place:
        place = Path(place)
        for name in ("scan.nii.gz", "scan_LIA.nii.gz", "cnn.onnx", "cnn.yaml", "quarters.nii.gz", "quarters.tsv"):
            shutil.copy(options.fixtures / name, place)
        rows = [f"sub-{n:02}\t{'scan' if n % 2 else 'scan_LIA'}.nii.gz\t{'AD' if n % 3 else 'CN'}" for n in range(1, 13)]
        (place / "study.tsv").write_text("participant_id\timage\tgroup\n" + "\n".join(rows) + "\n")
        tool = options.tool.resolve()

        def command(out, *more):
            return [tool, "cohort", "study.tsv", "--model", "cnn.onnx", "--method", "saliency,grad-cam", "--target", "AD",
                    "--atlas", "quarters.nii.gz", "--out", out, *more]

        begin = time.monotonic()
        subprocess.run(command("whole", "--jobs", "2"), cwd=place, check=True, stdout=subprocess.DEVNULL)
        whole, wanted = time.monotonic() - begin, contents(place / "whole")
        killed = 0
        for number in range(options.kills):
            # Some folders are cut short several times before they are finished.
            if number % 4 == 0:
                shutil.rmtree(place / "cut", ignore_errors=True)
            run = subprocess.Popen(command("cut", "--jobs", "2"), cwd=place, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   start_new_session=True)
            time.sleep(rng.uniform(0, whole))
            os.killpg(run.pid, signal.SIGKILL)
            killed += run.wait() == -signal.SIGKILL
            if number % 4 == 3 or rng.random() < 0.5:
                subprocess.run(command("cut"), cwd=place, check=True, stdout=subprocess.DEVNULL)
                found = contents(place / "cut")
                differing = sorted(set(wanted.items()) ^ set(found.items()))
                assert not differing, f"kill {number}: {differing[:4]}"
        print(f"{options.kills} kills ({killed} before the end), every folder finished with the same {len(wanted)} files")


main()
