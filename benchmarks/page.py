"""Measures the page with a job of 5,000 files: its first load, and its longest task.

``python -m benchmarks.page``; needs Chromium (``scripts/setup.sh dev``). The browser measures bytes
and time from the first request until the page can be used, and the longest time in which the page
did not react (PerformanceObserver, "longtask"): while files are chosen and sent, while the job is
shown, and while the list of its files is scrolled from end to end.
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, Response, sync_playwright

from scripts import chromium
from scripts.local_cluster import end_on_signals, running

_FILES = 5000
_OBSERVE = """
window.longest = 0;
new PerformanceObserver((list) => {
  for (const task of list.getEntries()) window.longest = Math.max(window.longest, task.duration);
}).observe({ type: "longtask", buffered: true });
"""
_DROP = """
async (zone, count) => {
  const transfer = new DataTransfer();
  for (let number = 0; number < count; number += 1)
    transfer.items.add(new File([`Note ${number} is good. `.repeat(10)], `note ${number}.txt`));
  // Time spent so far is the script's, not the page's.
  await new Promise((resolve) => setTimeout(resolve, 500));
  window.longest = 0;
  zone.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, cancelable: true }));
}
"""
_SCROLL = """
async (list) => {
  for (let step = 0; step <= 100; step += 1) {
    list.scrollTop = (list.scrollHeight * step) / 100;
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 20)));
  }
}
"""


def main() -> int:
    """Print a line for each measurement; returns the exit code."""
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        try:
            browser = chromium.launch(playwright.chromium)
        except chromium.ChromiumMissing as missing:
            print(missing)
            return 1
        with running(folder, slaves=2, settings={"SLAVE_WORKERS": "1"}) as cluster:
            page = browser.new_page()
            page.add_init_script(_OBSERVE)
            _first_load(page, cluster.url)
            _measure(page, "choosing 5,000 files", lambda: _choose(page))
            _measure(page, "sending them", lambda: _send(page))
            _measure(page, "watching the job to its end", lambda: _watch(page))
            _measure(page, "scrolling through them", lambda: _scroll(page))
        browser.close()
    return 0


def _first_load(page: Page, url: str) -> None:
    received: list[int] = []

    def record(answer: Response) -> None:
        if answer.status == 200:
            received.append(len(answer.body()))

    page.on("response", record)
    page.goto(url, wait_until="networkidle")
    ready_ms = page.evaluate("performance.getEntriesByType('navigation')[0].domComplete")
    print(
        f"first load: {sum(received) / 1000:.0f} kB in {len(received)} answers, {ready_ms:.0f} ms"
    )


def _measure(page: Page, what: str, act: Callable[[], None]) -> None:
    page.evaluate("window.longest = 0")
    act()
    page.wait_for_timeout(300)
    longest_ms = page.evaluate("window.longest")
    print(f"{what}: longest task {longest_ms:.0f} ms (those under 50 ms are not reported)")


def _choose(page: Page) -> None:
    page.locator(".drop-zone").evaluate(_DROP, _FILES)
    page.get_by_role("button", name=f"Send {_FILES:,} files").wait_for()


def _send(page: Page) -> None:
    page.get_by_role("button", name="Send").click()
    # The job must not have ended, so that its progress can be shown.
    page.get_by_role("link", name="View job").wait_for(timeout=120_000)


def _watch(page: Page) -> None:
    page.locator(".card a.button").first.click()
    page.get_by_text(f"{_FILES:,} of {_FILES:,} done").wait_for(timeout=300_000)


def _scroll(page: Page) -> None:
    page.locator(".virtual-list").evaluate(_SCROLL)


if __name__ == "__main__":
    end_on_signals()
    sys.exit(main())
