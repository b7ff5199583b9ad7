"""Names come from files: they are shown, never run."""
import pathlib
import shutil

import nibabel
import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
NAME = '<img src=x onerror="window.hit=1"></script><script>window.hit=2</script>'


def test_scripts_in_names(open_page, tool, tmp_path):
    fixtures = ROOT / "Tests/PellucidToolTests/Fixtures"
    scan = tmp_path / "a<b>&'\"c.nii.gz"
    shutil.copy(fixtures / "scan.nii.gz", scan)
    shutil.copy(fixtures / "quarters.nii.gz", tmp_path / "evil.nii.gz")
    lines = (fixtures / "quarters.tsv").read_text().splitlines()
    cells = lines[1].split("\t")
    cells[1] = NAME
    (tmp_path / "evil.tsv").write_text("\n".join([lines[0], "\t".join(cells), *lines[2:]]) + "\n")
    shutil.copy(fixtures / "cnn.onnx", tmp_path / "cnn.onnx")
    card = (fixtures / "cnn.yaml").read_text()
    (tmp_path / "cnn.yaml").write_text(card)
    tool("explain", scan, "--model", tmp_path / "cnn.onnx", "--method", "lrp", "--atlas", tmp_path / "evil.nii.gz", "--out", tmp_path / "out", "--report")
    (report,) = (tmp_path / "out").glob("*_report.html")
    page = open_page(report)
    page.evaluate("document.querySelectorAll('tr[data-region]').forEach(row => row.click())")
    assert page.evaluate("window.hit") is None
    names = page.locator("tr[data-region]").evaluate_all("rows => rows.map(row => row.dataset.region)")
    assert NAME in names
    assert page.title().startswith("a<b>&'\"c")


def test_a_fine_scan_is_shown_coarser_and_says_so(open_page, tool, tmp_path):
    image = nibabel.load(ROOT / "samples/patient_T1.nii.gz")
    data = np.asarray(image.dataobj)[40:140, 60:160, 20:110].astype(np.uint8)
    fine = np.repeat(np.repeat(np.repeat(data, 3, 0), 3, 1), 3, 2)
    affine = image.affine.copy()
    affine[:3, :3] /= 3
    affine[:3, 3] = (image.affine @ [40, 60, 20, 1])[:3] - image.affine[:3, :3] @ np.full(3, 1 / 3)
    nibabel.save(nibabel.Nifti1Image(fine, affine), tmp_path / "fine.nii.gz")
    tool("explain", tmp_path / "fine.nii.gz", "--model", "samples/atrophy-cnn.onnx", "--method", "saliency", "--out", tmp_path / "out", "--report")
    report = tmp_path / "out/fine_report.html"
    assert report.stat().st_size < 8_000_000
    page = open_page(report)
    assert "the means of blocks of" in page.locator("#trust").inner_html()
    for voxel in ([31, 40, 50], [250, 200, 100]):
        mm = (affine @ [*voxel, 1])[:3]
        state = page.evaluate("mm => { pellucid.goTo(...mm); return pellucid.state; }", mm.tolist())
        assert state["voxel"] == voxel
