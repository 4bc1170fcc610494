"""The view of all jobs."""

from playwright.sync_api import expect

from scripts.local_cluster import LocalCluster
from tests.browser.conftest import OpenPage
from tests.contract.jobs_api import call


def test_jobs_are_listed_in_pages(open_page: OpenPage, own_cluster: LocalCluster) -> None:
    """A hundred jobs are listed per page, newest first; a new job does not move the focus."""
    own_cluster.start_master()
    for _ in range(130):
        call(own_cluster.url, "POST", "/jobs", 201, json={"task_type": "text"})
    page = open_page(f"{own_cluster.url}/ui#/jobs")
    expect(page.locator(".job-card")).to_have_count(100)
    page.get_by_role("button", name="Older jobs").click()
    expect(page.locator(".job-card")).to_have_count(30)
    expect(page.get_by_role("button", name="Older jobs")).to_have_count(0)
    page.get_by_role("button", name="Newer jobs").click()
    expect(page.locator(".job-card")).to_have_count(100)
    third = page.locator(".job-card").nth(2)
    third.focus()
    call(own_cluster.url, "POST", "/jobs", 201, json={"task_type": "image"})
    expect(page.locator(".job-card").first).to_contain_text("image", timeout=20_000)
    expect(page.locator(".job-card").nth(3)).to_be_focused()
