"""The documentation: pages, what is made from the code, how the site is built."""
