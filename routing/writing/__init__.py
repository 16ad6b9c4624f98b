"""A language model that writes, where the operator set one: one short text asked for, one answer, nothing kept.

`choice.current()` is the installation's writer, or None. Whoever asks it treats the answer as a stranger's words, never waits for
it inside a transaction, and goes on without it. INVARIANT: neither the key, nor what was asked, nor a word of the answer reaches
an error or a log.
"""
