"""The cluster view: slaves, rate, speed-up, and how to add a slave."""

import re

from playwright.sync_api import expect

from master_service.scheduling.state import QUARANTINED
from scripts.local_cluster import LocalCluster, free_port
from tests.browser.actions import choose_files, open_finished_job, send, text_files
from tests.browser.conftest import OpenPage, Screenshot
from tests.conftest import assign
from tests.contract.jobs_api import call
from tests.contract.jobs_api import send as send_job
from tests.contract.jobs_api import texts as parts
from tests.contract.test_unreachable_slave import ELSEWHERE
from tests.other_slaves import failing_slave_app, served


def test_empty_cluster_shows_how_to_start_a_slave(
    open_page: OpenPage, own_cluster: LocalCluster, screenshot: Screenshot
) -> None:
    """An empty cluster shows the command that starts a slave; files sent before wait for it."""
    own_cluster.start_master()
    page = open_page(own_cluster.url)
    expect(page.get_by_text("No slave is registered yet")).to_be_visible()
    screenshot(page, "send")
    choose_files(page, text_files(3))
    send(page)
    page.get_by_role("link", name="How to start a slave").click()
    expect(page.get_by_label("Add a slave")).to_contain_text(
        f"MASTER_URL={own_cluster.url} python slave.py"
    )
    expect(page.get_by_label("Speed-up")).to_contain_text("No recent job qualifies.")
    screenshot(page, "cluster")
    own_cluster.start_slaves(1)
    page.get_by_role("link", name="Send", exact=True).click()
    open_finished_job(page, "text")


def test_unreachable_slave_shows_the_reason(
    open_page: OpenPage, own_cluster: LocalCluster, screenshot: Screenshot
) -> None:
    """The cluster view and a job that waits for the slave show why it is unreachable."""
    own_cluster.start_master()
    # What a slave sends that advertises an address at which it does not listen.
    port = free_port()
    address = {"slave_ip": ELSEWHERE, "slave_port": port}
    call(own_cluster.url, "POST", "/register", 200, json=address)
    reason = f"Nothing listens at {ELSEWHERE}:{port} (connection refused)"
    page = open_page(f"{own_cluster.url}/ui#/cluster")
    slave = page.get_by_label(f"Slave {ELSEWHERE}:{port}")
    expect(slave.get_by_text("unreachable", exact=True)).to_be_visible()
    expect(slave).to_contain_text(reason)
    expect(page.get_by_text("ready", exact=True)).to_have_count(0)
    screenshot(page, "unreachable")
    job_id = send_job(own_cluster.url, "text", parts("wait", 2))
    page.goto(f"{own_cluster.url}/ui#/jobs/{job_id}")
    expect(page.get_by_text(reason)).to_be_visible()
    expect(page.get_by_text("queued").first).to_be_visible()
    screenshot(page, "unreachable-job")


def test_speedup_is_that_of_the_newest_shared_job(
    open_page: OpenPage, cluster: LocalCluster, screenshot: Screenshot
) -> None:
    """The speed-up is the job's rate over the rate of its best slave in that job."""
    files = [(f"{n}.txt", b"a good text " * 2000 + str(n).encode()) for n in range(60)]
    job_id = assign(cluster, "text", files)["job_id"]
    assign(cluster, "text", [("alone.txt", b"for one slave")])
    answer = call(cluster.url, "GET", f"/jobs/{job_id}/slaves", 200).json()
    assert min(answer["by_slave"].values()) >= 5
    speedup = answer["together"] / max(answer["files_per_second"].values())
    page = open_page(f"{cluster.url}/ui#/cluster")
    card = page.get_by_label("Speed-up")
    expect(card).to_contain_text(f"Speed-up: {speedup:.1f} times the best slave")
    expect(page.locator(".chart canvas")).to_be_visible()
    screenshot(page, "speed-up")
    card.get_by_role("link", name="job of 60 files for text").click()
    expect(page.get_by_label("Speed-up")).to_contain_text("Measured in this job")


def test_cluster_is_shown_without_the_chart_library(
    open_page: OpenPage, cluster: LocalCluster
) -> None:
    """If uPlot can't be loaded, the rest of the cluster view is shown."""
    page = open_page("about:blank")
    page.route("**/uPlot*", lambda route: route.abort())
    page.goto(f"{cluster.url}/ui#/cluster")
    expect(page.get_by_label("Slave 127.0.0.1")).to_have_count(2)
    expect(page.get_by_label("Speed-up")).to_be_visible()


def test_chart_follows_the_color_scheme(open_page: OpenPage, cluster: LocalCluster) -> None:
    """When the color scheme changes, the chart is drawn again with the same width."""
    page = open_page(f"{cluster.url}/ui#/cluster")
    canvas = page.locator(".chart canvas")
    expect(canvas).to_be_visible()
    width = canvas.get_attribute("width")
    assert int(width or 0) > 100
    canvas.evaluate("canvas => { canvas.id = 'before'; }")
    page.emulate_media(color_scheme="dark")
    expect(page.locator("#before")).to_have_count(0)
    expect(canvas).to_have_attribute("width", width or "")


def test_resting_slave_shows_the_reason(
    open_page: OpenPage, own_cluster: LocalCluster, screenshot: Screenshot
) -> None:
    """A slave in quarantine shows the reason, for how long it has rested, and the time left."""
    own_cluster.start_master()
    own_cluster.start_slaves(1)
    with served(failing_slave_app()) as failing:
        address = {"slave_ip": "127.0.0.1", "slave_port": failing.port}
        call(own_cluster.url, "POST", "/register", 200, json=address)
        assign(own_cluster, "text", [(f"{n}.txt", b"well") for n in range(20)])
        page = open_page(f"{own_cluster.url}/ui#/cluster")
        card = page.get_by_label(f"Slave 127.0.0.1:{failing.port}")
        times = re.compile(r"resting for \d+ s, (\d+ s|1 min) left")
        expect(card.locator(".state")).to_have_text(times)
        expect(card).to_contain_text(f"Resting because {QUARANTINED}.")
        screenshot(page, "resting")
