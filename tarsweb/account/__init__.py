"""Your account: the one page of everything that is a person's own.

Promise: lists name and time zone, every way to sign in and to confirm, the devices signed in, and where mail and tokens are
set. Signing in itself is django-allauth's; `governance.identity.confirm` proves presence before a decision, and the
challenge a passkey signs for it comes from here. Nothing of this is a tenant's, so nothing of it is on a ledger.
"""
