"""The doctor's reports: five command-line formats, and over HTTP."""
