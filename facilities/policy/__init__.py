"""Who may do what to the directory, and why not, one module for each subject."""
