"""The one kind of failure the launcher shows: a sentence that says what to do."""

import errno

DISK_FULL = "The disk is full: free some space, or set DATA_DIR to a folder on another disk."
# What programs write when the system tells them so.
NO_SPACE = "No space left on device"


class Trouble(Exception):
    """Something the person at the terminal can mend; its text is one sentence, shown without a traceback."""


def sentence_for(error: OSError) -> str:
    """Say in one sentence what to do about a failed system call."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DISK_FULL
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        what = error.filename or "A file"
        return (
            f"{what} may not be written: change its rights, or set DATA_DIR to a folder of yours."
        )
    return f"The system refused: {error}. Mend this and start again."
