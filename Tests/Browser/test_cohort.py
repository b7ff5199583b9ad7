"""The list of several scans; a thousand of them stay usable."""
import json
import pathlib
import shutil

import pytest
from conftest import FIXTURES


@pytest.fixture(scope="module")
def cohort(tool, tmp_path_factory):
    folder = tmp_path_factory.mktemp("cohort")
    for name in ("scan", "scan_LIA"):
        shutil.copy(FIXTURES / f"{name}.nii.gz", folder / f"{name}.nii.gz")
    tool("explain", folder / "scan.nii.gz", folder / "scan_LIA.nii.gz", "--model", FIXTURES / "cnn.onnx", "--method", "lrp,saliency", "--atlas", FIXTURES / "quarters.nii.gz",
         "--out", folder / "results")
    (folder / "results/predictions.tsv").write_text("participant_id\tgroup\tage\nscan\tAD\t71\nscan_LIA\tCN\t9\n")
    tool("report", folder / "results", "--out", folder / "my cohort.html")
    return folder


def open_list(browser, path):
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    asked, complaints = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.goto(pathlib.Path(path).resolve().as_uri())
    return page, asked, complaints


def names(page):
    return page.locator("tr[data-scan]").evaluate_all("rows => rows.map(row => row.dataset.scan)")


def test_sorts_filters_and_links(browser, cohort):
    page, _, complaints = open_list(browser, cohort / "my cohort.html")
    assert names(page) == ["scan", "scan_LIA"]
    page.click("[data-column='columns.age']")
    assert names(page) == ["scan_LIA", "scan"]  # By number: 9, 71.
    page.fill("#scan-filter", "group:ad")
    assert names(page) == ["scan"]
    page.fill("#scan-filter", "nobody")
    assert names(page) == [] and "0 of 2 scans" in page.inner_text("#filter")
    page.fill("#scan-filter", "")
    assert page.evaluate("[...document.images].every(image => image.complete && image.naturalWidth > 100)")
    page.get_by_role("link", name="scan_LIA").click()
    page.evaluate("pellucid.ready")
    assert page.evaluate("pellucid.methods") == ["lrp", "saliency"]
    assert complaints == []
    page.context.close()


def test_a_thousand_scans(browser, cohort):
    text = (cohort / "my cohort.html").read_text()
    begin = text.index('id="data">') + len('id="data">')
    end = text.index("</script>", begin)
    data = json.loads(text[begin:end])
    first = data["scans"][0]
    data["scans"] = [{**first, "stem": f"sub-{n:04}", "picture": f"{first['picture']}?{n}", "columns": {**first["columns"], "age": str(50 + n % 40)}} for n in range(1000)]
    (cohort / "thousand.html").write_text(text[:begin] + json.dumps(data).replace("<", "\\u003c") + text[end:])
    page, asked, complaints = open_list(browser, cohort / "thousand.html")
    page.wait_for_timeout(500)
    assert len(names(page)) == 1000
    # Pictures are read when they come into sight.
    assert len([url for url in asked if ".png" in url]) < 300
    milliseconds = page.evaluate("""() => {
      const begin = performance.now();
      const filter = document.getElementById('scan-filter');
      filter.value = 'sub-00';
      filter.dispatchEvent(new Event('input'));
      document.body.offsetHeight;
      return performance.now() - begin;
    }""")
    assert len(names(page)) == 100
    print(f"filtering a thousand scans: {milliseconds:.0f} ms")
    assert complaints == []
    page.context.close()
