"""What a reader does: switches, thresholds, tables, keys, pointers."""
import re

import numpy as np
import pytest


@pytest.fixture
def page(open_page, patient):
    return open_page(patient / "patient_T1_report.html")


def state(page):
    return page.evaluate("pellucid.state")


def test_methods(page):
    page.get_by_role("button", name="occlusion").click()
    # A map is unpacked when it is first shown.
    page.wait_for_function("pellucid.state.method == 'occlusion'", timeout=10_000)
    assert page.locator("[data-method=occlusion]").get_attribute("aria-pressed") == "true"
    page.evaluate("pellucid.select('lrp')")
    assert state(page)["method"] == "lrp"
    assert page.evaluate("pellucid.select('nonsense').catch(error => error.message)").startswith("there is no method nonsense; there are grad-cam")


def test_the_answer_is_in_sight(page):
    first = page.locator(".first").inner_text()
    assert "AD" in first and "0.980" in first and "0.020" in first
    assert re.search(r"Adds up|Σ relevance", first)
    page.evaluate("pellucid.select('lrp')")
    first = page.locator(".first").inner_text()
    # Largest shares of |R| in the region table.
    assert re.search(r"Hippocampus R\s+3\.6 %", first) and re.search(r"Hippocampus L\s+3\.0 %", first)
    assert "Scan and atlas meet" in first


def test_rows_lead_to_places_and_places_to_rows(page, patient):
    page.evaluate("pellucid.select('lrp')")
    lines = [line.split("\t") for line in (patient / "patient_T1_lrp_regions.tsv").read_text().splitlines()]
    columns = {name: place for place, name in enumerate(lines[0])}
    row = next(line for line in lines if line[1] == "Amygdala_L")
    page.locator("[data-region=Amygdala_L]").click()
    there = state(page)
    assert there["region"] == "Amygdala_L"
    assert there["voxel"] == [int(row[columns[f"peak_{axis}"]]) for axis in "ijk"]
    assert there["relevance"] == pytest.approx(float(row[columns["peak_value"]]), rel=0.02)
    assert page.locator("tr.chosen").get_attribute("data-region") == "Amygdala_L"
    page.evaluate("pellucid.goTo(-28, -20, -14)")
    assert page.locator("tr[aria-current]").get_attribute("data-region") == state(page)["region"]
    assert page.locator("#region h3").inner_text() == "Amygdala L"


def test_the_table_sorts_and_filters(page):
    page.evaluate("pellucid.select('lrp')")
    assert page.locator("tr[data-region]").count() == 116
    assert page.locator("tr[data-region]").first.get_attribute("data-region") == "Hippocampus_R"
    page.get_by_role("button", name="Region", exact=False).first.click()
    names = page.locator("tr[data-region]").evaluate_all("rows => rows.map(row => row.dataset.region)")
    assert names == sorted(names, key=lambda name: name.lower().replace('_', ' '))
    page.fill("#region-filter", "hippo left")
    assert page.locator("tr[data-region]").evaluate_all("rows => rows.map(row => row.dataset.region).sort()") == ["Hippocampus_L", "ParaHippocampal_L"]


def shown(page, plane="axial"):
    """How many pixels of a plane are coloured."""
    return page.evaluate("""async plane => {
      await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
      const canvas = document.querySelector(`canvas[data-plane="${plane}"]`);
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      let coloured = 0;
      for (let at = 0; at < data.length; at += 4) if (Math.abs(data[at] - data[at + 2]) > 24) coloured++;
      return coloured;
    }""", plane)


def put(page, control, value):
    page.evaluate("([id, value]) => { const input = document.getElementById(id); input.value = value; input.dispatchEvent(new Event('input')); }", [control, value])


def test_threshold_and_cluster_size_hide(page, patient):
    page.evaluate("pellucid.select('occlusion')")
    everything = shown(page)
    put(page, "threshold", 50)
    scale = page.evaluate("JSON.parse(document.getElementById('data').textContent).methods[2].scale")
    assert state(page)["threshold"] == pytest.approx(0.5 * max(scale["high"], -scale["low"]))
    strong = shown(page)
    assert 0 < strong < everything
    put(page, "cluster", 100)  # 100,000 mm³: more than anything that strong.
    assert shown(page) < strong
    put(page, "cluster", 0)
    put(page, "threshold", 0)
    assert shown(page) == everything


def test_clusters_are_those_of_the_tool(page, patient, tool):
    page.evaluate("pellucid.select('occlusion')")
    put(page, "threshold", 40)
    threshold = state(page)["threshold"]
    page.wait_for_timeout(300)
    table = tool("clusters", patient / "patient_T1_occlusion.nii.gz", "--threshold", f"{threshold:.9g}", "--two-sided").stdout
    rows = [line.split("\t") for line in table.splitlines() if not line.startswith("#")]
    sizes = [float(row[rows[0].index("size_mm3")]) for row in rows[1:] if row[0].isdigit()]
    found = page.locator("#clusters tbody tr").evaluate_all("rows => rows.map(row => row.cells[3].textContent)")
    assert len(found) == min(12, len(sizes))

    def cubic(text):
        number, unit = text.split(" ")
        return float(number) * (1000 if unit == "cm³" else 1)
    # Steps of 1/1023 move a few voxels over the threshold.
    np.testing.assert_allclose(sorted(map(cubic, found))[::-1], sorted(sizes)[::-1][:12], rtol=0.02, atol=8)


def test_arrow_keys_move_by_a_voxel(page):
    page.evaluate("pellucid.goTo(0, 0, 0)")
    before = state(page)["voxel"]
    for key, change in [("ArrowRight", [1, 0, 0]), ("ArrowUp", [0, 1, 0]), ("PageUp", [0, 0, 1]), ("ArrowLeft", [-1, 0, 0]), ("ArrowDown", [0, -1, 0]), ("PageDown", [0, 0, -1])]:
        page.keyboard.press(key)
        after = state(page)["voxel"]
        assert (np.subtract(after, before) == change).all(), key
        before = after
    page.locator("canvas[data-plane=sagittal]").first.focus()
    page.keyboard.press("ArrowRight")
    assert (np.subtract(state(page)["voxel"], before) == [0, 1, 0]).all()
    page.select_option("#convention", "radiological")
    page.locator("canvas[data-plane=coronal]").first.focus()
    before = state(page)["voxel"]
    page.keyboard.press("ArrowRight")
    assert (np.subtract(state(page)["voxel"], before) == [-1, 0, 0]).all()


def test_pointers(page):
    page.evaluate("pellucid.goTo(0, 0, 0)")
    canvas = page.locator("canvas[data-plane=axial]").first
    box = canvas.bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] + 60, middle[1], steps=4)
    page.mouse.up()
    right = state(page)["mm"]
    assert right[0] > 20 and right[2] == 0
    page.mouse.wheel(0, -100)
    assert state(page)["mm"][2] == 1
    page.locator(".axial .curve").click(position={"x": 5, "y": 20})
    assert state(page)["mm"][2] < -40


def test_side_by_side_and_shared_scale(page):
    page.check("#beside")
    page.wait_for_selector("#side-by-side figure")
    assert page.locator("#side-by-side canvas").count() == 9
    page.check("#scale")
    page.uncheck("#beside")
    assert page.locator("#side-by-side canvas").count() == 0


def test_every_control_has_a_name_and_can_be_reached(page):
    names = page.evaluate("""() => [...document.querySelectorAll('button, input, select, canvas[tabindex="0"], summary')]
      .filter(one => one.offsetParent).filter(one => !(one.getAttribute('aria-label') || one.labels?.length || one.textContent.trim())).map(one => one.outerHTML)""")
    assert names == []
    page.keyboard.press("Tab")
    reached = set()
    for _ in range(60):
        reached.add(page.evaluate("document.activeElement.id || document.activeElement.dataset.plane || document.activeElement.dataset.method || document.activeElement.className"))
        page.keyboard.press("Tab")
    assert {"threshold", "cluster", "opacity", "axial", "coronal", "sagittal", "lrp", "region-filter"} <= reached


def test_slices_are_drawn_within_a_frame(page):
    page.evaluate("pellucid.select('lrp')")
    times = page.evaluate("""async () => {
      const times = [];
      for (let z = -40; z < 40; z += 2) {
        await new Promise(done => requestAnimationFrame(done));
        pellucid.goTo(z / 4, z / 3, z);
        const begin = performance.now();
        await new Promise(done => requestAnimationFrame(done));
        times.push(performance.now() - begin);
      }
      return times.sort((a, b) => a - b);
    }""")
    print(f"a step of all three planes: median {times[len(times) // 2]:.1f} ms")


def contrast(a, b):
    def light(colour):
        parts = [part / 255 for part in colour]
        return sum(weight * (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4) for weight, part in zip((0.2126, 0.7152, 0.0722), parts))
    x, y = sorted((light(a), light(b)))
    return (y + 0.05) / (x + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_is_AA(open_page, patient, scheme):
    page = open_page(patient / "patient_T1_report.html", color_scheme=scheme)
    pairs = page.evaluate("""() => {
      const number = text => (text.match(/[\\d.]+/g) || []).map(Number);
      const ground = one => { for (let at = one; at; at = at.parentElement) { const c = number(getComputedStyle(at).backgroundColor); if (c.length === 3 || c[3] === 1) return c.slice(0, 3); } return [255, 255, 255]; };
      return [...document.querySelectorAll('#page *')].filter(one => one.offsetParent && [...one.childNodes].some(node => node.nodeType === 3 && node.textContent.trim()) && !one.closest('.slice'))
        .map(one => [one.textContent.slice(0, 30), number(getComputedStyle(one).color).slice(0, 3), ground(one)]);
    }""")
    assert len(pairs) > 100
    poor = [(text, round(contrast(ink, ground), 2)) for text, ink, ground in pairs if contrast(ink, ground) < 4.5]
    assert poor == []


def test_keys_move_the_crosshair_after_a_click_in_the_table(page):
    page.locator("[data-region=Amygdala_L]").click()
    before = state(page)["voxel"]
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("PageDown")
    assert (np.subtract(state(page)["voxel"], before) == [-1, 0, -1]).all()
