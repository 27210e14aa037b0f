"""The page that lists what each identity can still destroy, made from the policies that the program declares."""
