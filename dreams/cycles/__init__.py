"""A night's dreams: mutations of one system tried on recorded requests, judged by a plan that was written before.

Promise: nothing runs that the plan does not name; nothing inconclusive ships; a promotion is an amendment like any other.
Verbs: `settings.change`, `wishes.ask` and `withdraw`, `bars.bar` and `lift`, `regression.freeze` and `drop`, `planning.plan`,
`running` (a job), `stopping.stop`, `judging.judge`, `promoting.propose`. Invariants: a plan is never changed; a run is written
once for each request and side; a dream's verdict is written once. Reads: `queries` (nights), `reports` (one night), `pairs` (one
dream's requests), `rates`.
"""
