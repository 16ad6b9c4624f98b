"""`Idempotency-Key`: the first answer to a POST is kept and given again (IETF draft-ietf-httpapi-idempotency-key-header).

Promise: of any number of requests with one key and one body, at once or within the time it is kept, one takes effect and all read
the same answer; another body under that key is refused. Keys belong to one tenant and one actor.
"""
