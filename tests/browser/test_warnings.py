"""The sentences under a result's key ``warnings`` stand above all else, whatever its type."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from scripts.local_cluster import LocalCluster
from tests.browser.conftest import Open
from tests.browser.made_files import pdf, sound
from tests.browser.test_everybody import check
from tests.conftest import assign
from tests.contract.jobs_api import call
from tests.other_slaves import served, warning_slave_app

Picture = Callable[[Page, str], Path]
FILES = {
    "text": ("a.txt", b"I love this text."),
    "audio": ("a.wav", sound(seconds=0.2, amplitude=0.5, silent_share=0)),
    "document": ("a.pdf", pdf([["Only page"]])),
}


@pytest.fixture(scope="module")
def warning_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    """A master whose one slave is a foreign one, which adds warnings to good results."""
    cluster = LocalCluster(tmp_path_factory.mktemp("warnings"))
    cluster.start_master()
    with served(warning_slave_app()) as slave:
        address = {"slave_ip": "127.0.0.1", "slave_port": slave.port}
        call(cluster.url, "POST", "/register", 200, json=address)
        yield cluster
        cluster.stop()


@pytest.mark.parametrize("task_type", list(FILES))
def test_warnings_are_shown_for_every_type(
    open_page: Open, warning_cluster: LocalCluster, task_type: str, picture: Picture
) -> None:
    """Each sentence is shown as it is under the word "warnings"; what is no text is left out."""
    job_id = assign(warning_cluster, task_type, [FILES[task_type]])["job_id"]
    page = open_page(f"{warning_cluster.url}/ui#/jobs/{job_id}/0")
    note = page.get_by_role("note", name="Warnings")
    expect(note).to_contain_text("2 warnings")
    expect(note.get_by_role("listitem")).to_have_text(
        ["Only a part could be read.", "Mind the <b>angle</b> brackets."]
    )
    first = page.locator("#view .notice, #view .card").first
    expect(first).to_have_attribute("aria-label", "Warnings")
    check(page, task_type, picture)


def test_result_without_warnings_has_no_note(open_page: Open, cluster: LocalCluster) -> None:
    """There is no empty note."""
    job_id = assign(cluster, "text", [FILES["text"]])["job_id"]
    page = open_page(f"{cluster.url}/ui#/jobs/{job_id}/0")
    expect(page.get_by_label("Counts")).to_be_visible()
    expect(page.get_by_role("note")).to_have_count(0)
