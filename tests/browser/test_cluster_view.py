"""Who is in the cluster, how fast it is, and how to add to it."""

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from master_service.scheduling.state import QUARANTINED
from scripts.local_cluster import LocalCluster
from tests.browser.acting import choose, send, texts, watch_to_the_end
from tests.browser.conftest import Open
from tests.conftest import assign
from tests.contract.jobs_api import call
from tests.contract.jobs_api import send as send_job
from tests.contract.jobs_api import texts as parts
from tests.contract.test_unreachable_slave import ELSEWHERE, start_unreachable_slave
from tests.other_slaves import failing_slave_app, served

Picture = Callable[[Page, str], Path]


def test_without_slaves_it_says_how_to_start_one(
    open_page: Open, own_cluster: LocalCluster, picture: Picture
) -> None:
    """An empty cluster is a line to paste; files that were sent wait, and go when a slave comes."""
    own_cluster.start_master()
    page = open_page(own_cluster.url)
    expect(page.get_by_text("No slave is here yet")).to_be_visible()
    picture(page, "send")
    choose(page, texts(3))
    send(page)
    page.get_by_role("link", name="How to start a slave").click()
    expect(page.get_by_label("Add a slave")).to_contain_text(
        f"MASTER_URL={own_cluster.url} python slave.py"
    )
    expect(page.get_by_label("Speed-up")).to_contain_text("No recent job qualifies.")
    picture(page, "cluster")
    own_cluster.start_slaves(1)
    page.get_by_role("link", name="Send", exact=True).click()
    watch_to_the_end(page, "text")


def test_a_slave_that_cannot_be_called_says_why(
    open_page: Open, own_cluster: LocalCluster, picture: Picture
) -> None:
    """Its badge, the reason and the remedy are in the cluster view, and on the job that waits."""
    own_cluster.start_master()
    _, port = start_unreachable_slave(own_cluster)
    reason = f"Nothing listens at {ELSEWHERE}:{port} (connection refused)"
    page = open_page(f"{own_cluster.url}/ui#/cluster")
    slave = page.get_by_label(f"Slave {ELSEWHERE}:{port}")
    expect(slave.get_by_text("unreachable", exact=True)).to_be_visible()
    expect(slave).to_contain_text(reason)
    expect(page.get_by_text("ready", exact=True)).to_have_count(0)
    picture(page, "unreachable")
    job_id = send_job(own_cluster.url, "text", parts("wait", 2))
    page.goto(f"{own_cluster.url}/ui#/jobs/{job_id}")
    expect(page.get_by_text(reason)).to_be_visible()
    expect(page.get_by_text("queued").first).to_be_visible()
    picture(page, "unreachable-job")


def test_speed_up_is_that_of_the_newest_shared_job(
    open_page: Open, cluster: LocalCluster, picture: Picture
) -> None:
    """The speed-up is the job's speed over that of its best slave in its own time on it."""
    files = [(f"{n}.txt", b"a good text " * 2000 + str(n).encode()) for n in range(60)]
    job_id = assign(cluster, "text", files)["job_id"]
    assign(cluster, "text", [("alone.txt", b"for one slave")])
    told = call(cluster.url, "GET", f"/jobs/{job_id}/slaves", 200).json()
    assert min(told["by_slave"].values()) >= 5
    speedup = told["together"] / max(told["files_per_second"].values())
    page = open_page(f"{cluster.url}/ui#/cluster")
    card = page.get_by_label("Speed-up")
    expect(card).to_contain_text(f"Speed-up: {speedup:.1f} times its best slave")
    expect(page.locator(".chart canvas")).to_be_visible()
    picture(page, "speed-up")
    card.get_by_role("link", name="job of 60 files for text").click()
    expect(page.get_by_label("Speed-up")).to_contain_text("Measured within this job")


def test_chart_that_cannot_be_had_hides_nothing(open_page: Open, cluster: LocalCluster) -> None:
    """Without the charts' library the cluster is shown all the same."""
    page = open_page("about:blank")
    page.route("**/uPlot*", lambda route: route.abort())
    page.goto(f"{cluster.url}/ui#/cluster")
    expect(page.get_by_label("Slave 127.0.0.1")).to_have_count(2)
    expect(page.get_by_label("Speed-up")).to_be_visible()


def test_chart_is_there_in_other_colors(open_page: Open, cluster: LocalCluster) -> None:
    """Where the system turns dark or light, the chart is drawn again, as wide as before."""
    page = open_page(f"{cluster.url}/ui#/cluster")
    canvas = page.locator(".chart canvas")
    expect(canvas).to_be_visible()
    width = canvas.get_attribute("width")
    assert int(width or 0) > 100
    canvas.evaluate("canvas => { canvas.id = 'before'; }")
    page.emulate_media(color_scheme="dark")
    expect(page.locator("#before")).to_have_count(0)
    expect(canvas).to_have_attribute("width", width or "")


def test_slave_that_rests_says_why(
    open_page: Open, own_cluster: LocalCluster, picture: Picture
) -> None:
    """A slave that is given nothing is shown with the reason, since when, and for how long yet."""
    own_cluster.start_master()
    own_cluster.start_slaves(1)
    with served(failing_slave_app()) as failing:
        address = {"slave_ip": "127.0.0.1", "slave_port": failing.port}
        call(own_cluster.url, "POST", "/register", 200, json=address)
        assign(own_cluster, "text", [(f"{n}.txt", b"well") for n in range(20)])
        page = open_page(f"{own_cluster.url}/ui#/cluster")
        card = page.get_by_label(f"Slave 127.0.0.1:{failing.port}")
        times = re.compile(r"resting for \d+ s, (\d+ s|1 min) more")
        expect(card.locator(".state")).to_have_text(times)
        expect(card).to_contain_text(f"It rests because {QUARANTINED}.")
        picture(page, "resting")
