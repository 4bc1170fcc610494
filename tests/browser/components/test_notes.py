"""The ``warnings`` of a result are shown above it, for every task type."""

from playwright.sync_api import expect

from scripts.local_cluster import LocalCluster
from tests.browser.accessibility import check
from tests.browser.conftest import OpenPage, Screenshot
from tests.browser.generated_files import pdf, sound
from tests.conftest import assign
from tests.contract.jobs_api import call
from tests.other_slaves import served, warning_slave_app
from tests.rows import check_rows

FILES = {
    "text": ("a.txt", b"I love this text."),
    "audio": ("a.wav", sound(seconds=0.2, amplitude=0.5, silent_share=0)),
    "document": ("a.pdf", pdf([["Only page"]])),
}


def test_warnings_are_shown_for_every_type(
    open_page: OpenPage, own_cluster: LocalCluster, screenshot: Screenshot
) -> None:
    """Texts under the key "warnings" are shown unchanged above the result; other values are not."""
    own_cluster.start_master()
    page = open_page(own_cluster.url)

    def check_note(task_type: str) -> None:
        job_id = assign(own_cluster, task_type, [FILES[task_type]])["job_id"]
        page.goto(f"{own_cluster.url}/ui#/jobs/{job_id}/0")
        expect(page.get_by_role("heading", name=FILES[task_type][0])).to_be_visible()
        note = page.get_by_role("note", name="Warnings")
        expect(note).to_contain_text("2 warnings")
        expect(note.get_by_role("listitem")).to_have_text(
            ["Only a part could be read.", "Mind the <b>angle</b> brackets."]
        )
        first = page.locator("#view .notice, #view .card").first
        expect(first).to_have_attribute("aria-label", "Warnings")
        check(page, task_type, screenshot)

    # The only slave is another program, which adds warnings to results.
    with served(warning_slave_app()) as slave:
        address = {"slave_ip": "127.0.0.1", "slave_port": slave.port}
        call(own_cluster.url, "POST", "/register", 200, json=address)
        check_rows({task_type: task_type for task_type in FILES}, check_note)
