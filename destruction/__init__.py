"""What each identity can still destroy: a page made from the policies that the program declares."""
