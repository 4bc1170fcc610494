"""What the master keeps on disk: the ledger of jobs and files, the uploads, the results."""
