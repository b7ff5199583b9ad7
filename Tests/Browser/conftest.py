"""Pages as a reader's browser shows them: Debian's Chromium, driven by Playwright; truth is nibabel's.

    make test-browser        # or: python -m pytest Tests/Browser --tool .build/release/pellucid --shots FOLDER
"""
import json
import pathlib
import subprocess

import nibabel
import numpy as np
import pytest
from playwright.sync_api import sync_playwright

ROOT = pathlib.Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "Tests/PellucidToolTests/Fixtures"


def pytest_addoption(parser):
    parser.addoption("--tool", default=str(ROOT / ".build/release/pellucid"))
    parser.addoption("--chromium", default="/usr/bin/chromium")
    parser.addoption("--shots", default=None, help="a folder for screenshots")


@pytest.fixture(scope="session")
def tool(pytestconfig):
    def run(*arguments, status=0):
        done = subprocess.run([pytestconfig.getoption("tool"), *map(str, arguments)], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == status, done.stderr
        return done
    return run


@pytest.fixture(scope="session")
def browser(pytestconfig):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=pytestconfig.getoption("chromium"), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser):
    """Opens a file, waits until it is ready; afterwards nothing was asked of the network and nothing was complained about."""
    opened = []

    def open_file(path, **options):
        context = browser.new_context(**{"viewport": {"width": 1440, "height": 1000}, **options})
        page = context.new_page()
        complaints, requests = [], []
        page.on("console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") and "willReadFrequently" not in message.text else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: requests.append(request.url) if not request.url.startswith(("data:", "blob:")) else None)
        url = pathlib.Path(path).resolve().as_uri()
        page.goto(url)
        page.evaluate("pellucid.ready")
        opened.append((context, url, complaints, requests))
        return page

    yield open_file
    for context, url, complaints, requests in opened:
        context.close()
        assert complaints == []
        assert requests == [url]


class Truth:
    """A result as nibabel and its own files have it."""

    def __init__(self, folder, scan, stem, method, atlas=None):
        image = nibabel.load(scan)
        self.affine = image.affine
        self.shape = image.shape[:3]
        self.anatomy = np.asarray(image.dataobj, np.float32).reshape(*self.shape, -1)[..., 0]
        volume = nibabel.load(f"{folder}/{stem}_{method}.nii.gz")
        self.map = np.asarray(volume.dataobj, np.float32)
        self.record = json.loads(pathlib.Path(f"{folder}/{stem}_{method}.json").read_text())
        self.labels = None
        if atlas:
            labels = nibabel.load(atlas)
            grid = np.stack(np.meshgrid(*map(np.arange, self.shape), indexing="ij"), -1)
            world = nibabel.affines.apply_affine(self.affine, grid)
            places = np.floor(nibabel.affines.apply_affine(np.linalg.inv(labels.affine), world) + 0.5).astype(int)
            inside = ((places >= 0) & (places < labels.shape[:3])).all(-1)
            places[~inside] = 0
            self.labels = np.where(inside, np.asarray(labels.dataobj).reshape(labels.shape[:3])[tuple(np.moveaxis(places, -1, 0))], 0).astype(int)
            rows = [line.split("\t") for line in pathlib.Path(f"{folder}/{stem}_{method}_regions.tsv").read_text().splitlines() if not line.startswith("#")]
            name = rows[0].index("name")
            self.names = {int(row[0]): row[name] for row in rows[1:]}

    def voxels(self, count, seed=7):
        """Voxels all over the grid, where there is relevance, and in regions: a third each."""
        random = np.random.default_rng(seed)
        some = lambda mask, number: [tuple(map(int, place)) for place in random.permutation(np.argwhere(mask))[:number]]  # noqa: E731
        third = count // 3
        regions = self.labels > 0 if self.labels is not None else self.anatomy > 0
        return some(np.ones(self.shape, bool), count - 2 * third) + some(np.abs(self.map) > 0.05 * np.abs(self.map).max(), third) + some(regions, third)


@pytest.fixture(scope="session")
def truth():
    return Truth


@pytest.fixture(scope="session")
def patient(tool, tmp_path_factory):
    """The sample patient with three methods."""
    folder = tmp_path_factory.mktemp("patient")
    tool("explain", "samples/patient_T1.nii.gz", "--model", "samples/atrophy-cnn.onnx", "--method", "grad-cam,lrp,occlusion", "--target", "AD",
         "--atlas", "aal", "--out", folder, "--report")
    return folder


def turned(image, kind):
    """The patient on another grid: an oblique one of 3 mm with a marker, or stored from right to left, front to back, top to bottom."""
    if kind == "LPI":
        return nibabel.as_closest_canonical(image).as_reoriented(nibabel.orientations.axcodes2ornt(("L", "P", "I")))
    from nibabel.processing import resample_from_to
    a, b = np.radians(13), np.radians(-8)
    rotation = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]]) @ np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    affine = np.eye(4)
    affine[:3, :3] = rotation * 3
    shape = (64, 76, 64)
    affine[:3, 3] = np.array([0, -17, 19]) - affine[:3, :3] @ ((np.array(shape) - 1) / 2)
    out = resample_from_to(image, (shape, affine), order=1)
    data = np.asarray(out.dataobj).astype(np.int16)
    data[20, 40, 35] = 999  # The marker.
    return nibabel.Nifti1Image(data, affine)


@pytest.fixture(scope="session", params=["oblique", "LPI"])
def other_grid(request, tool, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    image = nibabel.load(ROOT / "samples/patient_T1.nii.gz")
    scan = folder / f"{request.param}.nii.gz"
    nibabel.save(turned(image, request.param), scan)
    tool("explain", scan, "--model", "samples/atrophy-cnn.onnx", "--method", "lrp", "--target", "AD", "--atlas", "aal", "--out", folder)
    tool("report", folder, "--out", folder / "page.html")
    return request.param, folder, scan
