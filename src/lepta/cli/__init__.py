"""The command line: a few lines around each verb; no arithmetic here."""
