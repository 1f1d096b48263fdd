"""A phrase can be quoted in the letters in which it was said."""

import re

import pytest
from pydantic import create_model

from agents.incongruity import phrase_of
from agents.models.json_schema import longest, server_schema


@pytest.mark.parametrize("words", ["Das ist ja schön.", "太好了", "C'est génial", "Just great"])
def test_a_phrase_can_be_quoted_in_its_own_letters(words):
    schema = server_schema(create_model("Quoted", phrase=(phrase_of(words), ...)))
    assert re.fullmatch(schema["properties"]["phrase"]["pattern"], words)
    assert not re.fullmatch(schema["properties"]["phrase"]["pattern"], 'a "b"\n')
    assert longest(schema) < 100
