"""The list of a job's files, however long it is."""

from playwright.sync_api import Page, Route, expect

from scripts.local_cluster import LocalCluster
from tests.browser.conftest import Open
from tests.conftest import assign
from tests.contract.jobs_api import call
from tests.contract.jobs_api import send as send_job
from tests.contract.programs import slow_text, wait_until


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
    page.wait_for_timeout(1500)  # nothing tells that something does not happen
    assert 0 < len(asked) < 5


ROWS = """
async () => {
  const { virtualList } = await import("/ui/static/rows.js");
  const answers = [];
  const row = (text) => Object.assign(document.createElement("div"), { textContent: text });
  const list = virtualList(() => new Promise((answer) => answers.push(answer)), row, "Test");
  document.querySelector("main").append(list.element);
  list.setTotal(1);
  const asked = async (count) => {
    while (answers.length < count) await new Promise((drawn) => requestAnimationFrame(drawn));
  };
  await asked(1);
  const refreshed = list.refresh();
  await asked(2);
  answers[1](["new"]);
  await refreshed;
  answers[0](["old"]);
  await new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)));
  return list.element.textContent;
}
"""


def test_way_back_leads_to_where_one_was(open_page: Open, cluster: LocalCluster) -> None:
    """Back from a result, the list is where it was left, with the focus on the same file."""
    files = [(f"note {n}.txt", b"") for n in range(300)]
    job_id = assign(cluster, "text", files)["job_id"]
    page = open_page(f"{cluster.url}/ui#/jobs/{job_id}")
    expect(page.locator("a.row").first).to_be_visible()
    page.locator(".rows-frame").evaluate("frame => { frame.scrollTop = 8000; }")
    row = page.locator("a.row", has_text="note 203.txt")
    row.focus()
    row.press("Enter")
    expect(page.get_by_role("heading", name="note 203.txt")).to_be_visible()
    page.go_back()
    expect(row).to_be_focused()
    assert page.locator(".rows-frame").evaluate("frame => frame.scrollTop") == 8000


def test_rows_that_have_not_changed_stay(open_page: Open, cluster: LocalCluster) -> None:
    """While a job goes on, the rows that say the same are the same, and can be pressed."""
    files = [("done.txt", b"good"), *((f"slow {n}.txt", slow_text(20)) for n in range(2))]
    job_id = send_job(cluster.url, "text", files)
    page = open_page(f"{cluster.url}/ui#/jobs/{job_id}")
    done = page.locator("a.row", has_text="done.txt")
    expect(done.locator(".state")).to_have_text("done")
    done.evaluate("row => { window.before = row; }")
    with page.expect_response("**/jobs/*?offset=*"):  # the next refresh
        pass
    page.evaluate("new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))")
    assert done.evaluate("row => row === window.before")
    call(cluster.url, "DELETE", f"/jobs/{job_id}", 200)


def test_rows_that_come_late_do_not_hide_newer_ones(page: Page) -> None:
    """Of two answers about the same rows, that which was asked for later is shown."""
    assert page.evaluate(ROWS) == "new"


MILLION_ROWS = """
() => import("/ui/static/rows.js").then(({ virtualList }) => {
  const row = (text) =>
    Object.assign(document.createElement("div"), { textContent: text, className: "row" });
  const fetchPage = async (offset, limit) =>
    Array.from({ length: Math.min(limit, 1_000_000 - offset) }, (_, n) => `row ${offset + n}.`);
  const list = virtualList(fetchPage, row, "Many");
  document.querySelector("main").prepend(list.element);
  list.setTotal(1_000_000);
  Object.assign(window, { list });
})
"""


def stands_still(page: Page) -> bool:
    """Tell whether the list is where it was a moment before."""
    frame = page.locator(".rows-frame", has=page.get_by_label("Many"))
    before = frame.evaluate("frame => frame.scrollTop")
    page.wait_for_timeout(300)
    return bool(before == frame.evaluate("frame => frame.scrollTop"))


def test_million_rows_can_be_reached(page: Page) -> None:
    """A list that is higher than a browser can draw still leads from its first row to its last."""
    page.evaluate(MILLION_ROWS)
    frame = page.locator(".rows-frame", has=page.get_by_label("Many"))
    frame.focus()
    page.keyboard.press("PageDown")  # which leaves no row out, and goes on for a while
    expect(frame.get_by_text("row 0.", exact=True)).not_to_be_in_viewport()
    assert wait_until(lambda: stands_still(page))
    expect(frame.get_by_text("row 12.", exact=True)).to_be_in_viewport()
    page.evaluate("window.where = window.list.where()")
    frame.evaluate("frame => frame.scrollTo(0, 4_000_000)")
    expect(frame.get_by_text("row 12.", exact=True)).to_have_count(0)
    page.evaluate("window.list.goTo(window.where)")  # and the way back leads to the same
    expect(frame.get_by_text("row 12.", exact=True)).to_be_in_viewport()
    for part, row in [(0, 0), (0.5, 500_000), (1, 999_999)]:
        script = (
            "(frame, part) => frame.scrollTo(0, part * (frame.scrollHeight - frame.clientHeight))"
        )
        frame.evaluate(script, part)
        expect(frame.get_by_text(f"row {row}.", exact=True)).to_be_in_viewport()
