"""The viewer: the same page, with a network to ask; only this machine, only with its token."""
import http.client
import json
import re
import signal
import subprocess
import time
import urllib.parse

import playwright.sync_api
import pytest
from conftest import ROOT


@pytest.fixture(scope="module")
def viewer(pytestconfig, patient):
    process = subprocess.Popen([pytestconfig.getoption("--tool"), "view", patient, "--model", "samples/atrophy-cnn.onnx", "--no-browser"],
                               cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    address = process.stdout.readline().strip()
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/[0-9a-f]{32}/", address), process.stderr.read()
    yield address
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0
    assert process.stderr.read() == ""


@pytest.fixture
def page(browser, viewer):
    context = browser.new_context(viewport={"width": 1440, "height": 1000}, accept_downloads=True)
    page = context.new_page()
    complaints, asked = [], []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.append(request.url) if not request.url.startswith(("data:", "blob:")) else None)
    page.goto(viewer)
    page.wait_for_selector("#lesions")
    yield page
    context.close()
    assert complaints == []
    assert all(urllib.parse.urlsplit(url).hostname == "127.0.0.1" for url in asked)


def ask(address, path, method="GET", body=None, headers=None):
    parts = urllib.parse.urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname, parts.port)
    connection.putrequest(method, path, skip_host=headers is not None and "Host" in headers)
    for name, value in (headers or {}).items():
        connection.putheader(name, value)
    data = json.dumps(body).encode() if body is not None else b""
    connection.putheader("Content-Length", str(len(data)))
    connection.endheaders(data)
    answer = connection.getresponse()
    return answer.status, answer.read()


def wait(page, words, seconds=60):
    """Until an expression is true; Playwright's own way would evaluate it in the page, whose policy forbids that."""
    end = time.monotonic() + seconds
    while True:
        try:
            if page.evaluate(words):
                return
        except playwright.sync_api.Error:  # The page is being loaded again.
            pass
        assert time.monotonic() < end, words
        page.wait_for_timeout(100)


def test_a_lesion_is_the_tool_s(page, viewer, tool):
    page.evaluate("pellucid.goTo(-28, -20, -14)")
    page.fill("#lesion-radius", "12")
    page.select_option("#lesion-fill", "mirror")
    page.click("#lesion-try")
    page.wait_for_selector("tr.lesion")
    wanted = json.loads(tool("lesion", "samples/patient_T1.nii.gz", "--model", "samples/atrophy-cnn.onnx", "--at", "-28,-20,-14", "--radius", "12", "--fill", "mirror",
                             "--target", "AD").stdout)
    cells = page.locator("tr.lesion td").all_inner_texts()
    assert cells[1:4] == ["−28, −20, −14", "12 mm", "mirror"]
    assert [float(cell) for cell in cells[4:6]] == [round(wanted["score_before"], 3), round(wanted["score_after"], 3)]
    with page.expect_download() as download:
        page.click("#lesion-export")
    lines = download.value.path().read_text().splitlines()
    row = dict(zip(lines[0].split("\t"), lines[1].split("\t")))
    assert float(row["score_after"]) == pytest.approx(wanted["score_after"], abs=1e-9) and row["x_mm"] == "-28"
    page.click("#lesion-undo")
    assert page.locator("tr.lesion").count() == 0


def test_another_method_joins_the_page(page):
    page.select_option("#more-method", "saliency")
    page.click("#more-run")
    wait(page, "window.pellucid && pellucid.methods.includes('saliency_AD')")
    page.evaluate("pellucid.ready")
    wait(page, "pellucid.state.method === 'saliency_AD'")


def test_a_long_computation_is_seen_in_every_tab_and_can_be_cancelled(page, viewer):
    other = page.context.new_page()
    other.goto(viewer)
    other.wait_for_selector("#more")
    page.select_option("#more-method", "occlusion")
    page.fill("#more-options", "patch=4:stride=2")
    page.click("#more-run")
    wait(other, "/ of /.test(document.getElementById('more-status').textContent)")
    # One at a time: a second one is refused, by name.
    assert ask(viewer, urllib.parse.urlsplit(viewer).path + "explain", "POST", {"method": "saliency", "target": "AD"})[0] == 400
    other.click("#more-cancel")
    wait(page, "/was cancelled/.test(document.getElementById('more-status').textContent)")
    assert "occlusion_patch-4" not in " ".join(page.evaluate("pellucid.methods"))


@pytest.mark.parametrize("path", ["/", "/wrong/", "/../etc/passwd", "TOKEN../../etc/passwd", "TOKEN%2e%2e/%2e%2e/etc/passwd", "TOKENscan/7/", "TOKENscan/-1/", "TOKENpatient_T1_lrp.json"])
def test_nothing_else_is_there(viewer, path):
    status, body = ask(viewer, path.replace("TOKEN", urllib.parse.urlsplit(viewer).path))
    assert status in (400, 404) and b"root:" not in body


def test_other_hosts_and_pages_are_refused(viewer):
    own = urllib.parse.urlsplit(viewer).path
    assert ask(viewer, own, headers={"Host": "evil.example"})[0] == 403
    assert ask(viewer, own + "cancel", "POST", {}, {"Origin": "http://evil.example"})[0] == 403
    assert ask(viewer, own + "lesion", "POST", {"at": [0, 0], "radius": 8, "fill": "mean"})[0] == 400
    status, body = ask(viewer, own + "lesion", "POST", {"at": [9000, 0, 0], "radius": 8, "fill": "mean"})
    assert status == 400 and b"field of view" in body


def test_a_port_in_use_is_told(pytestconfig, patient, viewer):
    port = urllib.parse.urlsplit(viewer).port
    done = subprocess.run([pytestconfig.getoption("--tool"), "view", patient, "--no-browser", "--port", str(port)], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 64 and f"port {port} of 127.0.0.1 cannot be listened on" in done.stderr
