"""What texts about a clip say, as code reads them: sentences, quotations, people and times."""
