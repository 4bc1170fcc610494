"""Tests of master_service.dask_engine, without Dask."""
