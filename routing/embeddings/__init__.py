"""Texts become vectors whose cosine tells how alike they are.

Promise: one small interface (`embedder.Embedder`) with three embedders behind it: a local sentence model that works offline, a
lexical one without a model, any OpenAI-compatible service. Every vector is kept beside the name of the model that made it.
`choice.current()` is the one that new vectors are made with, `choice.named(model)` the one that kept vectors were made with.

INVARIANTS: vectors of two models are never compared; rows have unit length; a text embeds alike alone and among others; nothing
falls back silently on another model.
"""
