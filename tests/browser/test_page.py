"""The page as a whole: login, no slaves, a master that is gone, long lists, everybody's use."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Response, Route, expect

from scripts.local_cluster import LocalCluster
from tests.browser.acting import choose, send, texts, watch_to_the_end
from tests.browser.conftest import Open
from tests.conftest import TOKEN, assign

Picture = Callable[[Page, str], Path]
MOST_FIRST_BYTES = 150_000
VIEWS = {"send": "#/", "jobs": "#/jobs", "cluster": "#/cluster"}


def test_login_and_log_out(open_page: Open, own_cluster: LocalCluster, picture: Picture) -> None:
    """With a token the page asks for it, says where it is wrong, and is open to who has it."""
    own_cluster.settings = {**own_cluster.settings, "CLUSTER_TOKEN": TOKEN}
    own_cluster.start_master()
    page = open_page(own_cluster.url)
    token = page.get_by_label("Token of this cluster")
    token.fill("wrong")
    token.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("not the token")
    picture(page, "wrong")
    token.fill(TOKEN)
    token.press("Enter")
    expect(page.locator(".drop")).to_be_visible()
    choose(page, texts(1))
    send(page)
    expect(
        page.get_by_text("Waiting its turn").or_(page.get_by_text("No slaves")).first
    ).to_be_visible()
    page.get_by_role("link", name="Cluster").click()
    expect(page.get_by_label("Add a slave")).to_contain_text("CLUSTER_TOKEN=the-token")
    assert TOKEN not in page.content()
    page.get_by_role("button", name="Log out").click()
    expect(token).to_be_visible()


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
    picture(page, "cluster")
    own_cluster.start_slaves(1)
    page.get_by_role("link", name="Send", exact=True).click()
    watch_to_the_end(page, "text")


def test_master_that_is_gone_comes_back(
    open_page: Open, own_cluster: LocalCluster, picture: Picture
) -> None:
    """The page says that the master is gone, and goes on by itself when it is back."""
    master = own_cluster.start_master()
    page = open_page(f"{own_cluster.url}/ui#/jobs")
    expect(page.get_by_text("No job yet")).to_be_visible()
    master.stop()
    soon = 20_000  # it looks every five seconds
    expect(page.get_by_role("alert")).to_contain_text("can't be reached", timeout=soon)
    picture(page, "gone")
    own_cluster.start_master()
    expect(page.get_by_role("alert")).to_be_empty(timeout=soon)


def test_rows_that_cannot_be_had_are_not_asked_for_without_end(
    open_page: Open, cluster: LocalCluster
) -> None:
    """A page of the list that fails is tried again after a while, and not once one has left."""
    job_id = assign(cluster, "text", [("a.txt", b"a good text")])["job_id"]
    page = open_page(cluster.url)
    asked: list[str] = []

    def refuse(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(status=503, json={"error": "not now"})

    page.route("**/jobs/*?offset=*", refuse)
    page.goto(f"{cluster.url}/ui#/jobs/{job_id}")
    page.reload()
    expect(page.get_by_role("heading", name="1 file for text")).to_be_visible()
    page.wait_for_timeout(1500)
    assert 0 < len(asked) < 5


@pytest.mark.parametrize("address", ["#/jobs/%", "#/constructor", "#/jobs/none", "#/jobs/none/7"])
def test_odd_addresses_break_nothing(open_page: Open, cluster: LocalCluster, address: str) -> None:
    """Whatever stands behind the #, the way to the other views stays open."""
    page = open_page(f"{cluster.url}/ui{address}")
    page.get_by_role("link", name="Cluster").click()
    expect(page.get_by_role("heading", name="Cluster", exact=True)).to_be_visible()


def test_thousands_of_files_are_a_short_list(
    open_page: Open, cluster: LocalCluster, picture: Picture
) -> None:
    """Of 2,000 files those in sight are drawn, wherever the list is scrolled to."""
    files = [(f"note {n}.txt", b"a good note %d" % n) for n in range(2000)]
    job_id = assign(cluster, "text", files)["job_id"]
    page = open_page(f"{cluster.url}/ui#/jobs/{job_id}")
    expect(page.locator(".row", has_text="note 0.txt")).to_be_visible()
    assert page.locator(".row").count() < 60
    page.locator(".rows-frame").evaluate("frame => { frame.scrollTop = frame.scrollHeight; }")
    expect(page.locator(".row", has_text="note 1999.txt")).to_be_visible()
    assert page.locator(".row").count() < 60
    picture(page, "end")


def test_first_load_is_light(open_page: Open, cluster: LocalCluster) -> None:
    """What is fetched until the page can be used is small, and all of it is the master's own."""
    page = open_page("about:blank")
    answers: list[Response] = []

    def note(answer: Response) -> None:
        answers.append(answer)

    page.on("response", note)
    page.goto(cluster.url, wait_until="networkidle")
    assert sum(len(answer.body()) for answer in answers if answer.status == 200) < MOST_FIRST_BYTES
    assert {answer.url.startswith(cluster.url) for answer in answers} == {True}


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_everybody_can_use_it(
    open_page: Open, cluster: LocalCluster, sample_files: dict[str, list[Path]], dark: bool
) -> None:
    """axe-core finds nothing serious on any view."""
    files = [sample_files["text"][0], sample_files["image"][0]]
    addresses = list(VIEWS.values())
    for task_type, file in zip(("text", "image"), files, strict=True):
        bad = ("broken.png", b"\x89PNG\r\n\x1a\nno")
        summary = assign(cluster, task_type, [(file.name, file.read_bytes()), bad])
        addresses += [f"#/jobs/{summary['job_id']}", f"#/jobs/{summary['job_id']}/0"]
    found = []
    for address in addresses:
        page = open_page(f"{cluster.url}/ui{address}", dark=dark, phone=dark)
        page.wait_for_load_state("networkidle")
        found += [f"{address}: {fault}" for fault in serious(page)]
    assert found == []


def serious(page: Page) -> list[str]:
    """Return what axe-core calls serious or critical."""
    violations: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:200]} {json.dumps(one['nodes'][0]['any'])[:300]}"
        for one in violations
        if one["impact"] in ("serious", "critical")
    ]


def test_keyboard_is_enough(page: Page) -> None:
    """Everything on the way from the first view to a sent file can be reached with Tab."""
    reached = []
    for _ in range(6):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent"))
    assert reached[:5] == ["Send", "Jobs", "Cluster", "Choose files", "Choose a folder"]
    choose(page, texts(1))
    page.get_by_role("button", name="Send 1 file").press("Enter")
    watch_to_the_end(page, "text")


@pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_nothing_is_wider_than_the_window(
    open_page: Open, cluster: LocalCluster, picture: Picture, dark: bool, phone: bool
) -> None:
    """No view has to be scrolled sideways."""
    summary = assign(
        cluster, "text", [("a name " + "of many letters " * 8 + ".txt", b"a good text")]
    )
    job_id = summary["job_id"]
    addresses = {**VIEWS, "job": f"#/jobs/{job_id}", "result": f"#/jobs/{job_id}/0"}
    for name, address in addresses.items():
        page = open_page(f"{cluster.url}/ui{address}", dark=dark, phone=phone)
        page.wait_for_load_state("networkidle")
        wider = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert wider == 0, name
        picture(page, name)


def test_answers_of_the_page_are_the_masters(cluster: LocalCluster) -> None:
    """Without JavaScript there is still a word of what to do."""
    assert "client.py" in requests.get(f"{cluster.url}/ui", timeout=10).text
