"""What the REST door shows of the directory, one module for each subject."""
