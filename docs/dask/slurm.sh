#!/bin/bash
# Dask workers in SLURM, for a master with ENGINE=dask: one on each node, with a process for each CPU.
#
#   DASK_SCHEDULER=tcp://master-host:8786 sbatch --nodes=10 docs/dask/slurm.sh
#
# Submit it in the folder of this project, which all nodes must see, with its .venv and
# requirements-dask.txt. Settings of slaves (FILE_TIMEOUT, WORKER_MEMORY, …) can be given in the
# environment, or in .env. Without more options, SLURM ends the job at the time limit of the partition: the
# files that a worker holds then go to the others, and count no attempt.
#SBATCH --job-name=file-workers
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=2
#SBATCH --output=file-workers-%j.log

cd "${SLURM_SUBMIT_DIR:?run this with sbatch}" || exit 1
export DASK_SCHEDULER="${DASK_SCHEDULER:?set it to tcp://HOST:8786}"
# A worker ends when its scheduler does, and is started again until that is back. SLURM's memory limit
# is that of the job; Dask's own would only count the worker itself, and none of its processes.
srun bash -c '
    while true; do
        .venv/bin/python -m dask worker "$DASK_SCHEDULER" --no-dashboard --memory-limit 0 \
            --nthreads "$SLURM_CPUS_PER_TASK" --local-directory "${TMPDIR:-/tmp}" --death-timeout 60
        sleep 5
    done'
