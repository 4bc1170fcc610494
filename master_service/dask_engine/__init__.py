"""The engine whose workers are those of a Dask cluster (ENGINE=dask).

The Dask client runs in a child process of the master (``client_process``). Dask needs an asyncio
loop and blocking threads, and gevent, which serves the master, replaces both; with the client in
the master's process, each transfer would also take CPU time from the thread that serves all
requests, and importing Dask would add 0.8 s to the start and 45 MB of memory. Files do not cross
the pipe between the two: the child reads them from the spool. Results do.

``engine`` decides; ``flight`` and ``run_files`` are its state, ``workers`` are those that it knows.
``client`` starts the client process, ``messages`` are what the two processes send each other, and
``outcomes`` reads some of them. In the client process, ``cluster`` watches the Dask workers and
``batches`` submits tasks to them.
"""
