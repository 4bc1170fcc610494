"""Programs for developers of the cluster: samples, demo, certificates, setup, audit."""
