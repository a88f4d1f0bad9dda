"""How far the numbers of a refresh can be believed: which tests run when, and what they say."""
