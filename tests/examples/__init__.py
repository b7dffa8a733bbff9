"""The examples, run as a reader would run them; each must do what its README says."""
