"""What can go wrong with a benchmark."""

from perception.errors import MentalisError


class DatasetError(MentalisError):
    """A folder of data that does not have what a task needs."""
