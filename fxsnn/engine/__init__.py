"""Where tasks run: in threads, in processes of this machine, or on a cluster of Dask's. No result depends on it."""
