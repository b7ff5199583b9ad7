import gc
import subprocess
import sys
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

import pellucid

GRID = {"orientation": "RAS", "spacing": [2, 2, 2], "shape": [91, 109, 91]}


def test_the_wheel_is_what_is_tested():
    assert "site-packages" in pellucid.__file__
    assert pellucid.run("--version").stdout.startswith(f"pellucid {pellucid.__version__} ")


def test_map_is_the_programs_own_file(lrp):
    written = nib.load(lrp.files["volume"])
    assert np.array_equal(lrp.map.get_fdata(), written.get_fdata())
    assert lrp.map.shape == (181, 217, 181) and np.array_equal(lrp.map.affine, nib.load(pellucid.sample_image).affine)
    # The record's sum is that of the volume.
    assert np.isclose(lrp.map.get_fdata().sum(), lrp.record["sum_of_volume"], rtol=1e-5)
    assert lrp.method == "lrp" and lrp.target == "AD" and lrp.scores["AD"] == pytest.approx(2.2989936, abs=1e-4)


def test_regions_are_the_means_over_the_atlas(lrp):
    """The table against numpy on the atlas's own voxels: it lies on the patient's grid."""
    atlas = nib.load(Path(pellucid.sample_image).parents[1] / "atlases/aal/aal.nii.gz")
    labels = np.asarray(atlas.dataobj)
    assert np.array_equal(atlas.affine, lrp.map.affine)
    table = lrp.regions.set_index("index") if not isinstance(lrp.regions, list) else None
    if table is None:
        table = {row["index"]: row for row in lrp.regions}
        means = {index: row["mean"] for index, row in table.items() if row["name"] != "outside"}
    else:
        means = table[table["name"] != "outside"]["mean"].to_dict()
    assert len(means) == 116
    values = lrp.map.get_fdata()
    for index in (37, 38, 41):
        assert means[index] == pytest.approx(values[labels == index].mean(), rel=1e-4)


def test_image_in_memory_gives_the_files_map(lrp, patient, elsewhere):
    data = np.asarray(patient.dataobj)
    result = pellucid.explain(nib.Nifti1Image(data, patient.affine), pellucid.sample_model, "lrp", target="AD")
    assert np.array_equal(result.map.get_fdata(), lrp.map.get_fdata())
    assert result.picture.exists()
    relevance, picture = result.map, result.picture
    del result
    gc.collect()
    assert not picture.exists() and relevance.get_fdata().any()
    assert list((elsewhere / "tmp").iterdir()) == []


def test_floats_are_not_rounded_to_the_headers_type(patient):
    """A header that says int16, with values between whole numbers: nibabel alone would write it scaled."""
    data = np.asarray(patient.dataobj, dtype=np.float32)
    data = data + np.float32(0.37) * (data > 0)
    plain = nib.Nifti1Image(data, patient.affine)
    typed = nib.Nifti1Image(data, patient.affine, patient.header)
    typed.set_data_dtype(np.uint8)
    a = pellucid.predict([plain, typed], pellucid.sample_model)
    assert a[0]["scores"] == a[1]["scores"]


def test_several_images_methods_and_targets(elsewhere):
    results = pellucid.explain(
        [pellucid.sample_image], pellucid.sample_model, {"saliency": {}, "gradient-x-input": {}}, target=["AD", "CN"], out="results"
    )
    assert isinstance(results, pellucid.Results)
    assert [(r.method, r.target) for r in results] == [
        ("saliency", "AD"),
        ("saliency", "CN"),
        ("gradient-x-input", "AD"),
        ("gradient-x-input", "CN"),
    ]
    assert results._repr_html_().count("data:image/png;base64,") == 4
    assert (elsewhere / "cwd/results/patient_T1_saliency_CN.nii.gz").exists()


def test_options_reach_the_program():
    model = pellucid.sample_model.read_bytes()
    card = {"input": {**GRID, "normalization": "zscore", "mask": "nonzero", "keep_zeros": True}, "output": {"classes": ["young", "old"]}}
    result = pellucid.explain(
        pellucid.sample_image,
        model,
        {"occlusion": {"patch": (40, 40, 50), "stride": 40}},
        target=1,
        card=card,
        threads=1,
        space="model",
    )
    assert result.target == "old" and result.map.shape == (91, 109, 91)
    assert result.record["options"]["patch"] == "40,40,50"
    assert result.record["threads"] == 1


def test_atlas_and_labels_in_memory(patient):
    halves = np.ones(patient.shape, dtype=np.int64)
    halves[90:] = 2
    atlas = nib.Nifti1Image(halves.astype(np.int16), patient.affine)
    result = pellucid.explain(
        pellucid.sample_image, pellucid.sample_model, "saliency", atlas=atlas, labels={1: "Left half", 2: "Right half"}
    )
    names = [row["name"] for row in result.regions] if isinstance(result.regions, list) else list(result.regions["name"])
    assert names == ["Left half", "Right half", "outside"]


def test_page_for_a_notebook(lrp):
    page = lrp._repr_html_()
    assert page.count("<tr>") == 11 and "Hippocampus" in page and "data:image/png;base64,iVBOR" in page
    assert "patient_T1.nii.gz" in repr(lrp) and "lrp" in repr(lrp)


def test_tables_without_pandas(lrp):
    """The same table in a Python that has no pandas."""
    code = """if True:
        import sys
        sys.modules["pandas"] = None
        from pathlib import Path
        from pellucid._result import read_table
        rows = read_table(Path(sys.argv[1]))
        first = rows[0]
        print(type(rows).__name__, len(rows), first["name"], type(first["voxels"]).__name__, type(first["mean"]).__name__, rows[-1]["name"])
    """
    told = subprocess.run([sys.executable, "-c", code, lrp.files["regions"]], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["list", "117", "Precentral_L", "int", "float", "outside"]


def test_a_warning_is_pythons(patient):
    """Large grey values as they are, which few networks were trained on."""
    large = nib.Nifti1Image(np.asarray(patient.dataobj, dtype=np.float32) * 100, patient.affine)
    with pytest.warns(pellucid.PellucidWarning, match="normalization"):
        pellucid.predict(large, pellucid.sample_model, card={"input": GRID})


def test_page_of_a_scan(elsewhere):
    results = pellucid.explain(
        pellucid.sample_image, pellucid.sample_model, ["saliency", "gradient-x-input"], target="AD", report=True, out="results"
    )
    assert {result.report for result in results} == {Path("results/patient_T1_report.html")}
    assert "gradient-x-input" in results[0].report.read_text()
