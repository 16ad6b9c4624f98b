"""From a plan made before the night and pairs of outcomes to a verdict, with the first rule that said so. Pure.

`observed` what was seen, as gains · `plan` what was promised before · `rules` the order in which a verdict is found · `judging`
one candidate, one night · `figures` what a morning report shows. [docs/dreams.md](../../docs/dreams.md) has the formulas.
"""
