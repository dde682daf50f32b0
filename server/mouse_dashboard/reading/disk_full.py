"""How the system says that a disk is full."""

import errno

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
"""Numbers of its errors; they say nothing of the file that was to be written."""
