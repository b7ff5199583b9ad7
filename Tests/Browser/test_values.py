"""What stands under the crosshair is what the files hold."""
import numpy as np
import pytest


def agree(page, truth, method, count=50):
    page.evaluate("method => pellucid.select(method)", method)
    steps = page.evaluate("method => { const { anatomy, methods } = JSON.parse(document.getElementById('data').textContent);"
                          " return [anatomy.step, methods.find(one => one.id === method).map.step]; }", method)
    # No step is coarser than a screen shows: 1/128 of the window's greys, 1/63 of the map's largest value.
    assert steps[1] <= np.abs(truth.map).max() / 63
    seen = set()
    for voxel in truth.voxels(count):
        mm = truth.affine[:3, :3] @ voxel + truth.affine[:3, 3]
        state = page.evaluate("mm => { pellucid.goTo(...mm); return pellucid.state; }", mm.tolist())
        assert state["method"] == method
        assert tuple(state["voxel"]) == voxel
        np.testing.assert_allclose(state["mm"], mm, atol=1e-6)
        assert abs(state["anatomy"] - truth.anatomy[voxel]) <= steps[0] / 2 + 1e-3
        assert abs(state["relevance"] - truth.map[voxel]) <= steps[1] * 0.5001
        if truth.labels is not None:
            label = truth.labels[voxel]
            assert state["region"] == (truth.names[label] if label else None)
            seen.add(label)
    return seen


@pytest.mark.parametrize("method", ["grad-cam", "lrp", "occlusion"])
def test_patient(open_page, patient, truth, method):
    page = open_page(patient / "patient_T1_report.html")
    assert page.evaluate("pellucid.methods") == ["grad-cam", "lrp", "occlusion"]
    seen = agree(page, truth(patient, "samples/patient_T1.nii.gz", "patient_T1", method, "atlases/aal/aal.nii.gz"), method)
    assert len(seen) > 10


def test_other_grids(open_page, other_grid, truth):
    name, folder, scan = other_grid
    page = open_page(folder / "page.html")
    facts = truth(folder, scan, name, "lrp", "atlases/aal/aal.nii.gz")
    agree(page, facts, "lrp")
    if name == "oblique":
        mm = facts.affine @ [20, 40, 35, 1]
        state = page.evaluate("mm => { pellucid.goTo(...mm); return pellucid.state; }", mm[:3].tolist())
        assert state["voxel"] == [20, 40, 35] and state["anatomy"] == pytest.approx(999, abs=3)
        assert page.locator("#oblique").is_visible()
        # The marker is the brightest pixel of every plane, where the crosshair is.
        for plane in ("axial", "coronal", "sagittal"):
            assert bright_at_crosshair(page, plane), plane


def bright_at_crosshair(page, plane):
    return page.evaluate("""async plane => {
      document.getElementById('opacity').value = 0;
      document.getElementById('opacity').dispatchEvent(new Event('input'));
      await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
      const canvas = document.querySelector(`canvas[data-plane="${plane}"]`);
      const { data, width, height } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      // The crosshair's lines are green; where both would meet is the voxel.
      const isLine = (x, y) => { const at = 4 * (x + width * y); return data[at + 1] > data[at] + 25 && data[at + 1] > data[at + 2] + 5; };
      const count = (n, body) => Array.from({ length: n }, (_, m) => body(m)).filter(Boolean).length;
      const columns = Array.from({ length: width }, (_, x) => count(height, y => isLine(x, y)));
      const rows = Array.from({ length: height }, (_, y) => count(width, x => isLine(x, y)));
      const [x, y] = [columns.indexOf(Math.max(...columns)), rows.indexOf(Math.max(...rows))];
      const grey = (dx, dy) => data[4 * (x + dx + width * (y + dy))];
      return grey(0, 0) > 215 && [[-13, -13], [13, -13], [-13, 13], [13, 13]].every(([dx, dy]) => grey(dx, dy) < grey(0, 0) - 30);
    }""", plane)


def test_page_from_folder_is_the_page_of_explain(open_page, patient, tool, tmp_path):
    tool("report", patient, "--out", tmp_path / "again.html")
    size = (tmp_path / "again.html").stat().st_size
    assert size <= 8_000_000
    data = "JSON.parse(document.getElementById('data').textContent)"
    first, again = (open_page(path).evaluate(data) for path in (patient / "patient_T1_report.html", tmp_path / "again.html"))
    assert first == again
