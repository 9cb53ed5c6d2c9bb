"""The door: the command line (and next the browser). The only place that joins the packages."""
