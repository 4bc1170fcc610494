"""The ``warnings`` of a result are shown above it, for every task type."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from scripts.local_cluster import LocalCluster
from tests.browser.accessibility import check
from tests.browser.conftest import OpenPage, Screenshot
from tests.browser.generated_files import pdf, sound
from tests.conftest import assign
from tests.contract.jobs_api import call
from tests.other_slaves import served, warning_slave_app

FILES = {
    "text": ("a.txt", b"I love this text."),
    "audio": ("a.wav", sound(seconds=0.2, amplitude=0.5, silent_share=0)),
    "document": ("a.pdf", pdf([["Only page"]])),
}


@pytest.fixture(scope="module")
def warning_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    """A master whose only slave is another program, which adds warnings to results."""
    cluster = LocalCluster(tmp_path_factory.mktemp("warnings"))
    cluster.start_master()
    with served(warning_slave_app()) as slave:
        address = {"slave_ip": "127.0.0.1", "slave_port": slave.port}
        call(cluster.url, "POST", "/register", 200, json=address)
        yield cluster
        cluster.stop()


@pytest.mark.parametrize("task_type", list(FILES))
def test_warnings_are_shown_for_every_type(
    open_page: OpenPage, warning_cluster: LocalCluster, task_type: str, screenshot: Screenshot
) -> None:
    """Texts under the key "warnings" are shown unchanged above the result; other values are not."""
    job_id = assign(warning_cluster, task_type, [FILES[task_type]])["job_id"]
    page = open_page(f"{warning_cluster.url}/ui#/jobs/{job_id}/0")
    note = page.get_by_role("note", name="Warnings")
    expect(note).to_contain_text("2 warnings")
    expect(note.get_by_role("listitem")).to_have_text(
        ["Only a part could be read.", "Mind the <b>angle</b> brackets."]
    )
    first = page.locator("#view .notice, #view .card").first
    expect(first).to_have_attribute("aria-label", "Warnings")
    check(page, task_type, screenshot)


def test_result_without_warnings_has_no_note(open_page: OpenPage, cluster: LocalCluster) -> None:
    """A result without warnings has no note."""
    job_id = assign(cluster, "text", [FILES["text"]])["job_id"]
    page = open_page(f"{cluster.url}/ui#/jobs/{job_id}/0")
    expect(page.get_by_label("Counts")).to_be_visible()
    expect(page.get_by_role("note")).to_have_count(0)
