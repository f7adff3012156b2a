"""What a study is and what an answer is: definitions, keys, records, allowed steps.  Pure."""
