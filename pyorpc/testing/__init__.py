"""For users' tests: peers and clocks that a test holds in its hand."""
