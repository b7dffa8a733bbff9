"""The workloads that `pyorpc bench` and the scripts in bench/ run."""
