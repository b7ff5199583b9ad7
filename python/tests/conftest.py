"""Small scans and networks; everything runs against the installed wheel."""

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

import pellucid


@pytest.fixture(scope="session")
def patient():
    return nib.load(pellucid.sample_image)


@pytest.fixture(scope="session")
def lrp(tmp_path_factory):
    """The sample explained into a folder of its own."""
    out = tmp_path_factory.mktemp("lrp")
    return pellucid.explain(pellucid.sample_image, pellucid.sample_model, "lrp", atlas="aal", target="AD", out=out)


@pytest.fixture
def small(patient) -> nib.Nifti1Image:
    """A corner of the patient, for networks of its size."""
    data = np.asarray(patient.dataobj, dtype=np.float32)[60:84, 80:108, 60:84]
    return nib.Nifti1Image(data, patient.affine)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Nothing may come from the repository's folder, and nothing may be left in the temporary one."""
    (tmp_path / "tmp").mkdir()
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    return tmp_path
