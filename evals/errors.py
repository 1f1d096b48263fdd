"""What can go wrong with a benchmark."""

from perception.errors import MentalisError


class DatasetError(MentalisError):
    """A folder of data that does not have what a task needs."""


class EndpointError(MentalisError):
    """A model that answered nothing: its sample is left unscored, and asked again when the run is resumed."""


class RunError(MentalisError):
    """A run of a benchmark that did not come to its end."""
