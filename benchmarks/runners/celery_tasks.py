"""The Celery application: broker and results in the Redis of ``BENCHMARK_REDIS``; defaults else."""

import os
from typing import Any

from celery import Celery

from benchmarks import bare_processing

app = Celery("benchmark", broker=os.environ["BENCHMARK_REDIS"])
app.conf.result_backend = os.environ["BENCHMARK_REDIS"]
app.conf.broker_connection_retry_on_startup = True


def _call(name: str, arguments: tuple[Any, ...]) -> Any:  # noqa: ANN401 (any function's result)
    return getattr(bare_processing, name)(*arguments)


call = app.task(_call, name="call")
