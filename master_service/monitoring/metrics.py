"""Counts jobs, files and bytes since the master's start, for Prometheus."""

from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from master_service.monitoring.activity import Activity

CONTENT_TYPE = CONTENT_TYPE_LATEST
_BUCKETS_S = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300)


class Metrics:
    """The counters of one master, in their own registry; ``activity`` is for the page."""

    def __init__(self) -> None:
        self.activity = Activity()
        self._registry = CollectorRegistry()
        self._jobs = self._counter("jobs", "Jobs accepted.", "task_type")
        self._jobs_ended = self._counter("jobs_ended", "Jobs that ended.", "task_type", "state")
        self._bytes = self._counter("received_bytes", "Bytes of accepted requests.", "task_type")
        self._attempts = self._counter("attempts", "Files handed to slaves.", "task_type", "slave")
        self._files = self._counter(
            "files",
            "Files that ended: done, cancelled, or the code of a failure.",
            "task_type",
            "end",
        )
        self._result_bytes = self._counter("result_bytes", "Bytes of saved results.", "task_type")
        self._seconds = Histogram(
            "file_seconds",
            "From handing a file to a slave to its outcome, with its wait for a worker there.",
            ["task_type"],
            buckets=_BUCKETS_S,
            namespace="cluster",
            registry=self._registry,
        )

    def add_gauge(
        self, name: str, about: str, label: str, read: Callable[[], Mapping[str, float]]
    ) -> None:
        """Add a gauge whose values, by label, are read at each scrape."""
        self._registry.register(_Gauge(f"cluster_{name}", about, label, read))

    def job_accepted(self, task_type: str) -> None:
        """Count a job."""
        self._jobs.labels(task_type).inc()

    def received(self, task_type: str, size: int) -> None:
        """Count the bytes of an accepted request."""
        self._bytes.labels(task_type).inc(size)

    def job_ended(self, task_type: str, state: str) -> None:
        """Count a job's end."""
        self._jobs_ended.labels(task_type, state).inc()

    def handed_over(self, task_type: str, slave: str, files: int) -> None:
        """Count attempts, one for each file."""
        self._attempts.labels(task_type, slave).inc(files)

    def answered(self, task_type: str, seconds: float) -> None:
        """Record how long a slave held one file."""
        self._seconds.labels(task_type).observe(seconds)

    def file_ended(self, task_type: str, end: str) -> None:
        """Count a file's end."""
        self._files.labels(task_type, end).inc()

    def saved(self, task_type: str, size: int) -> None:
        """Count the bytes of a result."""
        self._result_bytes.labels(task_type).inc(size)

    def text(self) -> bytes:
        """Return all metrics in the Prometheus text format."""
        return generate_latest(self._registry)

    def _counter(self, name: str, about: str, *labels: str) -> Counter:
        return Counter(name, about, labels, namespace="cluster", registry=self._registry)


class _Gauge:
    def __init__(
        self, name: str, about: str, label: str, read: Callable[[], Mapping[str, float]]
    ) -> None:
        self._description = (name, about, label)
        self._read = read

    def describe(self) -> Iterator[Metric]:
        name, about, label = self._description
        yield GaugeMetricFamily(name, about, labels=[label])

    def collect(self) -> Iterator[Metric]:
        name, about, label = self._description
        gauge = GaugeMetricFamily(name, about, labels=[label])
        for value, figure in self._read().items():
            gauge.add_metric([value], figure)
        yield gauge
