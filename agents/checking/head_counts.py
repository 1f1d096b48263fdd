"""How many people a text tells of must be how many there are."""

from collections.abc import Sequence

from agents.reading.denials import affirmed
from agents.reading.people import hedged, people_in_all, people_told
from agents.reading.quotations import reported, unquoted
from agents.reading.sentences import sentences


def miscounted(text: str, people: Sequence[str], most: int = 0) -> str | None:
    """What is wrong with a text that tells of more people than there are, or counts fewer; none where nothing is.

    Whom it quotes, denies, reports as spoken of or says may be there does not count, and "two people smile" may be
    true of three.

    Args:
        text: of an answer or a narrative.
        people: ids of those who were seen.
        most: so many may be told of where it is more, such as those who are heard.
    """
    are = f"there {'is' if len(people) == 1 else 'are'} {', '.join(people) or 'nobody'}"
    for clause in (reported(one)[0] for sentence in sentences(text) for one in affirmed(unquoted(sentence))):
        if hedged(clause):
            continue
        least, exactly = people_told(clause), people_in_all(clause)
        if least > max(len(people), most):
            return f"it tells of {least} people, but {are}"
        if exactly is not None and not len(people) <= exactly <= max(len(people), most):
            return f"it counts {exactly} {'person' if exactly == 1 else 'people'}, but {are}"
    return None
