import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import pellucid


def refusal(call, status):
    with pytest.raises(pellucid.PellucidError) as caught:
        call()
    assert "\n" not in str(caught.value) and str(caught.value).startswith("pellucid: ")
    assert caught.value.status == status
    return str(caught.value)


def test_missing_scan(elsewhere):
    line = refusal(lambda: pellucid.explain("nobody.nii.gz", pellucid.sample_model, "lrp", out="results"), 65)
    assert "nobody.nii.gz" in line and not (elsewhere / "cwd/results").exists()


def test_unknown_method_class_and_option():
    assert "lrp" in refusal(lambda: pellucid.explain(pellucid.sample_image, pellucid.sample_model, "lrpp"), 64)
    assert "CN" in refusal(lambda: pellucid.explain(pellucid.sample_image, pellucid.sample_model, "lrp", target="MCI"), 64)
    assert "--pach" in refusal(lambda: pellucid.explain(pellucid.sample_image, pellucid.sample_model, "occlusion", pach=8), 64)


def test_array_without_an_affine():
    assert "affine" in refusal(lambda: pellucid.predict(np.zeros((4, 4, 4)), pellucid.sample_model), 64)


def test_model_of_another_kind():
    assert "pellucid.export" in refusal(lambda: pellucid.predict(pellucid.sample_image, object()), 64)


def test_no_temporary_folder(monkeypatch, patient):
    monkeypatch.setattr("tempfile.tempdir", "/nowhere")
    assert "TMPDIR" in refusal(lambda: pellucid.predict(patient, pellucid.sample_model), 74)


def test_older_glibc(monkeypatch):
    monkeypatch.setattr("platform.libc_ver", lambda: ("glibc", "2.31"))
    assert "2.34" in refusal(lambda: pellucid.run("methods"), 70)


def test_run_is_the_program(elsewhere):
    assert "saliency" in pellucid.run("methods").stdout
    assert "--methd" in refusal(lambda: pellucid.run("explain", "a.nii", "--methd", "lrp"), 64)


def test_command_takes_the_process_over():
    command = Path(sys.executable).with_name("pellucid")
    done = subprocess.run([command, "predict", "nobody.nii", "--model", pellucid.sample_model], capture_output=True, text=True)
    assert done.returncode == 65 and done.stderr.count("\n") == 1 and done.stdout == ""


def test_interruption_leaves_nothing(elsewhere):
    code = "import pellucid as p; p.explain(p.sample_image, p.sample_model, 'occlusion', patch=4, stride=1, out='results')"
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True)
    time.sleep(4)
    os.kill(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert "KeyboardInterrupt" in errors
    assert not any(path.is_file() for path in (elsewhere / "cwd").rglob("*"))


def test_bar_on_a_terminal():
    """The bar goes where the user looks, and is not among the notes."""
    code = """if True:
        import sys, pellucid
        done = pellucid._tool.call(["explain", str(pellucid.sample_image), "--model", str(pellucid.sample_model), "--method",
                                    "occlusion", "--patch=16", "--stride=6", "--out", "results"], progress=True)
        assert "#" not in done.stderr, done.stderr
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "patient_T1 occlusion AD [" in done.stderr and "left" in done.stderr
