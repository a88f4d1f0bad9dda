"""One question a file: a function ``sheet`` that answers it from the mart tables of a refresh."""
