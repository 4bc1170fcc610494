"""Failed files are listed by failure code."""

from playwright.sync_api import FilePayload, Page, expect

from scripts.local_cluster import LocalCluster
from tests.browser.actions import (
    choose_files,
    current_job_id,
    file_group,
    open_finished_job,
    refuse_first_request,
    send,
    upload_card,
)
from tests.browser.conftest import OpenPage, Screenshot
from tests.conftest import assign
from tests.contract.jobs_api import job
from tests.contract.jobs_api import send as send_job
from tests.contract.programs import paused_workers, slow_text, wait_until
from tests.rows import check_rows


def test_failures_are_grouped_and_can_be_retried(page: Page, screenshot: Screenshot) -> None:
    """Each failure code has advice; Retry creates a new job of the failed files."""
    empty = FilePayload(name="empty.png", mimeType="image/png", buffer=b"")
    broken = FilePayload(name="broken.png", mimeType="image/png", buffer=b"\x89PNG\r\n\x1a\nno")
    choose_files(page, [broken, empty])
    file_group(page, "empty").get_by_role("combobox").select_option("image")
    send(page)
    card = upload_card(page, "image")
    attention = card.get_by_label("Files that need attention")
    expect(attention).to_contain_text("2 files need attention", timeout=30_000)
    expect(attention.get_by_text("broken.png")).to_be_visible()
    screenshot(page, "failed upload")
    open_finished_job(page, "image")
    attention = page.get_by_label("Files that need attention")
    expect(attention).to_contain_text("2 files need attention")
    expect(attention.get_by_text("broken.png")).to_be_visible()
    expect(attention).to_contain_text("Damaged: open the file, save it again")
    screenshot(page, "failed")
    before = current_job_id(page)
    page.get_by_role("button", name="Retry 2 failed files").click()
    page.wait_for_url(lambda url: before not in url)
    expect(page.get_by_role("heading", name="2 files for image")).to_be_visible()


def test_failures_are_complete_when_the_job_ends(
    open_page: OpenPage, own_cluster: LocalCluster
) -> None:
    """When the job ends right after its last failure, that is shown without delay.

    A view that was left requests no failures.
    """
    own_cluster.start_master()
    own_cluster.start_slaves(1)
    files = [("a.txt", b""), ("slow.txt", slow_text(3)), ("b.txt", b"")]
    job_id = send_job(own_cluster.url, "text", files)
    wait_until(lambda: job(own_cluster.url, job_id, limit=0)["failed_files"] == 1)
    with paused_workers(*own_cluster.slaves):
        page, left = (open_page("about:blank") for _ in range(2))
        requests: list[str] = []
        for view in (page, left):
            view.clock.install(time=0)
            view.goto(f"{own_cluster.url}/ui#/jobs/{job_id}")
            card = view.get_by_label("Files that need attention")
            expect(card).to_contain_text("1 file needs attention")
            expect(card).to_contain_text("a.txt")  # the last request
            # From here on, no timer of the page runs.
            view.clock.pause_at(view.evaluate("Date.now()") + 100)
        left.on("request", lambda request: requests.append(request.url))
        left.get_by_role("link", name="Cluster").click()
        expect(left.get_by_role("heading", name="Cluster", exact=True)).to_be_visible()
    expect(page.get_by_role("region", name="Progress")).to_contain_text("Finished")
    page.clock.run_for(1000)  # much less than the interval
    card = page.get_by_label("Files that need attention")
    expect(card).to_contain_text("2 files need attention")
    expect(card).to_contain_text("b.txt")
    left.clock.run_for(20_000)
    assert requests
    assert not [url for url in requests if "failures" in url or "code=" in url]


def test_failures_of_many_files_are_counted(
    open_page: OpenPage, cluster: LocalCluster, screenshot: Screenshot
) -> None:
    """Hundreds of failures are counted by code, and listed a hundred at a time."""
    empty = [(f"empty {n}.png", b"") for n in range(230)]
    job_id = assign(cluster, "image", [*empty, ("last.png", b"\x89PNG\r\n\x1a\nno")])["job_id"]
    page = open_page(f"{cluster.url}/ui#/jobs/{job_id}")
    attention = page.get_by_label("Files that need attention")
    expect(attention).to_contain_text("231 files need attention")
    expect(attention.locator("summary").first).to_contain_text("empty 230 files")
    expect(attention.locator("summary").last).to_contain_text("corrupt 1 file")
    expect(attention.get_by_text("last.png")).to_be_visible()
    attention.locator("summary").first.click()
    names = attention.locator("details").first.get_by_role("listitem")
    expect(names).to_have_count(100)
    screenshot(page, "many")
    attention.get_by_role("button", name="Show more").click()
    expect(names).to_have_count(200)
    attention.get_by_role("button", name="Show more").click()
    expect(names).to_have_count(230)
    expect(attention.get_by_role("button", name="Show more")).to_have_count(0)


def test_failures_are_requested_again_after_an_error(
    open_page: OpenPage, cluster: LocalCluster
) -> None:
    """Failures that could not be loaded at first are loaded later, even if the job has ended."""
    job_id = assign(cluster, "text", [("a.txt", b"")])["job_id"]
    page = open_page("about:blank")

    def check_recovery(pattern: str) -> None:
        page.goto("about:blank")
        refused = refuse_first_request(page, pattern)
        page.goto(f"{cluster.url}/ui#/jobs/{job_id}")
        expect(page.get_by_label("Files that need attention")).to_contain_text("a.txt")
        expect(page.get_by_label("Files that need attention")).not_to_contain_text("not now")
        assert len(refused) == 1
        page.unroute(pattern)

    check_rows({"counts": "**/failures", "files": "**/*code=*"}, check_recovery)
