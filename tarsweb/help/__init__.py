"""A short article per page: what it is, how to, keys, words. Open to everybody, because sign-in needs help too."""
