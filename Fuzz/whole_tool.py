#!/usr/bin/env python3
"""Runs the whole tool on damaged files, and looks whether it answers or refuses, and nothing else.

    Fuzz/whole_tool.py .build/release/pellucid --runs 10000 --seed 1

Small files of the tests (networks, images, cards, label tables, transforms, cohorts) are changed at random: bytes, numbers, whole chunks, the
end. `inspect`, `predict`, `explain`, `regions`, `montage` and `evaluate truth` then read them. Told are a signal, a status other than
0, 64, 65 and 74, more than 20 seconds, a stack trace or several error lines, a control character, and files left behind by a run that failed.
What was found is kept in --keep, to become a small fixture of the reader's tests. Needs nothing but Python.
"""

import argparse, gzip, os, random, resource, shutil, struct, subprocess, sys, tempfile, time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOL = ROOT / "Tests/PellucidToolTests/Fixtures"
SOUND = {0, 64, 65, 74}
NUMBERS = [0, 1, -1, 2, 7, 127, 128, 255, 256, 32767, 32768, 65535, 2**31 - 1, -(2**31), 2**32 - 1, 2**40, 2**62, 2**63 - 1, -(2**63)]
FLOATS = [0.0, -0.0, 1e-40, 1e-30, 1e30, 3e38, float("inf"), float("-inf"), float("nan"), 0.5, -1.0, 1e9]
WORDS = [b"nan", b"inf", b"-1", b"0", b"1e400", b"99999999999999999999", b"[]", b"{}", b"null", b"~", b"\xff\xfe", b"\x00", b"\x1b[31m", b"&a *a",
         b"\t", b"\n", b"'", b'"', b":", b"- ", b"#", "é".encode(), "\u202e".encode()]


def damaged(data: bytes, chance: random.Random, text: bool) -> bytes:
    out = bytearray(data)
    for _ in range(chance.choice([1, 1, 1, 2, 3, 8])):
        if not out:
            return bytes(out)
        at = chance.randrange(len(out))
        kind = chance.randrange(9)
        if text and kind in (1, 2, 3):
            kind = 8
        if kind == 0:
            out[at] = chance.randrange(256)
        elif kind == 1:
            out[at : at + 4] = struct.pack("<f", chance.choice(FLOATS))[: len(out) - at]
        elif kind == 2:
            width, sign = chance.choice([(2, "h"), (4, "i"), (8, "q")])
            value = chance.choice(NUMBERS) & ((1 << (8 * width)) - 1)
            out[at : at + width] = value.to_bytes(width, "little")[: len(out) - at]
        elif kind == 3:
            # A protobuf number of another size.
            value, piece = chance.choice(NUMBERS) & (2**64 - 1), bytearray()
            while True:
                piece.append(value & 127 | (128 if value > 127 else 0))
                value >>= 7
                if not value:
                    break
            out[at : at + 1] = piece
        elif kind == 4:
            del out[at : at + chance.choice([1, 2, 8, 64, len(out)])]
        elif kind == 5:
            size = chance.choice([1, 4, 16, 100])
            out[at:at] = out[at : at + size] * chance.choice([1, 2, 50])
        elif kind == 6:
            out[at] ^= 1 << chance.randrange(8)
        elif kind == 7:
            other = chance.randrange(len(out))
            size = chance.choice([1, 4, 16])
            out[at : at + size] = out[other : other + size]
        else:
            out[at : at + chance.choice([0, 1, 3])] = chance.choice(WORDS)
    return bytes(out)


def image(path: Path, chance: random.Random) -> bytes:
    """An image with its header, not only its voxels, changed; packed again if it was."""
    data = path.read_bytes()
    packed = data[:2] == b"\x1f\x8b"
    if packed and chance.random() < 0.2:
        return damaged(data, chance, text=False)
    plain = gzip.decompress(data) if packed else data
    head = min(len(plain), 352 if chance.random() < 0.8 else len(plain))
    plain = damaged(plain[:head], chance, text=False) + plain[head:]
    return gzip.compress(plain, 1) if packed else plain


def cases(chance: random.Random, folder: Path):
    """A command line, and the files that it reads in `folder`, one of them damaged."""
    def put(source: Path, name: str, change: bool) -> None:
        text = source.suffix in (".yaml", ".tsv", ".txt", ".csv", ".mat", ".tfm", ".lta")
        if not change:
            data = source.read_bytes()
        elif ".nii" in source.name or source.suffix in (".hdr", ".img"):
            data = image(source, chance)
        else:
            data = damaged(source.read_bytes(), chance, text)
        (folder / name).write_bytes(data)

    networks = [p for p in sorted((ROOT / "Tests").rglob("*.onnx")) if p.stat().st_size < 200_000]
    tables = [p for p in sorted((ROOT / "Tests").rglob("*.t[sx][vt]")) if p.stat().st_size < 50_000]
    choice = chance.random()
    if choice < 0.35:
        put(chance.choice(networks), "n.onnx", True)
        yield ["inspect", "n.onnx"]
        put(TOOL / "scan.nii.gz", "s.nii.gz", False)
        yield ["predict", "s.nii.gz", "--model", "n.onnx"]
        return
    target = chance.choice(["network", "scan", "card", "atlas", "table", "cohort"])
    network = chance.choice(["cnn", "cnn", "aged"])
    put(TOOL / f"{network}.onnx", "n.onnx", target == "network")
    put(TOOL / f"{network}.yaml", "n.yaml", target == "card")
    source = chance.choice(["scan.nii.gz", "plain.nii", "scan_LIA.nii.gz"])
    name = "s.nii" if source == "plain.nii" else "s.nii.gz"
    put(TOOL / source, name, target == "scan")
    put(TOOL / "quarters.nii.gz", "a.nii.gz", target == "atlas")
    put(TOOL / "quarters.tsv" if chance.random() < 0.8 else chance.choice(tables), "a.tsv", target == "table")
    (folder / "c.tsv").write_bytes(damaged(f"image\ttruth\tregions\n{name}\ta.nii.gz\tone;two\n".encode(), chance, True)
                                   if target == "cohort" else b"image\ttruth\n" + name.encode() + b"\ta.nii.gz\n")
    method = chance.choice(["saliency", "grad-cam", "lrp", "occlusion:patch=6", "integrated-gradients:steps=3", "region-occlusion"])
    commands = {
        "cohort": [["evaluate", "truth", "c.tsv", "--model", "n.onnx", "--method", "saliency", "--out", "out"]],
        "atlas": [["regions", name, "--atlas", "a.nii.gz"], ["montage", name, "--contours", "a.nii.gz", "--out", "out/m.png"]],
    }
    explain = ["explain", name, "--model", "n.onnx", "--method", method, "--atlas", "a.nii.gz", "--labels", "a.tsv", "--out", "out"]
    yield from chance.sample(commands.get(target, [["predict", name, "--model", "n.onnx"]]) + [explain], 1)


def trouble(answer, seconds: float, folder: Path, before) -> str | None:
    if answer is None:
        return f"hangs for {seconds:.0f} s"
    error = answer.stderr.decode(errors="replace")
    if answer.returncode not in SOUND:
        return f"status {answer.returncode}: {error[:300]}"
    lines = [line for line in error.splitlines() if not line.startswith(("pellucid: note: ", "pellucid: warning: "))]
    if answer.returncode and (len(lines) != 1 or not lines[0].startswith("pellucid: ")):
        return f"not one line: {error[:300]}"
    if any(ord(c) < 32 and c not in "\n\t" or ord(c) == 127 for c in error + answer.stdout.decode(errors="replace")):
        return f"control characters: {error[:300]!r}"
    if answer.returncode and set(os.listdir(folder)) - before:
        return f"left behind: {set(os.listdir(folder)) - before}"
    if any(name.startswith(".pellucid") for _, _, names in os.walk(folder) for name in names):
        return "temporary files left behind"
    return None


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("tool", type=Path)
    options.add_argument("--runs", type=int, default=1000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--seconds", type=float, default=20, help="what a run may take")
    options.add_argument("--keep", type=Path, default=ROOT / ".build/fuzzed/whole")
    given = options.parse_args()
    tool = given.tool.resolve()
    environment = {"PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1", "SWIFT_BACKTRACE": "enable=no",
                   "PELLUCID_ATLASES": str(ROOT / "atlases")}
    counts, found, number, run = {}, 0, given.seed, 0
    while run < given.runs:
        chance = random.Random(number)
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            for words in cases(chance, folder):
                before, begin = set(os.listdir(folder)), time.monotonic()
                try:
                    # Processor time is what counts: the machine may be busy.
                    answer = subprocess.run(
                        [tool, *words, *([] if words[0] in ("inspect", "regions", "montage") else ["--threads", "1"])],
                        cwd=folder, capture_output=True, env=environment, timeout=40 * given.seconds,
                        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (int(given.seconds), int(given.seconds) + 1)))
                except subprocess.TimeoutExpired:
                    answer = None
                run += 1
                counts[answer and answer.returncode] = counts.get(answer and answer.returncode, 0) + 1
                what = trouble(answer, time.monotonic() - begin, folder, before)
                if what:
                    found += 1
                    kept = given.keep / str(number)
                    shutil.rmtree(kept, ignore_errors=True)
                    shutil.copytree(folder, kept)
                    print(f"seed {number}: {' '.join(words)}: {what}", flush=True)
                shutil.rmtree(folder / "out", ignore_errors=True)
        number += 1
        if run % 500 == 0:
            print(f"{run} runs so far, to seed {number}", file=sys.stderr, flush=True)
    print(f"{run} runs, {found} with trouble; by status: {dict(sorted(counts.items(), key=str))}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
