"""The page in both themes, on a phone and on paper; with --shots the pictures are kept, to be looked at."""
import pathlib

import pytest

SIZES = {"desktop": {"width": 1440, "height": 1000}, "phone": {"width": 390, "height": 844}}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_fits_its_width(open_page, patient, pytestconfig, scheme, size):
    page = open_page(patient / "patient_T1_report.html", color_scheme=scheme, viewport=SIZES[size], device_scale_factor=2 if size == "phone" else 1)
    page.evaluate("pellucid.select('lrp')")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.wait_for_timeout(400)
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size]["width"]
    shots = pytestconfig.getoption("--shots")
    if shots:
        pathlib.Path(shots).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{shots}/{size}_{scheme}.png", full_page=True)


def test_prints_on_a4(open_page, patient, pytestconfig, tmp_path):
    page = open_page(patient / "patient_T1_report.html")
    page.evaluate("pellucid.select('lrp')")
    shots = pathlib.Path(pytestconfig.getoption("--shots") or tmp_path)
    page.pdf(path=shots / "print.pdf", format="A4", print_background=True)
    pages = (shots / "print.pdf").read_bytes().count(b"/Type /Page\n") or (shots / "print.pdf").read_bytes().count(b"/Type /Page ")
    assert 1 <= pages <= 5


def test_first_paint(open_page, patient):
    page = open_page(patient / "patient_T1_report.html")
    painted = page.evaluate("performance.getEntriesByType('paint').map(one => [one.name, one.startTime])")
    print("first paint of a 1 mm report:", painted)
